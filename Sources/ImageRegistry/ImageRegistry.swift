internal import Concurrency
internal import Diagnostics
package import ImageAPI

/// The images of all sources, in memory, encoded and indexed.
///
/// Sources write into it, from any thread, one after the other. Readers take a ``snapshot``, which never changes, and
/// wait for no writer.
package final class ImageRegistry: Sendable {
  private let writer: Lock<Writer>
  /// Locked only to take or to swap the value, never during work.
  private let published: Lock<Published>

  private let wholeLists: WholeLists
  private let nodeLists = NodeLists()
  /// How many images were added, changed and removed.
  private let changes = Counters(count: 3)
  /// How often each source was read, and at the next place how many nanoseconds that took.
  private let readings: Counters

  private struct Published {
    var snapshot: RegistrySnapshot
    var sources: [SourceRecord]
  }

  /// A registry that is ready once each of its sources was read.
  ///
  /// - Parameters:
  ///   - sources: The sources' names, at most 64. When two sources describe one image differently, the one that is named
  ///     first is believed.
  ///   - maxListBytes: How many bytes of whole lists readers may hold. They may always hold one list.
  package init(sources: [String], maxListBytes: Int = 1 << 30) {
    precondition(sources.count <= Self.maxSources, "a registry has at most \(Self.maxSources) sources")
    wholeLists = WholeLists(maxBytes: maxListBytes)
    readings = Counters(count: 2 * sources.count)
    let writer = Writer(sources: sources)
    published = Lock(Published(snapshot: writer.snapshot(wholeLists, nodeLists), sources: writer.sources))
    self.writer = Lock(writer)
  }

  /// How many sources one registry can have.
  package static let maxSources = SourceSet.capacity

  /// What the registry holds now.
  package var snapshot: RegistrySnapshot {
    published.withLock { $0.snapshot }
  }

  /// How the list changed.
  package struct Change: Sendable, Hashable {
    /// Images that were not listed before.
    package var added = 0
    /// Images that were listed with other values before.
    package var changed = 0
    /// Images that are not listed any more.
    package var removed = 0

    /// Whether the list is what it was.
    package var isEmpty: Bool { self == Change() }
  }

  /// Replaces the contents of a source by `images`. Images that did not change are not touched.
  ///
  /// - Parameters:
  ///   - source: The number of the source, as in ``init(sources:)``.
  ///   - images: Everything that the source holds, in any order. Images of one id are united.
  ///   - leftOut: What the source could not read.
  ///   - passedOver: How much it holds that is no image.
  ///   - absent: How many images it names without holding them.
  ///   - aliases: Further ids that images are found by, and the images' ids.
  ///   - fault: Why some of the images are perhaps not what the source holds now: the source is stale.
  /// - Returns: How the list changed.
  @discardableResult
  package func replaceContents(
    ofSource source: Int, with images: some Sequence<Image>, leftOut: [SkippedImage] = [], passedOver: Int = 0,
    absent: Int = 0, aliases: [Digest: Digest] = [:], fault: String? = nil
  ) -> Change {
    // Outside of the lock: the sequence may be lazy.
    let images = Array(images)
    return publish { writer in
      let change = writer.replaceContents(ofSource: source, with: images)
      writer.noteReading(
        ofSource: source, leftOut: leftOut, passedOver: passedOver, absent: absent, aliases: aliases)
      if let fault { writer.noteFailure(ofSource: source, reason: fault) }
      return change
    }
  }

  /// Changes some images of a source and leaves its others as they are. This does not count as a reading: a source that
  /// was never read as a whole stays pending.
  ///
  /// - Parameters:
  ///   - source: The number of the source.
  ///   - upserted: Images as they are now. Of two with one id, the later counts.
  ///   - removed: Ids that the source no longer holds, unless they are among `upserted`.
  /// - Returns: How the list changed.
  @discardableResult
  package func update(source: Int, upserting upserted: [Image] = [], removing removed: [Digest] = []) -> Change {
    if let image = upserted.first, upserted.count == 1, removed.isEmpty {
      return publish { writer in writer.apply([Writer.SourceChange(id: image.id, image: image)], from: source) }
    }
    var changes: [Digest: Writer.SourceChange] = [:]
    for id in removed { changes[id] = Writer.SourceChange(id: id, image: nil) }
    for image in upserted { changes[image.id] = Writer.SourceChange(id: image.id, image: image) }
    let sorted = changes.values.sorted { $0.id < $1.id }
    return publish { writer in writer.apply(sorted, from: source) }
  }

  /// Changes what the nodes of a cluster hold, which counts as a reading of the source that tells of them. At most one
  /// source of a registry does.
  ///
  /// - Parameters:
  ///   - source: The number of the source.
  ///   - changes: What is new about some nodes; none for a reading that found nothing new.
  ///   - leftOut: What the source could not read.
  ///   - passedOver: How much it holds that is neither a node nor an image.
  /// - Returns: How the list of all images changed.
  @discardableResult
  package func updateNodes(
    ofSource source: Int, by changes: [NodeChange], leftOut: [SkippedImage] = [], passedOver: Int = 0
  ) -> Change {
    publish { writer in
      let change = writer.apply(changes, from: source)
      writer.noteReading(ofSource: source, leftOut: leftOut, passedOver: passedOver)
      return change
    }
  }

  /// Notes that a source could not be read. Its images stay as they were.
  ///
  /// - Parameters:
  ///   - source: The number of the source.
  ///   - reason: What was wrong.
  package func noteFailure(ofSource source: Int, reason: String) {
    publish { writer in
      writer.noteFailure(ofSource: source, reason: reason)
      return Change()
    }
    wholeLists.trim()
  }

  /// Counts a reading of a source, whatever came of it: a look at a store, a question to a runtime, a range of etcd.
  ///
  /// - Parameters:
  ///   - source: The number of the source.
  ///   - nanoseconds: How long it took.
  package func countReading(ofSource source: Int, took nanoseconds: UInt64) {
    readings.add(at: 2 * source)
    readings.add(nanoseconds, at: 2 * source + 1)
  }

  /// Notes which runtime is behind a source.
  ///
  /// - Parameters:
  ///   - runtime: Its name and version.
  ///   - source: The number of the source.
  package func note(runtime: String, ofSource source: Int) {
    publish { writer in
      writer.note(runtime: runtime, ofSource: source)
      return Change()
    }
  }

  /// Notes that a source was read and holds what it held.
  ///
  /// - Parameter source: The number of the source.
  package func noteUnchanged(source: Int) {
    publish { writer in
      writer.noteUnchanged(source: source)
      return Change()
    }
    wholeLists.trim()
  }

  /// The states of the sources, in their order.
  package var sources: [SourceStatus] {
    published.withLock { $0.sources }.map(\.status)
  }

  /// What the registry has done since it was made.
  package struct Counts: Sendable {
    /// How the list changed, all in all.
    package var added: UInt64
    package var changed: UInt64
    package var removed: UInt64
    /// How often each source was read, in their order, how many nanoseconds that took, and how often it could not be read.
    package var readings: [UInt64]
    package var readingTimes: [UInt64]
    package var failures: [UInt64]
    /// How many whole lists were made, and the bytes of those in memory.
    package var listsBuilt: UInt64
    package var listBytes: Int
  }

  /// What the registry has done, for those who watch it.
  package var counts: Counts {
    let lists = wholeLists.load
    let sources = published.withLock { $0.sources }
    return Counts(
      added: changes[0], changed: changes[1], removed: changes[2], readings: sources.indices.map { readings[2 * $0] },
      readingTimes: sources.indices.map { readings[2 * $0 + 1] }, failures: sources.map(\.failures),
      listsBuilt: lists.built, listBytes: lists.bytes)
  }

  /// Changes the state, and lets readers see the change as a whole.
  @discardableResult
  private func publish(_ change: (inout Writer) -> Change) -> Change {
    writer.withLock { writer in
      let result = change(&writer)
      for (place, count) in [result.added, result.changed, result.removed].enumerated() where count > 0 {
        changes.add(UInt64(count), at: place)
      }
      // Readers keep their whole list when nothing in it changed.
      let isListed =
        !result.isEmpty || writer.pendingSources != snapshot.pendingSources || writer.gaps != snapshot.state.gaps
        || writer.aliases != snapshot.aliases || writer.holdingsVersion != snapshot.state.holdings.version
      let next = Published(
        snapshot: isListed ? writer.snapshot(wholeLists, nodeLists) : snapshot, sources: writer.sources)
      let retired = published.withLock { current in
        defer { current = next }
        return current
      }
      // Memory that no reader holds any more is freed or reused here, outside of the lock that readers take.
      let last = retired.snapshot.state
      _ = consume retired
      if isListed { writer.turn(to: last) }
      return result
    }
  }
}
