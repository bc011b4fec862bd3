internal import ImageAPI

/// What the registry knows of a source beside its images.
struct SourceRecord: Sendable {
  let name: String
  var images = 0
  var leftOut: [SkippedImage] = []
  /// When it was last read without an error; nil if it never was.
  var lastRead: ContinuousClock.Instant?
  /// What was wrong at the last reading; empty when it was good.
  var lastError = ""

  init(name: String) {
    self.name = name
  }

  var status: SourceStatus {
    SourceStatus(
      name: name,
      state: lastRead == nil ? .pending : lastError.isEmpty ? .current : .stale,
      images: images,
      leftOut: leftOut,
      age: lastRead.map { UInt64($0.duration(to: .now).components.seconds) },
      lastError: lastError)
  }
}
