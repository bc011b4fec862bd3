import Foundation
import Glibc
import Testing

/// Faults that pass, met by every reader of every kind of store. No file changes when a fault ends.
@Suite(.fewAtOnce) struct FaultTests {
  /// What a fault does to the store of a reader.
  enum Effect: Sendable {
    /// The last good list stands, and the source is stale.
    case stale
    /// The new image is left out, with the reason; the others are listed.
    case leftOut
    /// The image keeps what it had, and the source is stale.
    case kept
  }

  /// A store, and what a fault in one file or folder of it does. Each is a source of the one worker.
  struct Reader: Sendable {
    let name: String
    let transport: String
    let effect: Effect

    init(_ name: String, _ transport: String, _ effect: Effect) {
      self.name = name
      self.transport = transport
      self.effect = effect
    }
  }

  static let readers = [
    Reader("oci-index.json", "oci", .stale), Reader("oci-oci-layout", "oci", .stale),
    Reader("oci-blobs", "oci", .stale), Reader("oci-manifest", "oci", .leftOut), Reader("oci-config", "oci", .leftOut),
    Reader("containers-images", "containers-storage", .stale),
    Reader("containers-layers", "containers-storage", .stale),
    Reader("containers-folder", "containers-storage", .stale),
    Reader("containers-manifest", "containers-storage", .leftOut),
    Reader("containers-config", "containers-storage", .leftOut),
    Reader("isulad-storage", "isulad", .stale), Reader("isulad-folder", "isulad", .stale),
    Reader("isulad-layers", "isulad", .stale), Reader("isulad-image", "isulad", .leftOut),
    Reader("isulad-config", "isulad", .leftOut), Reader("isulad-layer", "isulad", .leftOut),
    Reader("isulad-changed", "isulad", .kept), Reader("isulad-database", "isulad", .leftOut),
    Reader("isulad-alone", "isulad", .stale),
    Reader("embedded-manifest", "embedded", .leftOut), Reader("embedded-signature", "embedded", .leftOut),
    Reader("embedded-layer", "embedded", .leftOut), Reader("embedded-changed", "embedded", .kept),
    Reader("embedded-folder", "embedded", .stale),
    Reader("archive.tar", "docker-archive", .stale),
  ]

  static let faults: [(error: CInt, calls: FaultInjection.Calls)] = [
    (EIO, .open), (EIO, .read), (EIO, .stat), (ESTALE, .open), (EACCES, .open), (EMFILE, .open), (ENFILE, .open),
    (ENOMEM, .open),
  ]

  @Test func aFaultThatPassesIsNeverAFact() async throws {
    let injection = try await FaultInjection()
    let stores = try TemporaryFolder()
    func add(_ number: Int, _ arguments: String...) async throws {
      let result = try await Tool.finish(
        ["python3", Repository.script("fault_stores.py"), stores.path, "\(number)"] + arguments)
      try #require(result.exitCode == 0, "\(result.errors)")
    }
    try await add(0)
    let worker = try await RunningWorker.start(
      serving: Self.readers.map { "\($0.transport):\(stores.path)/\($0.name)" }, environment: injection.environment)
    defer { worker.process.send(SIGKILL) }

    for (round, fault) in Self.faults.enumerated() {
      let name = "\(String(cString: strerror(fault.error))), \(fault.calls)"
      try await add(round + 1, injection.control, "\(fault.error)", fault.calls.rawValue)
      var wrong: [String] = []
      let isMet = try await eventually(within: .seconds(10)) {
        wrong = try await Self.differences(worker) { reader, source in
          Self.isRight(source, of: reader, during: fault.error, number: round + 1)
        }
        return wrong.isEmpty
      }
      #expect(isMet, "during \(name): \(wrong)")
      try await Task.sleep(for: .seconds(1))
      try injection.end()
      let clock = ContinuousClock()
      let end = clock.now
      let isWhole = try await eventually(within: .seconds(5)) {
        wrong = try await Self.differences(worker) { reader, source in
          source.state == "current" && source.leftOutCount == 0
            && source.images == (reader.effect == .kept ? 1 : round + 2)
        }
        return wrong.isEmpty
      }
      print("\(name): \(Self.readers.count) sources whole \(clock.now - end) after the fault")
      #expect(isWhole, "after \(name): \(wrong)")
      #expect(try await worker.images().contains("image-0") && !worker.process.hasEnded)
      let tags = try await worker.images("-o", "json")
      for changed in ["image-0", "embedded-0"] {
        #expect(tags.contains("\(changed):\(round + 1)\""), "\(changed) has its old name after \(name)")
      }
    }
  }

