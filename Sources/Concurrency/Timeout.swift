/// What was to be done took longer than it may.
package struct TimeoutError: Error, Hashable {
  /// How long it was given.
  package let limit: Duration
}

/// Does something in time, or gives it up.
///
/// - Parameters:
///   - limit: How long it may take.
///   - body: What to do. It is cancelled when the time is over, and is to end then.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws, or ``TimeoutError``.
package func withTimeout<Result: Sendable>(
  _ limit: Duration, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw TimeoutError(limit: limit)
    }
    defer { group.cancelAll() }
    guard let result = try await group.next() else { throw CancellationError() }
    return result
  }
}
