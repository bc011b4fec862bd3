internal import Foundation

/// Runs `body` on a thread of its own and waits for it without blocking a thread of Swift's pool.
///
/// Sockets and files block. On the cooperative pool, which has a thread for each core, two that block would stop
/// everything else on a machine of two cores.
func onDedicatedThread(named name: String, _ body: @escaping @Sendable () throws -> Void) async throws {
  try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
    let thread = Thread { continuation.resume(with: Result(catching: body)) }
    thread.name = name
    thread.start()
  }
}
