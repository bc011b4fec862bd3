public import ImageAPI
internal import Synchronization

/// The images of all sources, in memory, encoded and indexed.
///
/// Sources write into it, from any thread, one after the other. Readers take a ``snapshot``, which never changes, and
/// wait for no writer.
public final class ImageRegistry: Sendable {
  private let writer: Mutex<Writer>
  private let published: Mutex<RegistrySnapshot>

  /// A registry that is ready once each of its sources was read.
  ///
  /// - Parameter sources: The sources' names, in the order in which they count: of what two of them say about one
  ///   image, the first one's word is taken. At most 64.
  public init(sources: [String]) {
    precondition(sources.count <= Self.mostSources, "a registry has at most \(Self.mostSources) sources")
    let writer = Writer(sources: sources)
    published = Mutex(writer.snapshot())
    self.writer = Mutex(writer)
  }

  /// As many sources as one registry can have.
  public static let mostSources = SourceSet.capacity

  /// What the registry holds now.
  public var snapshot: RegistrySnapshot {
    published.withLock { $0 }
  }

  /// How a change changed what is listed.
  public struct Change: Sendable, Hashable {
    /// Images that were not listed before.
    public var added = 0
    /// Images that were listed otherwise before.
    public var changed = 0
    /// Images that are not listed any more.
    public var removed = 0
  }

  /// Makes a source's contents exactly `images`. What did not change is not touched.
  ///
  /// - Parameters:
  ///   - source: The number of the source, as in ``init(sources:)``.
  ///   - images: Everything that the source holds, in any order. Images of one id are united.
  ///   - leftOut: What the source could not read.
  /// - Returns: What became of the list.
  @discardableResult
  public func replaceContents(
    ofSource source: Int, with images: some Sequence<Image>, leftOut: [LeftOut] = []
  ) -> Change {
    publish { writer in
      let change = writer.replaceContents(ofSource: source, with: Array(images))
      writer.noteReading(ofSource: source, leftOut: leftOut)
      return change
    }
  }

  /// Changes some images of a source and leaves the rest of its contents.
  ///
  /// - Parameters:
  ///   - source: The number of the source.
  ///   - upserted: Images as they are now, each id once.
  ///   - removed: Ids that the source no longer holds.
  /// - Returns: What became of the list.
  @discardableResult
  public func update(source: Int, upserting upserted: [Image] = [], removing removed: [Digest] = []) -> Change {
    publish { writer in
      writer.apply(
        upserted.map { Writer.Claim(id: $0.id, image: $0) } + removed.map { Writer.Claim(id: $0, image: nil) },
        from: source)
    }
  }

  /// Notes that a source could not be read. Its contents stay what they were.
  ///
  /// - Parameters:
  ///   - source: The number of the source.
  ///   - reason: What was wrong.
  public func noteFailure(ofSource source: Int, reason: String) {
    writer.withLock { $0.noteFailure(ofSource: source, reason: reason) }
  }

  /// Notes that a source was read and holds what it held.
  ///
  /// - Parameter source: The number of the source.
  public func noteUnchanged(source: Int) {
    writer.withLock { $0.noteUnchanged(source: source) }
  }

  /// How the sources fare, in their order.
  public var sources: [SourceStatus] {
    writer.withLock { $0.statuses }
  }

  /// Changes the contents, and shows readers the change as a whole.
  private func publish(_ change: (inout Writer) -> Change) -> Change {
    writer.withLock { writer in
      let result = change(&writer)
      let snapshot = writer.snapshot()
      // Readers keep their whole list when nothing in it changed.
      guard result != Change() || snapshot.unread != self.snapshot.unread else { return result }
      let retired = published.withLock { current in
        defer { current = snapshot }
        return current
      }
      // What readers do not hold any more is freed here, outside of the lock that they take.
      _ = consume retired
      return result
    }
  }
}
