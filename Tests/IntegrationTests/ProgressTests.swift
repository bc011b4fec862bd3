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

  @Test(arguments: [40, 60]) func aTerminalShowsABar(_ columns: Int) async throws {
    let session = try await TerminalSession.run(
      [Waybill.path(), "worker", "docker-archive:\(archive)", "--bind", "ipc://\(folder.path)/socket"],
      columns: columns, until: "left_out=")
    #expect(session.code == 0 && session.output.isEmpty)
    // Each bar is erased before anything else is written.
    let bars = session.terminal.components(separatedBy: "\r\u{1b}[K").dropLast().map { piece in
      piece.split(whereSeparator: \.isNewline).last ?? ""
    }
    #expect(!bars.isEmpty && bars.allSatisfy { $0.count < columns }, "\(session.terminal.debugDescription)")
    // Where there is no room for all of it, parts are left out, and no digit.
    let whole =
      columns == 60 ? /\[[#-]{24}\]  \d+ of \d+ MB  docker-archive:.*/ : /(?:\[[#-]{24}\]  )?\d+ of \d+ MB.*/
    #expect(bars.allSatisfy { $0.wholeMatch(of: whole) != nil }, "\(bars)")
    let rest = bars.reduce(session.terminal) { $0.replacing("\($1)\r\u{1b}[K", with: "") }
    #expect(rest.split(whereSeparator: \.isNewline).allSatisfy { $0.contains(" notice waybill: ") }, "\(rest)")
    #expect(rest.contains(" images=1 ") && !rest.contains("[#") && !rest.unicodeScalars.contains("\u{1b}"), "\(rest)")
  }

  @Test func theLogSaysItWhereThereIsNoTerminal() async throws {
    try await withWorker(serving: "docker-archive:\(archive)", isReadable: false) { (worker) async throws in
      #expect(try await eventually(within: .seconds(120)) { worker.process.errors.text.contains("left_out=") })
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
