/// A value on its way to another thread, which takes it once.
package final class HandOver<Value: ~Copyable>: Sendable {
  private let value: Lock<Value?>

  package init(_ value: consuming sending Value) {
    self.value = Lock(consume value)
  }

  /// - Returns: The value; nil when it was taken before.
  package func take() -> sending Value? { value.withLock { $0.take() } }
}
