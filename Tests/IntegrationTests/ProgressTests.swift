import Foundation
import Testing

/// What is seen of a load that takes its time.
@Suite(.fewAtOnce) struct ProgressTests {
  private let folder: TemporaryFolder
  private var archive: String { "\(folder.path)/slow.tar.gz" }

  init() async throws {
    folder = try TemporaryFolder()
    let made = try await Tool.finish([Python.interpreter(), Repository.script("slow_archive.py"), archive])
    try #require(made.exitCode == 0, "\(made.errors)")
  }

  private struct Session: Decodable {
    let terminal: String
    let output: String
    let code: Int
  }

  @Test func aTerminalShowsABar() async throws {
    let session = try await Python.run(
      "terminal.py", "left_out=", Waybill.path(), "worker", "docker-archive:\(archive)", "--bind",
      "ipc://\(folder.path)/socket", as: Session.self)
    #expect(session.code == 0 && session.output.isEmpty)
    let erase = "\r\u{1b}[K"
    let pieces = session.terminal.components(separatedBy: erase)
    let bars = pieces.filter { $0.hasPrefix("[#") || $0.hasPrefix("[-") }
    #expect(bars.contains { $0.contains(" MB  docker-archive:") }, "\(session.terminal.debugDescription)")
    #expect(bars.allSatisfy { $0.count < 60 && !$0.contains("\n") }, "\(bars)")
    // The bar is gone when the log goes on, and everything else is lines.
    #expect(pieces.last?.contains(" images=1 ") == true && pieces.last?.contains("[#") == false, "\(pieces)")
    #expect(
      pieces.filter { !bars.contains($0) }.allSatisfy { $0.isEmpty || $0.utf8.last == UInt8(ascii: "\n") }, "\(pieces)")
  }

  @Test func theLogSaysItWhereThereIsNoTerminal() async throws {
    try await withWorker(serving: "docker-archive:\(archive)") { (worker) async throws in
      let lines = worker.process.errors.lines
      #expect(lines.contains { $0.contains(" progress=") && $0.hasSuffix(" reading") }, "\(lines)")
      #expect(!worker.process.errors.text.unicodeScalars.contains("\u{1b}"))
      #expect(try await worker.images("slow:1", "-q").isEmpty == false)
    }
  }

  /// In the middle of a load a worker that is told to leave leaves.
  @Test func aLoadKeepsNobodyFromLeaving() async throws {
    let process = try ChildProcess([
      Waybill.path(), "worker", "docker-archive:\(archive)", "--bind", "ipc://\(folder.path)/socket",
    ])
    #expect(try await eventually { process.errors.text.contains("listening") })
    process.send(SIGTERM)
    #expect(try await process.exitCode(within: .seconds(10)) == 0)
  }
}
