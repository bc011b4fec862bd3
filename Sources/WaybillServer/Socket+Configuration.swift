package import ZeroMQ

/// The options of every socket that another process is connected to; CONTRIBUTING.md says why they are what they are.
extension Socket {
  /// The longest part that a client may send. Well above the limit of a request, so that what is somewhat too long gets
  /// an error and not a closed connection.
  package static let maxRequestBytes = 1 << 20

  /// For a socket that clients connect to, or that connects to a proxy of clients.
  package func configureForClients(linger: Duration) throws(ZeroMQError) {
    try set(.linger, to: linger)
    try set(.maxMessageSize, to: Self.maxRequestBytes)
    // libzmq's I/O thread fills this buffer of a connection before it turns to the next one.
    try set(.sendBufferSize, to: 384 * 1_024)
    try configureConnections()
  }

  /// For the socket of a broker that workers connect to.
  package func configureForWorkers(linger: Duration) throws(ZeroMQError) {
    try set(.linger, to: linger)
    // Workers are trusted; this limits a peer that is no worker.
    try set(.maxMessageSize, to: 1 << 30)
    try set(.routerMandatory, to: true)
    // A worker that restarts with the same routing id takes it over at once.
    try set(.routerHandover, to: true)
    try configureConnections()
  }

  /// For the socket of a worker that connects to a broker.
  package func configureForBroker() throws(ZeroMQError) {
    // What an abandoned socket has not sent yet must not arrive after the messages of the next one.
    try set(.linger, to: .zero)
    try set(.maxMessageSize, to: Self.maxRequestBytes)
    try configureConnections()
  }

  private func configureConnections() throws(ZeroMQError) {
    // A peer that never ends its handshake, or whose machine vanished, is disconnected. For the latter the kernel looks:
    // heartbeats would be timers of libzmq, which takes a time for each of them to cancel one, and a crowd that leaves
    // would hold up all others.
    try set(.handshakeInterval, to: .seconds(10))
    try set(.tcpKeepalive, to: true)
    try set(.tcpKeepaliveIdle, to: .seconds(10))
    try set(.tcpKeepaliveInterval, to: .seconds(10))
    try set(.tcpMaxRetransmitTime, to: .seconds(30))
    // Many may connect at once, or wait until there is a descriptor for them. Over TCP, whoever finds the queue full tries
    // again only after 1, 3, 7 and 15 s. The system has a bound of its own, which is as high on any recent kernel.
    try set(.backlog, to: 4_096)
    // libzmq would not connect again after every end of a connection: whoever connects sees to that, by `Route`s.
    try set(.reconnectInterval, to: nil)
    try set(.connectTimeout, to: .seconds(10))
  }
}
