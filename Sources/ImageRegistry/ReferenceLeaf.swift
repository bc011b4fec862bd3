/// The names whose keys begin with the same twelve bits, in order.
///
/// A change makes a new leaf without spare room: snapshots share the old one, and spare room would be a good part of a
/// registry's memory. Of a million images a leaf has 6 kB, which are copied faster than parts of it are kept apart.
struct ReferenceLeaf: Sendable {
  private var entries: [ReferenceIndex.Entry] = []

  subscript(key: ReferenceIndex.Key) -> ArraySlice<ReferenceIndex.Entry> {
    let name = ReferenceIndex.Entry.name(of: key)
    let start = entries.partitioningIndex { $0.name >= name }
    var end = start
    while end < entries.count, entries[end].name == name { end += 1 }
    return entries[start..<end]
  }

  /// Makes changes that are in the order of their entries.
  mutating func apply(_ edits: ArraySlice<ReferenceIndex.Edit>) {
    var changed: [ReferenceIndex.Entry] = []
    changed.reserveCapacity(max(0, edits.reduce(entries.count) { $0 + ($1.isNew ? 1 : -1) }))
    var rest = entries[...]
    for edit in edits {
      let position = rest.partitioningIndex { $0 >= edit.entry }
      changed += rest[..<position]
      rest = rest[position...]
      if edit.isNew { changed.append(edit.entry) } else if rest.first == edit.entry { rest.removeFirst() }
    }
    changed += rest
    entries = changed
  }
}
