import Concurrency
import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// SIGTERM, SIGINT and SIGHUP of a program that serves: the first asks it to stop, the second ends it at once.
///
/// The service group could take the first signal itself, by way of Dispatch and the cooperative pool. This way is a handler
/// and a thread of its own: it needs no descriptor, and holds where the pool is busy or a service does not stop.
final class ShutdownSignals: Sendable {
  private enum State {
    case starting
    case running(@Sendable () -> Void)
    case stopping
  }

  private let state = Lock(State.starting)

  /// When services that have not stopped are cancelled.
  private static let gracefulTime = Duration.seconds(4)
  /// When a process that has not ended ends anyway.
  private static let longestTime = Duration.milliseconds(4_500)

  /// Takes the signals from now on. Until services run, the first one ends the process with 0: nothing has begun yet.
  init() {
    arrival.prepare()
    // Whoever read the log may be gone.
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGTERM, SIGINT] { signal(number, takeSignal) }
    if !isIgnored(SIGHUP) { signal(SIGHUP, takeSignal) }
    NamedThread.start("waybill-signals") { [self] in
      arrival.wait()
      stop()
    }
  }

  /// Runs services until the first signal, and then until they have stopped.
  ///
  /// - Parameters:
  ///   - services: They are stopped in the opposite order.
  ///   - logger: The group's.
  /// - Throws: What a service throws.
  func run(_ services: [any Service], logger: Logger) async throws {
    var configuration = ServiceGroupConfiguration(services: services, logger: logger)
    configuration.maximumGracefulShutdownDuration = Self.gracefulTime
    let group = ServiceGroup(configuration: configuration)
    state.withLock { state in
      if case .starting = state { state = .running { Task { await group.triggerGracefulShutdown() } } }
    }
    try await group.run()
  }

  /// Whether the first signal has come.
  var isStopping: Bool {
    state.withLock { if case .stopping = $0 { true } else { false } }
  }

  private func stop() {
    let state = state.withLock { state in
      defer { state = .stopping }
      return state
    }
    guard case .running(let stopServices) = state else { _exit(0) }
    stopServices()
    _ = Latch().wait(atMost: Self.longestTime)
    let message = "the services did not stop within \(Self.longestTime)"
    CommandError(message: message, code: .software).report()
    _exit(CommandError.Code.software.rawValue)
  }
}

/// Whether the signal was turned off for this process by the one that started it, as nohup does.
private func isIgnored(_ number: CInt) -> Bool {
  var action = sigaction()
  sigaction(number, nil, &action)
  return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}

/// Handles a signal, by nothing but what signal-safety(7) allows.
private func takeSignal(_ number: CInt) {
  // As a shell shows a program that this signal ended.
  if !arrival.note() { _exit(128 + number) }
}

private let arrival = SignalArrival()

/// The first signal, between the handler and the thread that waits for it.
private final class SignalArrival: Sendable {
  /// When the first signal came, by the monotonic clock in nanoseconds; 0 before it.
  private let arrival = Atomic<Int>(0)
  // A semaphore is made for use by many threads.
  private nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  /// To be called before a handler may run, which must not be the first to use this object.
  func prepare() {
    sem_init(semaphore, 0, 0)
  }

  /// So soon after the first one, a signal is the same one: timeout(1) sends it to the program and to its group.
  private static let echo = 20_000_000

  /// Whether this is the first signal, or the first once more.
  func note() -> Bool {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let time = now.tv_sec * 1_000_000_000 + now.tv_nsec
    let (isFirst, first) = arrival.compareExchange(expected: 0, desired: time, ordering: .relaxed)
    guard isFirst else { return time - first < Self.echo }
    sem_post(semaphore)
    return true
  }

  func wait() {
    while sem_wait(semaphore) != 0 {}
  }
}
