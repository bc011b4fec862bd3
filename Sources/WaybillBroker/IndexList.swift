/// Slots in an order. A slot is put at the end and taken out anywhere at the same small cost.
///
/// The queues of the broker, whose requests and workers leave from the middle as often as from the front. Lists that a
/// slot is in by turns share their ``Links``, which also makes sure that it is in one of them at a time.
struct IndexList {
  /// The neighbours of each slot in the list that it is in.
  struct Links {
    fileprivate struct Link {
      var previous: Int?
      var next: Int?
      var isIn = false
    }

    fileprivate var links: [Link] = []

    /// Whether a slot is in a list.
    func contains(_ slot: Int) -> Bool { slot < links.count && links[slot].isIn }
  }

  private(set) var first: Int?
  private var last: Int?

  var isEmpty: Bool { first == nil }

  /// All slots, in order.
  func slots(in links: Links) -> some Sequence<Int> {
    sequence(state: first) { next in
      defer { next = next.flatMap { links.links[$0].next } }
      return next
    }
  }

  /// Puts a slot at the end. It must be in no list of these links.
  mutating func append(_ slot: Int, in links: inout Links) {
    precondition(!links.contains(slot), "slot \(slot) is in a list already")
    while links.links.count <= slot { links.links.append(Links.Link()) }
    links.links[slot] = Links.Link(previous: last, next: nil, isIn: true)
    if let last { links.links[last].next = slot } else { first = slot }
    last = slot
  }

  /// Takes a slot out. It must be in this list.
  mutating func remove(_ slot: Int, in links: inout Links) {
    precondition(links.contains(slot), "slot \(slot) is in no list")
    let link = links.links[slot]
    if let previous = link.previous { links.links[previous].next = link.next } else { first = link.next }
    if let next = link.next { links.links[next].previous = link.previous } else { last = link.previous }
    links.links[slot] = Links.Link()
  }
}
