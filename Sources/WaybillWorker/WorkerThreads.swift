internal import Concurrency
internal import WaybillServer
internal import ZeroMQ

/// The threads of a worker, which stop together: when one of them fails, the others are asked to stop.
final class WorkerThreads: Sendable {
  private let stop: StopSignal
  private let threads = Lock<[NamedThread]>([])
  private let firstError = Lock<ZeroMQError?>(nil)

  init(until stop: StopSignal) {
    self.stop = stop
  }

  /// Starts a thread, which looks at the signal to stop by itself.
  func start(_ name: String, _ body: @escaping @Sendable () throws(ZeroMQError) -> Void) {
    let thread = NamedThread.start(name) { [self] in
      do throws(ZeroMQError) {
        try body()
      } catch {
        firstError.withLock { $0 = $0 ?? error }
        stop.raise()
      }
    }
    threads.withLock { $0.append(thread) }
  }

  /// Waits until all threads have ended.
  ///
  /// - Throws: The error of the first that failed.
  func join() throws(ZeroMQError) {
    for thread in threads.withLock({ $0 }) { thread.join() }
    if let error = firstError.withLock({ $0 }) { throw error }
  }
}
