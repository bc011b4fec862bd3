/// What a worker serves, and the states of its sources: the answer to the method `Status`.
public struct WorkerStatus: Sendable, Hashable {
  /// The name of the worker's node.
  public var node: String
  /// Which process it is: another one each time that the worker starts.
  public var instance: String
  /// The version of waybill.
  public var version: String
  /// Seconds since the worker started.
  public var uptime: UInt64
  /// Whether every source was read at least once; until then a list is answered by `UNAVAILABLE`.
  public var isReady: Bool
  /// How many images the worker lists.
  public var images: Int
  /// A digest of everything that it lists.
  public var etag: String
  /// What the worker has answered since it started.
  public var requests: RequestCounts
  /// The sources, in the order of the command line.
  public var sources: [SourceStatus]

  /// A status.
  public init(
    node: String, instance: String, version: String, uptime: UInt64, isReady: Bool, images: Int, etag: String,
    requests: RequestCounts = .init(), sources: [SourceStatus]
  ) {
    self.node = node
    self.instance = instance
    self.version = version
    self.uptime = uptime
    self.isReady = isReady
    self.images = images
    self.etag = etag
    self.requests = requests
    self.sources = sources
  }
}

/// How many requests a worker has answered. The counts only grow, so that their growth over a time is a rate.
public struct RequestCounts: Sendable, Hashable {
  /// How many requests were answered, by errors too.
  public var answered: UInt64
  /// How many of them were answered by an error.
  public var errors: UInt64
  /// How many bytes all the replies have together.
  public var replyBytes: UInt64

  /// Counts.
  public init(answered: UInt64 = 0, errors: UInt64 = 0, replyBytes: UInt64 = 0) {
    self.answered = answered
    self.errors = errors
    self.replyBytes = replyBytes
  }
}

/// The state of one source of images.
public struct SourceStatus: Sendable, Hashable {
  /// Whether the source's contents are known, and how recently.
  public enum State: String, Sendable, CaseIterable {
    /// It was never read. Nothing is known of it, so the worker is not ready.
    case pending
    /// The last reading succeeded.
    case current
    /// The last reading failed; the images are those of the last good one.
    case stale
  }

  /// The source, as the command line has it: `oci:/srv/images`.
  public var name: String
  /// Whether its contents are known, and how recently.
  public var state: State
  /// The runtime behind a source that asks one, by its name and version; else empty.
  public var runtime: String
  /// How many images it holds that are listed.
  public var images: Int
  /// How many images are left out.
  public var leftOutCount: Int
  /// The first of the images that are left out, at most ``maxSkippedListed``.
  public var leftOut: [SkippedImage]
  /// How much the source holds that is no image: artifacts, attestations and the like.
  public var passedOver: Int
  /// How many images it names that it does not hold, as is legal: other platforms of an image.
  public var absent: Int
  /// Seconds since the last good reading; nil when there was none.
  public var age: UInt64?
  /// What was wrong at the last reading; empty when it was good.
  public var lastError: String

  /// How many images that are left out a status names, so that a store of broken images makes no large message.
  public static let maxSkippedListed = 100

  /// A status. Of `leftOut` the first ``maxSkippedListed`` are kept.
  public init(
    name: String, state: State, runtime: String = "", images: Int = 0, leftOut: [SkippedImage] = [],
    passedOver: Int = 0, absent: Int = 0, age: UInt64? = nil, lastError: String = ""
  ) {
    self.name = name
    self.state = state
    self.runtime = runtime
    self.images = images
    self.leftOutCount = leftOut.count
    self.leftOut = Array(leftOut.prefix(Self.maxSkippedListed))
    self.passedOver = passedOver
    self.absent = absent
    self.age = age
    self.lastError = lastError
  }
}
