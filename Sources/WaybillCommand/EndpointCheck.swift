import Diagnostics
import Foundation

/// Finds out what is wrong with an endpoint before libzmq uses it.
enum EndpointCheck {
  /// Only `tcp://` and `ipc://` lead to another process and suit the sockets of waybill.
  static func check(_ endpoint: String) throws(CommandError) {
    guard ["tcp://", "ipc://"].contains(where: { endpoint.hasPrefix($0) && endpoint != $0 }) else {
      throw CommandError(
        message: "\(quoted(endpoint)) is not an endpoint: write tcp://HOST:PORT or ipc://PATH", code: .usage)
    }
  }

  /// Refuses an endpoint that a network reaches: everybody there could read from it and fill it up. The name of an interface
  /// counts as a network, as it may have any address.
  static func checkIsLocal(_ endpoint: String) throws(CommandError) {
    guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return }
    let host = endpoint[..<colon].dropFirst("tcp://".count)
    guard !isLoopback(String(host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host)) else {
      return
    }
    throw CommandError(
      message:
        "cannot bind \(endpoint): it is open to a network: say --curve-key and --authorized-keys, or --insecure",
      code: .usage)
  }

  private static func isLoopback(_ host: String) -> Bool {
    guard host != "localhost" else { return true }
    var (four, six) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
    guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
    let bytes = withUnsafeBytes(of: &six) { Array($0) }
    let isMapped = bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
    return isMapped ? bytes[12] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
  }

  /// libzmq deletes the file at the path of an ipc endpoint when it binds it, even a document or the socket of another
  /// worker. This refuses both.
  static func checkForBinding(_ endpoint: String) throws(CommandError) {
    try check(endpoint)
    guard endpoint.hasPrefix("ipc://") else { return }
    let path = String(endpoint.dropFirst("ipc://".count))
    var status = stat()
    // `@` begins an abstract name, which is no file. For `*` libzmq makes a folder of its own.
    guard !path.hasPrefix("@"), path != "*", lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw CommandError(
        message: "cannot bind \(endpoint): what is there is no socket: remove it, or choose another path",
        code: .badData)
    }
    guard !isListening(path) else {
      throw CommandError(
        message: "cannot bind \(endpoint): another process listens there; choose another path", code: .system)
    }
  }

  /// Whether a process listens at the socket, so that it was not left behind by one that died.
  private static func isListening(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
      guard path.utf8.count < room.count else { return false }
      room.copyBytes(from: path.utf8)
      return true
    }
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    guard fits, descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}
