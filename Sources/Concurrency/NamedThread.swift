internal import CGlibc
internal import Glibc

/// A plain thread with a name that the kernel shows, in `top -H` for instance.
///
/// Sockets and files block. On the cooperative pool, which has a thread for each core, two that block would stop
/// everything else on a machine of two cores.
package final class NamedThread: Sendable {
  private let ended: Latch

  /// Starts a thread; nil when the system has none left.
  ///
  /// - Parameters:
  ///   - name: The kernel keeps the first 15 bytes.
  ///   - body: What the thread does.
  package init?(_ name: String, _ body: @escaping @Sendable () -> Void) {
    ended = Latch()
    let work = Unmanaged.passRetained(Work(name: name, body: body, ended: ended))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    guard result == 0 else {
      work.release()
      return nil
    }
    pthread_detach(thread)
  }

  /// Starts a thread that the program cannot do without.
  ///
  /// - Parameters:
  ///   - name: The kernel keeps the first 15 bytes.
  ///   - body: What the thread does.
  /// - Returns: The thread, to wait for it.
  @discardableResult
  package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> NamedThread {
    guard let thread = NamedThread(name, body) else {
      fatalError("cannot start the thread \(name): the system has no thread left")
    }
    return thread
  }

  /// Waits until the thread has ended and has let go of everything that its body captured.
  package func join() {
    while !join(atMost: .seconds(3_600)) {}
  }

  /// As ``join()``, up to a time.
  ///
  /// - Returns: Whether the thread has ended.
  package func join(atMost longest: Duration) -> Bool {
    ended.wait(atMost: longest)
  }

  /// Runs `body` on a thread of its own and waits for it without blocking a thread of the cooperative pool.
  ///
  /// - Parameters:
  ///   - name: As in ``start(_:_:)``.
  ///   - body: What the thread does.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  package static func run<Value: Sendable, Failure: Error>(
    _ name: String, _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let outcome = await withCheckedContinuation { continuation in
      start(name) { continuation.resume(returning: Result(catching: body)) }
    }
    return try outcome.get()
  }
}

/// What a thread does, for the thread itself.
private final class Work: Sendable {
  private let name: String
  private let body: HandOver<@Sendable () -> Void>
  private let ended: Latch

  init(name: String, body: @escaping @Sendable () -> Void, ended: Latch) {
    self.name = name
    self.body = HandOver(body)
    self.ended = ended
  }

  func run() {
    // A thread can be named by the kernel only once it runs.
    _ = cglibc_set_thread_name(name)
    runBody()
    ended.open()
  }

  /// A function of its own, so that what the body captured is gone when it returns.
  @inline(never)
  private func runBody() {
    body.take()?()
  }
}
