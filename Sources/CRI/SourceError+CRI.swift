internal import GRPCCore
internal import Glibc
internal import ImageSources

extension SourceError {
  /// Nobody can be asked at a socket.
  init(connectError code: CInt, at socket: String) {
    let kind: Code =
      switch code {
      case ENOENT, ENOTDIR: .missing
      case EACCES, EPERM: .denied
      case ENOTSOCK, EPROTOTYPE, ENAMETOOLONG: .wrongKind
      default: .unreadable
      }
    let reason = code == ECONNREFUSED ? "nobody listens there" : String(cString: strerror(code))
    let remedy = kind == .denied ? "run as root, or in the socket's group" : "is the runtime running?"
    self.init(kind, "cannot connect to \(socket): \(reason): \(remedy)")
  }

  /// A call to a runtime failed.
  init(ofCall error: any Error, at socket: String) {
    guard let error = error as? RPCError else {
      self.init(.unreadable, "\(socket): \(error)")
      return
    }
    switch error.code {
    case .unimplemented:
      self.init(.unsupportedVersion, "\(socket) does not serve version 1 of CRI: \(error.message)")
    case .deadlineExceeded:
      self.init(.unreadable, "\(socket) did not answer in time")
    default:
      self.init(.unreadable, "\(socket): \(error.code): \(error.message)")
    }
  }
}
