internal import ImageAPI

/// What the registry knows of a source beside its images.
struct SourceRecord: Sendable {
  let name: String
  /// The runtime behind it; empty where there is none.
  var runtime = ""
  var images = 0
  var leftOut: [SkippedImage] = []
  var passedOver = 0
  var absent = 0
  var aliases: [Digest: Digest] = [:]
  /// When it was last read without an error; nil if it never was.
  var lastRead: ContinuousClock.Instant?
  /// What was wrong at the last reading; empty when it was good.
  var lastError = ""
  /// How often reading it failed.
  var failures: UInt64 = 0

  init(name: String) {
    self.name = name
  }

  var status: SourceStatus {
    SourceStatus(
      name: name,
      state: lastRead == nil ? .pending : lastError.isEmpty ? .current : .stale,
      runtime: runtime,
      images: images,
      leftOut: leftOut,
      passedOver: passedOver,
      absent: absent,
      age: lastRead.map { UInt64($0.duration(to: .now).components.seconds) },
      lastError: lastError)
  }
}
