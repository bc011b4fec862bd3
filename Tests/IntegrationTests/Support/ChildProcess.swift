import Concurrency
import Foundation
import Testing

/// A program that runs beside the test, and never longer than the test.
///
/// The kernel kills the program when the thread that started it ends. That thread waits for the program, so it ends first
/// only with the whole test run, crashes included.
final class ChildProcess: Sendable {
  let pid: pid_t
  /// What the program wrote on standard output so far.
  let output: CapturedText
  /// What it wrote on standard error so far.
  let errors: CapturedText

  private let shown: String
  private let life: Life

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: the program, a path or a name in `PATH`, and its arguments.
  ///   - environment: what to add to the test's own environment.
  /// - Throws: an expectation that failed, when there is no way to start programs.
  init(_ command: [String], environment: [String: String] = [:]) throws {
    let isLogJSON = JSONLog.isWritten(by: command, environment)
    let variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("WAYBILL_") }
      .merging(isLogJSON ? JSONLog.variables : [:]) { $1 }.merging(environment) { $1 }
      .map { "\($0.key)=\($0.value)" }
    let outputPipe = try Self.pipe()
    let errorPipe = try Self.pipe()
    let life = Life()
    Thread.detachNewThread {
      life.begin {
        spawn(
          ["setpriv", "--pdeathsig", "KILL"] + command, environment: variables, output: outputPipe.writing,
          errors: errorPipe.writing)
      }
      close(outputPipe.writing)
      close(errorPipe.writing)
      life.waitForTheEnd()
    }
    shown = command.joined(separator: " ")
    output = CapturedText(from: outputPipe.reading)
    errors = isLogJSON ? CapturedText(from: errorPipe.reading, JSONLog.text) : CapturedText(from: errorPipe.reading)
    pid = try #require(life.pid(), "setpriv of util-linux is needed, to start \(shown)")
    self.life = life
  }

  deinit {
    life.send(SIGKILL)
  }

  /// Sends a signal; to a program that has ended nothing is sent.
  func send(_ signal: CInt) {
    life.send(signal)
  }

  /// Waits for the program's end: its exit code, or the negative number of the signal that ended it.
  func exitCode(within limit: Duration = .seconds(30)) async throws -> CInt {
    let hasEnded = try await eventually(within: limit) { life.exitCode != nil && output.isWhole && errors.isWhole }
    try #require(hasEnded, "\(shown) did not end within \(limit); it said: \(errors.text)")
    return try #require(life.exitCode)
  }

  var hasEnded: Bool { life.exitCode != nil }

  /// Kilobytes of memory that the program has in use.
  func residentMemory() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
  }

  private static func pipe() throws -> (reading: CInt, writing: CInt) {
    // Sockets, as they are closed in every other program that starts just then: Glibc's `pipe2` is not to be had here.
    var ends: [CInt] = [-1, -1]
    let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0, "no sockets: \(String(cString: strerror(errno)))")
    return (ends[0], ends[1])
  }
}

/// Starts a program with these ends of pipes as its output; nil if there is no such program.
private func spawn(_ command: [String], environment: [String], output: CInt, errors: CInt) -> pid_t? {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, output, 1)
  posix_spawn_file_actions_adddup2(&actions, errors, 2)
  // Test libraries block and ignore signals at their pleasure; the program shall not inherit that.
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, signal) }
  posix_spawnattr_setsigdefault(&attributes, &signals)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

  var arguments = command.map { strdup($0) } + [nil]
  var variables = environment.map { strdup($0) } + [nil]
  defer { for text in arguments + variables { free(text) } }
  var pid: pid_t = 0
  return posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &variables) == 0 ? pid : nil
}

/// Where a program is between its start and its end, for the thread that waits for it and the test that watches it.
private final class Life: Sendable {
  private enum State {
    case notStarted
    case running(pid_t)
    case ended(pid_t, CInt)
  }

  private let state = Lock(State.notStarted)
  private let hasBegun = DispatchSemaphore(value: 0)

  func begin(_ start: () -> pid_t?) {
    if let pid = start() { state.withLock { $0 = .running(pid) } }
    hasBegun.signal()
  }

  func waitForTheEnd() {
    guard case .running(let pid) = state.withLock({ $0 }) else { return }
    // Until `waitpid` collects it, no other program can get its number, and a signal its victim wrong.
    var info = siginfo_t()
    while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    state.withLock { state in
      var status: CInt = 0
      waitpid(pid, &status, 0)
      state = .ended(pid, status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f))
    }
  }

  func pid() -> pid_t? {
    hasBegun.wait()
    switch state.withLock({ $0 }) {
    case .notStarted: return nil
    // It may have ended already.
    case .running(let pid), .ended(let pid, _): return pid
    }
  }

  func send(_ signal: CInt) {
    state.withLock { if case .running(let pid) = $0 { kill(pid, signal) } }
  }

  var exitCode: CInt? {
    guard case .ended(_, let code) = state.withLock({ $0 }) else { return nil }
    return code
  }
}
