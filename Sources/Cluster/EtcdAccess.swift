/// How a client of etcd shows who it is, and knows whom it asks.
package struct EtcdAccess: Sendable {
  /// TLS, by files in PEM.
  package struct TLS: Sendable {
    /// The certificates that sign those of members; without them, those that the system trusts.
    package var authorities: String?
    /// The client's certificate and key, for members that ask for it.
    package var certificate: String?
    package var key: String?

    package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.authorities = authorities
      self.certificate = certificate
      self.key = key
    }
  }

  package struct Credentials: Sendable {
    package var user: String
    package var password: String

    package init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  /// Nil in the clear.
  package var tls: TLS?
  /// Nil where etcd asks for none.
  package var credentials: Credentials?
  /// How long a page of a range may take, and how long a watch may be silent.
  package var timeout = Duration.seconds(5)
  /// How long any other call may take. A leader that dies may swallow one without a word: it is soon made again.
  package var callTimeout = Duration.milliseconds(1_500)
  /// How many bytes an answer may have.
  package var maxBytes = 64 << 20

  package init(tls: TLS? = nil, credentials: Credentials? = nil) {
    self.tls = tls
    self.credentials = credentials
  }
}
