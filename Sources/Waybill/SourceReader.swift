internal import Foundation
internal import ImageAPI
public import ImageRegistry
public import ImageSources
public import Logging
public import ServiceLifecycle

/// Reads one source again and again, on a thread of its own, and tells the registry what it holds.
public struct SourceReader: Service {
  private let source: any ImageSource
  private let index: Int
  private let registry: ImageRegistry
  private let logger: Logger

  /// A change in a store is listed within two seconds: half of one for the wait, the rest for reading.
  private static let pause: TimeInterval = 0.5

  /// A reader that is not running yet.
  ///
  /// - Parameters:
  ///   - source: What to read.
  ///   - index: The number of the source in the registry.
  ///   - registry: What to tell.
  ///   - logger: Where to say what changed and what is wrong.
  public init(_ source: any ImageSource, index: Int, registry: ImageRegistry, logger: Logger) {
    self.source = source
    self.index = index
    self.registry = registry
    var logger = logger
    logger[metadataKey: LogKey.source] = "\(source.name)"
    self.logger = logger
  }

  /// Reads until the service group shuts down.
  public func run() async throws {
    let stop = Alarm()
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await onDedicatedThread(named: "waybill-source") {
        var source = source
        var lastError: SourceError?
        repeat {
          lastError = readOnce(&source, after: lastError)
        } while !stop.wait(atMost: Self.pause)
      }
    } onCancelOrGracefulShutdown: {
      stop.ring()
    }
  }

  /// Reads once and gives the error that it met; one that lasts is logged once.
  private func readOnce(_ source: inout any ImageSource, after lastError: SourceError?) -> SourceError? {
    do throws(SourceError) {
      if let inventory = try source.read() {
        let change = registry.replaceContents(
          ofSource: index, with: inventory.images, leftOut: inventory.leftOut)
        log(inventory, change)
      } else {
        registry.noteUnchanged(source: index)
      }
      return nil
    } catch {
      registry.noteFailure(ofSource: index, reason: error.message)
      if error != lastError {
        logger.error("cannot read the source", metadata: [LogKey.error: "\(error.message)"])
      }
      return error
    }
  }

  private func log(_ inventory: Inventory, _ change: ImageRegistry.Change) {
    logger.notice(
      "read",
      metadata: [
        LogKey.images: "\(inventory.images.count)", LogKey.leftOut: "\(inventory.leftOut.count)",
        LogKey.added: "\(change.added)", LogKey.changed: "\(change.changed)", LogKey.removed: "\(change.removed)",
      ])
    for image in inventory.leftOut.prefix(Self.mostLogged) {
      logger.warning(
        "left out an image",
        metadata: [
          LogKey.image: "\(image.image)", LogKey.path: "\(image.path)", LogKey.reason: "\(image.reason)",
        ])
    }
  }

  /// As many broken images as one reading logs; the status counts them all.
  private static let mostLogged = 20
}
