internal import CGlibc
internal import Connections
internal import Foundation
internal import Glibc

/// The entry of a listening descriptor in the epoll set of libzmq's I/O thread.
///
/// libzmq has no call that pauses a listener. But a set may be changed from any thread, and libzmq changes this entry only
/// twice: to make it when the endpoint is bound, and to remove it when the endpoint is closed.
struct ListenerEntry: Sendable {
  let descriptor: CInt
  private let epoll: CInt
  /// What libzmq wants to be given back with each event.
  private let data: UInt64

  /// Finds the entry of an endpoint that was just bound.
  ///
  /// libzmq's thread makes it, so it may take a moment.
  ///
  /// - Parameter endpoint: The endpoint as libzmq calls it.
  /// - Returns: The entry; nil where `/proc` is not to be read, or libzmq waits by other means than epoll.
  static func find(_ endpoint: String) -> ListenerEntry? {
    for _ in 0..<500 {
      let descriptors = openDescriptors()
      for listener in descriptors where ListenerEntry.endpoint(of: listener) == endpoint {
        for epoll in descriptors {
          guard let text = try? String(contentsOfFile: "/proc/self/fdinfo/\(epoll)", encoding: .utf8),
            let data = data(of: listener, in: text)
          else { continue }
          let entry = ListenerEntry(descriptor: listener, epoll: epoll, data: data)
          // A set that was inherited tells of its maker's descriptors, which may have the same number.
          guard entry.setEvents(EPOLLIN.rawValue) else { continue }
          return entry
        }
      }
      usleep(2_000)
    }
    return nil
  }

  /// Has libzmq accept nothing until it is told to.
  func pause() {
    // libzmq accepts when epoll says that somebody waits. Should the client have left by then, libzmq's thread must not
    // be held up.
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    setEvents(0)
  }

  /// Has libzmq accept one connection, now or when one comes. Twice is the same as once.
  func acceptOne() {
    setEvents(EPOLLIN.rawValue | EPOLLONESHOT.rawValue)
  }

  /// Cannot fail while both descriptors are libzmq's, which the owner of the entry sees to.
  ///
  /// - Returns: Whether the set has the descriptor.
  @discardableResult
  private func setEvents(_ events: UInt32) -> Bool {
    var event = epoll_event(events: events, data: epoll_data_t(u64: data))
    return epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0
  }

  /// What libzmq wants to be given back for a descriptor, from what the kernel tells of an epoll set.
  ///
  /// - Returns: nil when the set does not have the descriptor, or libzmq has yet to ask for its events.
  static func data(of descriptor: CInt, in text: String) -> UInt64? {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 6, words[0] == "tfd:", words[1] == "\(descriptor)", words[2] == "events:",
        let events = UInt32(words[3], radix: 16), events & EPOLLIN.rawValue != 0, words[4] == "data:"
      else { continue }
      return UInt64(words[5], radix: 16)
    }
    return nil
  }

  private static func openDescriptors() -> [CInt] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return names.compactMap { CInt($0) }
  }

  /// Where a socket listens, as libzmq writes it; nil when the descriptor is something else.
  private static func endpoint(of descriptor: CInt) -> String? {
    var isListening: CInt = 0
    var size = socklen_t(MemoryLayout<CInt>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0, isListening != 0 else {
      return nil
    }
    var storage = sockaddr_storage()
    size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard getsockname(descriptor, address, &size) == 0 else { return nil }
        return switch CInt(address.pointee.sa_family) {
        case AF_INET: numericName(of: address, size).map { "tcp://\($0.host):\($0.port)" }
        case AF_INET6: numericName(of: address, size).map { "tcp://[\($0.host)]:\($0.port)" }
        case AF_UNIX: ipcEndpoint(UnsafeRawBufferPointer(start: address, count: Int(size)))
        default: nil
        }
      }
    }
  }

  private static func ipcEndpoint(_ address: UnsafeRawBufferPointer) -> String {
    let path = address.dropFirst(MemoryLayout<sa_family_t>.size)
    // A name that is in no folder begins with a zero, which libzmq writes as `@`.
    guard path.first == 0 else { return "ipc://\(String(decoding: path.prefix { $0 != 0 }, as: UTF8.self))" }
    return "ipc://@\(String(decoding: path.dropFirst(), as: UTF8.self))"
  }
}