  /// A store that cannot be read when the worker starts may come.
  @Test(arguments: [EIO, ESTALE, EMFILE, ENOMEM])
  func aFaultAtTheStartIsWaitedFor(error: CInt) async throws {
    let injection = try await FaultInjection()
    let stores = try TemporaryFolder()
    try await Tool.run("python3", Repository.script("fault_stores.py"), stores.path, "0")
    try injection.begin(error, at: stores.path)
    let worker = try await RunningWorker.start(
      serving: Self.readers.map { "\($0.transport):\(stores.path)/\($0.name)" }, isReadable: false,
      environment: injection.environment)
    defer { worker.process.send(SIGKILL) }
    try await Task.sleep(for: .seconds(1))
    let before = try await worker.status()
    #expect(!before.ready && before.sources.allSatisfy { $0.state == "pending" && !$0.lastError.isEmpty })
    try injection.end()
    var sources = before.sources
    let isWhole = try await eventually(within: .seconds(5)) {
      sources = try await worker.status().sources
      return sources.allSatisfy { $0.state == "current" && $0.images == 1 && $0.leftOutCount == 0 }
    }
    #expect(isWhole, "\(sources)")
  }

  private static func differences(
    _ worker: RunningWorker, _ isRight: (Reader, RunningWorker.Status.Source) -> Bool
  ) async throws -> [String] {
    zip(readers, try await worker.status().sources).filter { !isRight($0, $1) }.map { reader, source in
      "\(reader.name) is \(source.state) with \(source.images) images, \(source.leftOutCount) left out: "
        + "\(source.lastError) \(source.leftOut.map(\.reason))"
    }
  }

  /// Whether a source is what it must be during a fault that image `number` was the first to meet.
  private static func isRight(
    _ source: RunningWorker.Status.Source, of reader: Reader, during error: CInt, number: Int
  ) -> Bool {
    let isExhausted = [EMFILE, ENFILE, ENOMEM].contains(error)
    guard source.images == (reader.effect == .kept ? 1 : number) else { return false }
    switch isExhausted ? .stale : reader.effect {
    case .stale, .kept: return source.state == "stale" && !source.lastError.isEmpty && source.leftOutCount == 0
    case .leftOut: return source.state == "current" && source.leftOutCount == 1
    }
  }

  /// Which errors keys are kept through.
  @Test(arguments: [(EIO, true), (EMFILE, true), (ENFILE, true), (ENOMEM, true), (ESTALE, false), (EACCES, false)])
  func keysAreKeptThroughSomeFaultsAlone(error: CInt, isKept: Bool) async throws {
    let injection = try await FaultInjection()
    let keys = try await Keys()
    for name in ["alice", "bob"] {
      try await keys.make(name)
      try keys.authorize(name)
    }
    let worker = try await RunningWorker.start(
      serving: ["oci:\(Repository.sampleLayout)"], at: keys.server, environment: injection.environment)
    defer { worker.process.send(SIGKILL) }
    func isLetIn(_ name: String) async throws -> Bool {
      let result = try await Waybill.run(
        ["images", "-q", "--endpoint", worker.endpoint, "--timeout", "1", "--retries", "0"] + keys.client(name))
      return result.exitCode == 0
    }
    for name in ["alice", "bob"] { #expect(try await isLetIn(name)) }

    try injection.begin(error, at: keys.authorized)
    try await Task.sleep(for: .seconds(1.5))
    #expect(try await isLetIn("alice") == isKept)
    try injection.end()
    #expect(try await eventually(within: .seconds(5)) { try await isLetIn("alice") })

    let key = "\(keys.authorized)/alice.key"
    try injection.begin(error, at: key)
    try Data(contentsOf: URL(filePath: key)).write(to: URL(filePath: key), options: .atomic)
    try await Task.sleep(for: .seconds(1.5))
    #expect(try await isLetIn("alice") == isKept)
    #expect(try await isLetIn("bob"))
    try injection.end()
    #expect(try await eventually(within: .seconds(5)) { try await isLetIn("alice") })
  }
}
