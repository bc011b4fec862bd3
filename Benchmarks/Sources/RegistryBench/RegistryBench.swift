import ArgumentParser
import CGlibc
import Concurrency
import Foundation
import ImageRegistry
import Logging
import ServiceLifecycle
import UnixSignals
import WaybillWorker
import Workloads

/// A registry of as many images as it is told, without a store on disk, served by the worker itself.
@main
struct RegistryBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a registry of generated images, and change it on command.",
    discussion: """
      Each line on standard input is a command, and each gives one line of JSON on standard output:

        change N       change N images, one after the other; how long the changes took
        change N RATE  the same, RATE of them a second
        first-list N   N times, change an image and ask for the whole list; how long the lists took

      It ends on SIGTERM, or with an error at a line that is no command.
      """)

  @Option(help: "How many images to generate.")
  var images: Int

  @Option(help: "Where to serve: tcp://HOST:PORT or ipc://PATH.")
  var bind: String

  func validate() throws {
    guard images > 0 else { throw ValidationError("There must be an image, to have one to change.") }
  }

  func run() async throws {
    let registry = ImageRegistry(sources: ["generated"])
    registry.replaceContents(ofSource: 0, with: (0..<images).lazy.map { GeneratedImage(number: $0).image })
    // As the worker does when it has read a large store.
    malloc_trim(0)

    let console = Console(Changes(in: registry, of: images))
    let commands = Thread {
      lowerThreadPriority()
      do {
        try console.run()
      } catch {
        Self.exit(withError: error)
      }
    }
    commands.start()

    var logger = Logger(label: "registry-bench", factory: StreamLogHandler.standardError(label:))
    logger.logLevel = .critical
    let worker = Worker(WorkerConfiguration(endpoints: [.bind(bind)]), registry: registry, logger: logger)
    try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
  }
}
