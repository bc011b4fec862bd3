import ArgumentParser

#if GRPC
  import Cluster
  import Diagnostics
  import FileReading
#endif

/// How to ask etcd.
struct EtcdOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Ask etcd by TLS, and trust members whose certificates these authorities signed: a PEM file, or system.",
      valueName: "file"))
  var etcdCa: String?

  @Option(help: ArgumentHelp("The certificate to show to etcd, with --etcd-key.", valueName: "file"))
  var etcdCert: String?

  @Option(help: ArgumentHelp("The certificate's key.", valueName: "file"))
  var etcdKey: String?

  @Option(help: ArgumentHelp("The user of etcd, with --etcd-password-file.", valueName: "name"))
  var etcdUser: String?

  @Option(help: ArgumentHelp("The file that has the user's password.", valueName: "file"))
  var etcdPasswordFile: String?

  func validate() throws {
    guard (etcdCert == nil) == (etcdKey == nil) else {
      throw ValidationError("--etcd-cert and --etcd-key go together.")
    }
    guard etcdCert == nil || etcdCa != nil else {
      throw ValidationError("--etcd-cert needs --etcd-ca: the authorities of etcd's own certificates, or system.")
    }
    guard (etcdUser == nil) == (etcdPasswordFile == nil) else {
      throw ValidationError("--etcd-user and --etcd-password-file go together.")
    }
  }

  /// The first option that is given, if one is.
  var firstGiven: String? {
    [
      ("--etcd-ca", etcdCa), ("--etcd-cert", etcdCert), ("--etcd-key", etcdKey), ("--etcd-user", etcdUser),
      ("--etcd-password-file", etcdPasswordFile),
    ].first { $0.1 != nil }?.0
  }

  #if GRPC
    func access() throws(CommandError) -> EtcdAccess {
      var access = EtcdAccess()
      if let etcdCa {
        let authorities = etcdCa == "system" ? nil : etcdCa
        for (option, file) in [("--etcd-ca", authorities), ("--etcd-cert", etcdCert), ("--etcd-key", etcdKey)] {
          guard let file else { continue }
          guard try Self.contents(of: file, option).contains("-----BEGIN ") else {
            throw CommandError(message: "\(option): \(file.escaped) is no file in PEM", code: .badData)
          }
        }
        access.tls = EtcdAccess.TLS(authorities: authorities, certificate: etcdCert, key: etcdKey)
      }
      if let etcdUser, let etcdPasswordFile {
        let text = try Self.contents(of: etcdPasswordFile, "--etcd-password-file")
        let password = text.prefix { !$0.isNewline }
        guard !password.isEmpty else {
          throw CommandError(
            message: "--etcd-password-file: \(etcdPasswordFile.escaped) has no password", code: .badData)
        }
        access.credentials = EtcdAccess.Credentials(user: etcdUser, password: String(password))
      }
      return access
    }

    /// A bundle of all that a system trusts has a few hundred kilobytes.
    private static let maxBytes = 4 << 20

    private static func contents(of file: String, _ option: String) throws(CommandError) -> String {
      do throws(FileError) {
        return String(decoding: try OpenFile(path: file).contents(limit: maxBytes), as: UTF8.self)
      } catch {
        let code: CommandError.Code =
          switch error {
          case .missing, .notAFolder: .noInput
          case .denied: .noPermission
          case .changing, .failed: .system
          default: .badData
          }
        throw CommandError(message: "\(option): \(file) \(error.reason)".escaped, code: code)
      }
    }
  #endif
}
