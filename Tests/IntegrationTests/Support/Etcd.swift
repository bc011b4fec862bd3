import Cluster
import Foundation
import Testing

/// Members of Debian's etcd, each in a process of its own, which end with the test.
final class Etcd {
  struct Member {
    var process: ChildProcess
    let endpoint: EtcdEndpoint
    fileprivate let command: [String]
  }

  private let folder: TemporaryFolder
  private(set) var members: [Member] = []
  private let scheme: String
  /// What `etcdctl` needs to be let in.
  private let control: [String]

  var endpoint: EtcdEndpoint { members[0].endpoint }

  /// Starts members and waits until the first one answers.
  ///
  /// - Parameters:
  ///   - count: How many members.
  ///   - options: Further options of each.
  ///   - certificates: For TLS, with which clients show certificates too.
  /// - Throws: When etcd is not up in time.
  init(members count: Int = 1, options: [String] = [], certificates: Certificates? = nil) async throws {
    folder = try TemporaryFolder()
    scheme = certificates == nil ? "http" : "https"
    let ports = try await Python.freePorts(2 * count)
    let peers = (0..<count).map { "m\($0)=http://127.0.0.1:\(ports[2 * $0 + 1])" }.joined(separator: ",")
    control = certificates.map { ["--cacert", $0.authority, "--cert", $0.client, "--key", $0.clientKey] } ?? []
    for number in 0..<count {
      let (client, peer) = ("\(scheme)://127.0.0.1:\(ports[2 * number])", "http://127.0.0.1:\(ports[2 * number + 1])")
      let security =
        certificates.map {
          [
            "--cert-file", $0.server, "--key-file", $0.serverKey, "--trusted-ca-file", $0.authority,
            "--client-cert-auth",
          ]
        } ?? []
      let command =
        [
          "etcd", "--name", "m\(number)", "--data-dir", "\(folder.path)/m\(number)", "--listen-client-urls", client,
          "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
          "--initial-cluster", peers, "--log-level", "error",
        ] + security + options
      members.append(
        Member(
          process: try ChildProcess(command), endpoint: EtcdEndpoint(host: "127.0.0.1", port: ports[2 * number]),
          command: command))
    }
    let isUp = try await eventually(within: .seconds(30)) {
      try await Tool.finish(self.command(["endpoint", "health"])).exitCode == 0
    }
    try #require(isUp, "etcd is not up: \(members[0].process.errors.text)")
  }

  deinit {
    for member in members { member.process.send(SIGKILL) }
  }

  /// Starts a member anew with the data that it had.
  func restart(_ number: Int = 0) throws {
    members[number].process = try ChildProcess(members[number].command)
  }

  private func command(_ arguments: [String]) -> [String] {
    ["etcdctl", "--endpoints", "\(scheme)://\(endpoint)"] + control + arguments
  }

  /// Runs `etcdctl`, which must succeed.
  @discardableResult
  func control(_ arguments: String...) async throws -> String {
    let result = try await Tool.finish(command(arguments))
    try #require(result.exitCode == 0, "etcdctl \(arguments) failed: \(result.errors)")
    return result.output
  }

  /// Makes a user with the right to read and write below a prefix, and asks everybody for a user from now on.
  func enableUsers(_ user: String, _ password: String, below prefix: String) async throws {
    try await control("user", "add", "root:root")
    try await control("user", "grant-role", "root", "root")
    try await control("role", "add", user)
    try await control("role", "grant-permission", "--prefix=true", user, "readwrite", prefix)
    try await control("user", "add", "\(user):\(password)")
    try await control("user", "grant-role", user, user)
    try await control("auth", "enable")
  }
}

/// An authority, and certificates that it signed for a server and a client, by OpenSSL.
struct Certificates {
  let authority: String
  let server: String
  let serverKey: String
  let client: String
  let clientKey: String

  init(in folder: String) async throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func path(_ name: String) -> String { "\(folder)/\(name).pem" }
    try await Tool.run(
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=authority", "-keyout", path("authority-key"), "-out", path("authority"))
    for name in ["server", "client"] {
      try await Tool.run(
        "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=\(name)",
        "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", path("\(name)-key"), "-out",
        path("\(name)-request"))
      try await Tool.run(
        "openssl", "x509", "-req", "-days", "2", "-copy_extensions", "copy", "-in", path("\(name)-request"), "-CA",
        path("authority"), "-CAkey", path("authority-key"), "-CAcreateserial", "-out", path(name))
    }
    authority = path("authority")
    (server, serverKey) = (path("server"), path("server-key"))
    (client, clientKey) = (path("client"), path("client-key"))
  }
}
