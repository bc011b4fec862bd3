internal import CZeroMQ

extension ZeroMQError {
  /// The kinds of failure, from the `errno` values in zmq.h and in the manual page of each call.
  ///
  /// A struct, so that a later kind does not break a `switch` in a program that uses this library.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: Hashable {
      case addressInUse, addressNotAvailable, permissionDenied, notFound, noDevice
      case protocolNotSupported, incompatibleProtocol, notSupported
      case invalidArgument, invalidState
      case timedOut, interrupted, contextTerminated
      case hostUnreachable, tooManySockets, messageTooLarge
      case other(Int32)
    }

    private let kind: Kind

    /// Another socket has the endpoint.
    public static let addressInUse = Code(kind: .addressInUse)
    /// The endpoint's address is not one of this machine's.
    public static let addressNotAvailable = Code(kind: .addressNotAvailable)
    /// The system forbids it: a port below 1024, or a folder one may not write to.
    public static let permissionDenied = Code(kind: .permissionDenied)
    /// Nothing of that name: an `ipc://` folder that does not exist, an endpoint to unbind that was never bound.
    public static let notFound = Code(kind: .notFound)
    /// The endpoint names a network interface that this machine does not have.
    public static let noDevice = Code(kind: .noDevice)
    /// The endpoint names a transport that libzmq does not have.
    public static let protocolNotSupported = Code(kind: .protocolNotSupported)
    /// The transport does not carry this type of socket.
    public static let incompatibleProtocol = Code(kind: .incompatibleProtocol)
    /// This type of socket, or this build of libzmq, cannot do it.
    public static let notSupported = Code(kind: .notSupported)
    /// A malformed endpoint, or a value that is out of range.
    public static let invalidArgument = Code(kind: .invalidArgument)
    /// A REQ or REP socket was asked to send or receive out of turn.
    public static let invalidState = Code(kind: .invalidState)
    /// ``SocketOption/receiveTimeout`` or ``SocketOption/sendTimeout`` passed first.
    public static let timedOut = Code(kind: .timedOut)
    /// A signal came in. The blocking calls here go on by themselves and do not throw it.
    public static let interrupted = Code(kind: .interrupted)
    /// ``Context/shutdown()`` was called: the thread closes its sockets and leaves.
    public static let contextTerminated = Code(kind: .contextTerminated)
    /// A ROUTER with ``SocketOption/routerMandatory`` has no peer of that name.
    public static let hostUnreachable = Code(kind: .hostUnreachable)
    /// The context's limit of sockets, or the process's limit of file descriptors, is reached.
    public static let tooManySockets = Code(kind: .tooManySockets)
    /// A message is beyond a limit that the receiver set.
    public static let messageTooLarge = Code(kind: .messageTooLarge)

    /// An `errno` value that has no name here.
    public static func other(_ errno: Int32) -> Code { Code(kind: .other(errno)) }

    private init(kind: Kind) { self.kind = kind }

    private static let kinds: [Int32: Kind] = [
      EADDRINUSE: .addressInUse, EADDRNOTAVAIL: .addressNotAvailable, EACCES: .permissionDenied,
      EPERM: .permissionDenied, ENOENT: .notFound, ENODEV: .noDevice, EPROTONOSUPPORT: .protocolNotSupported,
      ENOCOMPATPROTO: .incompatibleProtocol, ENOTSUP: .notSupported, EINVAL: .invalidArgument,
      EFSM: .invalidState, EAGAIN: .timedOut, EINTR: .interrupted, ETERM: .contextTerminated,
      EHOSTUNREACH: .hostUnreachable, EMFILE: .tooManySockets, EMSGSIZE: .messageTooLarge,
    ]

    init(errno: Int32) {
      kind = Self.kinds[errno] ?? .other(errno)
    }

    /// The name of the code, such as `addressInUse`.
    public var description: String { String(describing: kind) }
  }
}
