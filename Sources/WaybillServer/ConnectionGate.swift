internal import CGlibc
internal import Concurrency
internal import Diagnostics
internal import Glibc
internal import Logging
internal import ZeroMQ

/// Lets connections come in at an endpoint while descriptors last, and has them wait in the kernel's queue otherwise.
///
/// Left alone, libzmq accepts until no descriptor is left. Then it aborts the process (`ipc://`), or tries again and again
/// on a whole core (`tcp://`). `zmq_unbind` is no way to pause: it closes the connections that came in by the endpoint.
///
/// So libzmq is allowed one connection at a time. That makes the bound exact, however fast they come and however late this
/// thread gets a core: libzmq accepts 45,000 a second, so a thread that paused it in time would have 3 ms at the usual limit
/// of 1,024. It costs 25 µs for each connection, and nothing for a request.
///
/// Nothing is counted. The kernel gives out the lowest free number, so a descriptor that is made to try tells by its number
/// whether the next connection stays below the bound; the numbers above are left to everything else.
final class ConnectionGate: Sendable {
  private let endpoint: String
  private let logger: Logger
  /// The number that connections stay below.
  private let bound: @Sendable () -> Int
  private let listener: CInt
  /// Nil from the moment on when the socket closes: its descriptors may then be somebody else's.
  private let entry: Lock<ListenerEntry?>
  /// Becomes readable when the socket closes.
  private let closing: CInt

  /// How soon a descriptor that became free is noticed.
  private static let lookout: CInt = 20
  /// A connection that waits so soon after another one belongs to the same shortage.
  private static let calm = Duration.seconds(3)

  /// Guards an endpoint of a socket, on a thread that ends when the socket closes.
  ///
  /// - Parameters:
  ///   - endpoint: The endpoint as bound.
  ///   - socket: The socket, which keeps the endpoint until it closes.
  ///   - logger: Where to say that connections wait.
  ///   - bound: The number that the descriptors of connections stay below; asked for before each.
  static func open(
    at endpoint: String, of socket: borrowing Socket, _ logger: Logger, bound: @escaping @Sendable () -> Int
  ) {
    let closing = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
    guard closing >= 0, let entry = ListenerEntry.find(endpoint) else {
      close(closing)
      logger.warning(
        "connections are not bounded: the listener is not found in /proc/self/fdinfo",
        metadata: [LogKey.endpoint: "\(endpoint)"])
      return
    }
    let gate = ConnectionGate(entry, closing: closing, endpoint: endpoint, logger, bound: bound)
    entry.pause()
    let thread = NamedThread.start("waybill-accept") { gate.run() }
    socket.beforeClosing {
      gate.stop()
      // A descriptor that somebody polls stays open, and its port taken. The thread may be in a write to the log.
      _ = thread.join(atMost: .seconds(1))
    }
  }

  private init(
    _ entry: ListenerEntry, closing: CInt, endpoint: String, _ logger: Logger, bound: @escaping @Sendable () -> Int
  ) {
    self.entry = Lock(entry)
    self.closing = closing
    self.endpoint = endpoint
    self.logger = logger
    self.bound = bound
    listener = entry.descriptor
  }

  deinit {
    close(closing)
  }

  private func stop() {
    entry.withLock { $0 = nil }
    eventfd_write(closing, 1)
  }

  private func run() {
    var lastShortage: ContinuousClock.Instant?
    var lastFree: CInt = -1
    var pause: useconds_t = 0
    while true {
      let isSomebodyThere = wait(for: listener, milliseconds: lastShortage == nil ? -1 : Self.lookout)
      guard entry.withLock({ $0 != nil }) else { return }
      if let shortage = lastShortage, ContinuousClock.now - shortage >= Self.calm {
        lastShortage = nil
        log("accepting connections again")
      }
      guard isSomebodyThere else { continue }

      let free = lowestFreeDescriptor
      guard free >= 0, free < bound() else {
        if lastShortage == nil { log("too many connections: new ones wait") }
        lastShortage = .now
        wait(milliseconds: Self.lookout)
        continue
      }
      entry.withLock { $0?.acceptOne() }
      // libzmq's thread does not say when it has accepted. Another number shows it, and the next one has its turn at
      // once; while nothing is seen to happen, the thread looks less often.
      pause = free == lastFree ? min(2 * pause + 10, 250) : 0
      lastFree = free
      if pause == 0 { sched_yield() } else { usleep(pause) }
    }
  }

  /// The number that the next descriptor gets; negative when there is none.
  private var lowestFreeDescriptor: CInt {
    let free = fcntl(closing, F_DUPFD_CLOEXEC, 0)
    if free >= 0 { close(free) }
    return free
  }

  /// Waits until the descriptor is readable, the socket closes or the time is over.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor; by default none.
  ///   - milliseconds: The time; negative for no bound, as closing the socket ends every wait.
  /// - Returns: Whether the descriptor is readable.
  @discardableResult
  private func wait(for descriptor: CInt = -1, milliseconds: CInt) -> Bool {
    var waiting = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: closing, events: Int16(POLLIN), revents: 0),
    ]
    return poll(&waiting, 2, milliseconds) > 0 && waiting[0].revents != 0
  }

  private func log(_ event: Logger.Message) {
    logger.notice(
      event,
      metadata: [
        LogKey.endpoint: "\(endpoint)", LogKey.descriptors: "\(lowestFreeDescriptor)", LogKey.bound: "\(bound())",
        LogKey.limit: "\(DescriptorLimit.current)",
      ])
  }
}
