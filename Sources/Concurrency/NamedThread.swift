internal import CGlibc
internal import Foundation

/// A plain thread with a name that the kernel shows, in `top -H` for instance.
///
/// Sockets and files block. On the cooperative pool, which has a thread for each core, two that block would stop
/// everything else on a machine of two cores.
package enum NamedThread {
  /// Starts a thread.
  ///
  /// - Parameters:
  ///   - name: The kernel keeps the first 15 bytes.
  ///   - body: What the thread does.
  package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
    Thread.detachNewThread {
      // A thread can be named by the kernel only once it runs.
      _ = cglibc_set_thread_name(name)
      body()
    }
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
