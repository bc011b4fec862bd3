import Foundation
import Testing

/// How keys are made, and what is said of those that are none.
@Suite(.fewAtOnce) struct KeyTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  @Test(arguments: ["alice", "alice.key"])
  func aPair(_ name: String) async throws {
    let folder = try TemporaryFolder()
    // Whatever the umask, a secret is a secret.
    let command = "umask 0; exec \(try Waybill.path()) keygen \(folder.path)/\(name)"
    let made = try await Tool.finish(["sh", "-c", command])
    #expect(made.exitCode == 0 && made.errors.isEmpty, "\(made)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["alice.key", "alice.key_secret"])
    #expect(try mode("\(folder.path)/alice.key_secret") == 0o600 && mode("\(folder.path)/alice.key") == 0o644)

    let load = "import sys, zmq.auth; print(*(zmq.auth.load_certificate(path) for path in sys.argv[1:]))"
    let paths = names.map { "\(folder.path)/\($0)" }
    let read = try await Tool.finish([Python.interpreter(), "-c", load] + paths)
    let key = made.output.trimmingCharacters(in: .newlines)
    #expect(read.output.hasPrefix("(b'\(key)', None) (b'\(key)', b'"), "\(read)")
  }

  @Test(arguments: ["alice.key", "alice.key_secret"])
  func nothingIsOverwrittenUnlessToldTo(_ name: String) async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/\(name)"
    try Data("precious".utf8).write(to: URL(filePath: path))
    let refused = try await Waybill.run(["keygen", "\(folder.path)/alice"])
    #expect(refused.exitCode == 73 && refused.output.isEmpty && refused.complaints.count == 1, "\(refused)")
    #expect(refused.errors.hasPrefix("waybill: \(path) is there"), "\(refused.errors)")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [name])
    let forced = try await Waybill.run(["keygen", "--force", "\(folder.path)/alice"])
    #expect(forced.exitCode == 0, "\(forced)")
    #expect(try mode("\(folder.path)/alice.key_secret") == 0o600)
  }

  @Test func aFolderThatIsNotThereOrMayNotBeWritten() async throws {
    let missing = try await Waybill.run(["keygen", "/no/such/folder/alice"])
    #expect(missing.exitCode == 66 && missing.complaints.count == 1, "\(missing)")
    let folder = try TemporaryFolder()
    #expect(chmod(folder.path, 0o500) == 0)
    // Root may write everywhere, until it lays that privilege down.
    let unprivileged =
      geteuid() == 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"] : []
    let denied = try await Tool.finish(unprivileged + [Waybill.path(), "keygen", "\(folder.path)/alice"])
    #expect(denied.exitCode == 77 && denied.errors.contains("\(folder.path)/alice.key_secret"), "\(denied)")
  }

  /// Whoever names the public certificate is told so, and not to hide it.
  @Test func aPublicCertificateIsNoSecret() async throws {
    let keys = try await Keys()
    let certificate = keys.certificate("server")
    let result = try await Waybill.run(["images", "--server-key", certificate, "--curve-key", certificate])
    #expect(result.exitCode == 65 && result.errors.contains("the file with both is \(certificate)_secret"), "\(result)")
  }

  @Test func aDiskThatIsFull() async throws {
    let folder = try TemporaryFolder()
    // No byte of a file may be written, as on a disk that is full.
    let command = "trap '' XFSZ; ulimit -f 0; exec \(try Waybill.path()) keygen \(folder.path)/alice"
    let full = try await Tool.finish(["sh", "-c", command])
    #expect(full.exitCode == 74 && full.complaints.count == 1, "\(full)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test func aSecretThatOthersMayRead() async throws {
    let keys = try await Keys()
    #expect(chmod(keys.secret("server"), 0o640) == 0)
    for command in [["worker", sample] + keys.server, ["images"] + keys.client("server")] {
      let result = try await Waybill.run(command)
      #expect(result.exitCode == 77 && result.complaints.count == 1, "\(result)")
      #expect(result.errors.contains("mode 0640: say chmod 600 \(keys.secret("server"))"), "\(result.errors)")
    }
  }

  @Test(
    arguments: [
      (["--curve-key", "SERVER_SECRET"], CInt(64), "--authorized-keys"),
      (["--authorized-keys", "any"], 64, "--curve-key"),
      (["--curve-key", "SERVER_SECRET", "--authorized-keys", "any", "--insecure"], 64, "--insecure"),
      (["--server-key", "SERVER"], 64, "--connect"),
      (["--connect", "tcp://127.0.0.1:1", "--curve-key", "SERVER_SECRET"], 64, "--server-key"),
      (["--curve-key", "/no/such/key", "--authorized-keys", "any"], 66, "--curve-key: /no/such/key"),
      (["--curve-key", "SERVER", "--authorized-keys", "any"], 65, "server.key_secret"),
      (
        ["--curve-key", "SERVER_SECRET", "--authorized-keys", "/no/such/folder"], 66,
        "--authorized-keys: /no/such/folder"
      ),
      (["--curve-key", "SERVER_SECRET", "--authorized-keys", "SERVER"], 66, "server.key"),
      (["--connect", "tcp://127.0.0.1:1", "--server-key", "nonsense"], 66, "nonsense"),
    ] as [([String], CInt, String)])
  func aWorkerThatIsToldNonsense(_ options: [String], _ code: CInt, _ value: String) async throws {
    let keys = try await Keys()
    #expect(chmod(keys.certificate("server"), 0o600) == 0)
    let words = ["SERVER": keys.certificate("server"), "SERVER_SECRET": keys.secret("server")]
    let result = try await Waybill.run(["worker", sample] + options.map { words[$0] ?? $0 })
    #expect(result.exitCode == code && result.errors.contains(value), "\(result)")
  }

  @Test(
    arguments: [
      (["--server-key", "nonsense"], CInt(66), "--server-key: nonsense"),
      (["--curve-key", "SERVER_SECRET"], 64, "--server-key"),
      (["--server-key", "SAMPLE"], 65, "index.json"),
    ] as [([String], CInt, String)])
  func aClientThatIsToldNonsense(_ options: [String], _ code: CInt, _ value: String) async throws {
    let keys = try await Keys()
    let words = ["SAMPLE": "\(Repository.sampleLayout)/index.json", "SERVER_SECRET": keys.secret("server")]
    let result = try await Waybill.run(["images"] + options.map { words[$0] ?? $0 })
    #expect(result.exitCode == code && result.errors.contains(value), "\(result)")
  }
}
