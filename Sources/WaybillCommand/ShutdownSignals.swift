import Concurrency
import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// SIGTERM and SIGINT of a program that serves: the first asks it to stop, the second ends it at once.
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
    for number in [SIGTERM, SIGINT] { signal(number, takeSignal) }
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

/// Handles a signal, by nothing but what signal-safety(7) allows.
private func takeSignal(_ number: CInt) {
  // As a shell shows a program that this signal ended.
  if !arrival.note() { _exit(128 + number) }
}

private let arrival = SignalArrival()

/// The first signal, between the handler and the thread that waits for it.
private final class SignalArrival: Sendable {
  private let hasArrived = Atomic(false)
  // A semaphore is made for use by many threads.
  private nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  /// To be called before a handler may run, which must not be the first to use this object.
  func prepare() {
    sem_init(semaphore, 0, 0)
  }

  /// Whether this is the first signal.
  func note() -> Bool {
    guard !hasArrived.exchange(true, ordering: .relaxed) else { return false }
    sem_post(semaphore)
    return true
  }

  func wait() {
    while sem_wait(semaphore) != 0 {}
  }
}
