internal import Concurrency
internal import Connections
internal import CurveSecurity
internal import ZeroMQ

/// The connections of a client that no request uses now, for the next ones.
///
/// Only a connection whose last request was answered comes back: any other is given up with its socket.
final class ConnectionPool: Sendable {
  private let security: ClientSecurity
  private let state = Lock(State())

  private struct State {
    /// Made with the first connection.
    var context: Context?
    var idle: [ClientConnection] = []
  }

  /// So many connections wait for the next requests. More requests at once make more, which are closed again.
  private static let maxIdle = 16

  init(security: ClientSecurity) {
    self.security = security
  }

  deinit {
    // The end of a context waits for its sockets, and this may be a thread of Swift's pool.
    guard let retired = state.withLock({ $0.context }) else { return }
    state.withLock { $0 = State() }
    _ = NamedThread("waybill-client") { extendLifetime(retired) }
  }

  /// A connection that waits for another request.
  func takeIdleConnection(to endpoint: String) -> ClientConnection? {
    state.withLock { state in
      state.idle.lastIndex { $0.endpoint == endpoint }.map { state.idle.remove(at: $0) }
    }
  }

  func makeConnection(to endpoint: String, by route: Route) throws(ClientError) -> ClientConnection {
    try ClientConnection(to: endpoint, by: route, as: security, in: try context())
  }

  /// Keeps a connection that is ready for another request.
  func giveBack(_ connection: ClientConnection) {
    state.withLock { state in
      state.idle.append(connection)
      if state.idle.count > Self.maxIdle { state.idle.removeFirst() }
    }
  }

  private func context() throws(ClientError) -> Context {
    do throws(ZeroMQError) {
      return try state.withLock { (state) throws(ZeroMQError) in
        if let context = state.context { return context }
        let made = try Context()
        state.context = made
        return made
      }
    } catch {
      throw .socket(error.description)
    }
  }
}
