import Foundation
import Testing

/// Keys that `waybill keygen` makes, and a list of those that are allowed.
final class Keys: Sendable {
  private let folder: TemporaryFolder
  /// The folder of the clients that are allowed.
  let authorized: String

  /// Makes the server's keys, and a list of nobody.
  init() async throws {
    folder = try TemporaryFolder()
    authorized = "\(folder.path)/clients"
    try FileManager.default.createDirectory(atPath: authorized, withIntermediateDirectories: false)
    try await make("server")
  }

  /// What a worker is told.
  var server: [String] {
    ["--bind", "tcp://127.0.0.1:*", "--curve-key", secret("server"), "--authorized-keys", authorized]
  }

  /// What a client is told.
  func client(_ name: String, of server: String = "server") -> [String] {
    ["--server-key", certificate(server), "--curve-key", secret(name)]
  }

  func certificate(_ name: String) -> String { "\(folder.path)/\(name).key" }
  func secret(_ name: String) -> String { "\(certificate(name))_secret" }

  /// Makes a pair of keys, and gives the public one.
  @discardableResult
  func make(_ name: String) async throws -> String {
    let result = try await Waybill.run(["keygen", "\(folder.path)/\(name)"])
    try #require(result.exitCode == 0 && result.errors.isEmpty, "\(result)")
    return result.output.trimmingCharacters(in: .newlines)
  }

  func authorize(_ name: String) throws {
    try FileManager.default.copyItem(atPath: certificate(name), toPath: "\(authorized)/\(name).key")
  }

  func revoke(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(authorized)/\(name).key")
  }
}
