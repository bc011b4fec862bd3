import ArgumentParser
import CurveSecurity
import Foundation

/// Who is asking, and whom.
struct ClientSecurityOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The server's public key, the certificate that has it, or a folder of certificates; several are tried in turn. \
      (default: $WAYBILL_SERVER_KEY; none: no CURVE)
      """, valueName: "key-or-path"))
  var serverKey: [String] = []

  @Option(
    help: ArgumentHelp(
      "The client's own keys, as waybill keygen makes them: NAME.key_secret. (default: $WAYBILL_CURVE_KEY; none: new ones)",
      valueName: "file"))
  var curveKey: String?

  func security() throws(CommandError) -> ClientSecurity {
    try ClientSecurity(
      serverKeys: serverKey.isEmpty ? Self.environment("WAYBILL_SERVER_KEY").map { [$0] } ?? [] : serverKey,
      curveKey: curveKey ?? Self.environment("WAYBILL_CURVE_KEY"))
  }

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension ClientSecurity {
  /// Reads what the command line names.
  ///
  /// - Parameters:
  ///   - serverKeys: Keys, and paths of certificates and of folders of them; none is no CURVE.
  ///   - curveKey: The path of the client's own keys; nil makes a new pair, which no list of keys has.
  /// - Throws: What to tell the user.
  init(serverKeys: [String], curveKey: String?) throws(CommandError) {
    guard !serverKeys.isEmpty else {
      guard curveKey == nil else {
        throw CommandError(message: "--curve-key needs --server-key, the key of who is asked", code: .usage)
      }
      self = .none
      return
    }
    do throws(SecurityError) {
      let keys = if let curveKey { try Certificate.keys(curveKey) } else { try Certificate.newKeys() }
      self = .curve(ServerKeys(serverKeys), keys)
    } catch {
      throw CommandError(error, of: "--curve-key")
    }
    do throws(SecurityError) { _ = try self.serverKeys() } catch { throw CommandError(error, of: "--server-key") }
  }
}
