internal import Diagnostics
package import ImageAPI
package import ImageRegistry
package import Logging

/// What the log says of one source: each reading that brings something new, and each error once.
package struct SourceLog: Sendable {
  private let logger: Logger
  /// What was wrong at the last reading.
  private var lastError: SourceError?

  /// As many broken images as one reading logs; the status counts them all.
  private static let maxLogged = 20

  /// The log of the source that the command line names so.
  package init(of source: String, in logger: Logger) {
    var logger = logger
    logger[metadataKey: LogKey.source] = "\(source.escaped)"
    self.logger = logger
  }

  /// The source was read and holds something new.
  package mutating func noteReading(_ inventory: Inventory, _ change: ImageRegistry.Change) {
    if inventory.outdated != lastError { lastError = nil }
    logger.notice(
      "read",
      metadata: [
        LogKey.images: "\(inventory.images.count)", LogKey.leftOut: "\(inventory.leftOut.count)",
        LogKey.passedOver: "\(inventory.passedOver)", LogKey.absent: "\(inventory.absent)",
        LogKey.added: "\(change.added)", LogKey.changed: "\(change.changed)", LogKey.removed: "\(change.removed)",
      ])
    noteLeftOut(inventory.leftOut)
    if let error = inventory.outdated { noteFailure(error) }
  }

  /// A cluster was read.
  package mutating func noteReading(
    ofNodes count: Int, leftOut: [SkippedImage], strangers: [String], _ change: ImageRegistry.Change
  ) {
    lastError = nil
    logger.notice(
      "read",
      metadata: [
        LogKey.nodes: "\(count)", LogKey.leftOut: "\(leftOut.count)", LogKey.passedOver: "\(strangers.count)",
        LogKey.added: "\(change.added)", LogKey.changed: "\(change.changed)", LogKey.removed: "\(change.removed)",
      ])
    noteLeftOut(leftOut)
    noteStrangers(strangers)
  }

  /// Images could not be read.
  package func noteLeftOut(_ leftOut: [SkippedImage]) {
    for image in leftOut.prefix(Self.maxLogged) {
      logger.warning(
        "left out an image",
        metadata: [
          LogKey.image: "\(image.image)", LogKey.path: "\(image.path)", LogKey.reason: "\(image.reason)",
        ])
    }
  }

  /// There are keys of somebody else's in a cluster's part of etcd.
  package func noteStrangers(_ keys: [String]) {
    for key in keys.prefix(Self.maxLogged) {
      logger.warning("passed over what is no key of waybill's", metadata: [LogKey.path: "\(key)"])
    }
  }

  /// The source was read and holds what it held.
  package mutating func noteUnchanged() {
    if lastError == nil {
      logger.trace("nothing has changed")
    } else {
      logger.notice("the source can be read again, and has not changed")
    }
    lastError = nil
  }

  /// The source could not be read. What may pass is not an error yet: the next failure says what lasts.
  package mutating func noteFailure(_ error: SourceError, mayPass: Bool = false) {
    let isNew = !mayPass && error != lastError
    logger.log(
      level: isNew ? .error : .debug, "cannot read the source", metadata: [LogKey.error: "\(error.message)"])
    if isNew { lastError = error }
  }

  /// What is known of the source cannot be brought up to date: all of it is read again.
  package func noteNewBeginning(_ reason: String) {
    logger.notice("reading all anew", metadata: [LogKey.reason: "\(reason.escaped)"])
  }

  /// A reading that takes its time has come so far.
  package func noteProgress(_ count: ReadingProgress.Count) {
    logger.notice("reading", metadata: [LogKey.progress: "\(count)"])
  }

  /// The runtime behind the source is this one.
  package func noteRuntime(_ runtime: String) {
    logger.notice("connected", metadata: [LogKey.runtime: "\(runtime.escaped)"])
  }
}
