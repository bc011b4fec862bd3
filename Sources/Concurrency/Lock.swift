public import Glibc

/// A value that one thread at a time may use.
///
/// Not `Synchronization.Mutex`, which on Linux is made of futexes: the thread sanitizer does not see those, and reports
/// everything that is behind one.
///
/// Public, though no product shows it: only public functions are inlined into other targets, and a lock that is called as a
/// generic that is not specialized costs several times what locking does.
public struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline
  let mutex: UnsafeMutablePointer<pthread_mutex_t>
  @usableFromInline
  let value: UnsafeMutablePointer<Value>

  @inlinable
  public init(_ value: consuming sending Value) {
    mutex = .allocate(capacity: 1)
    // With the attributes of a plain mutex none of the three calls can fail.
    pthread_mutex_init(mutex, nil)
    self.value = .allocate(capacity: 1)
    self.value.initialize(to: value)
  }

  @inlinable
  deinit {
    value.deinitialize(count: 1)
    value.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  @inlinable @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }
}
