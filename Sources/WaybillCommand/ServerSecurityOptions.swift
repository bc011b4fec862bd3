import ArgumentParser
import CurveSecurity
import ZeroMQ

/// Who may connect.
struct ServerSecurityOptions: ParsableArguments {
  @Option(help: ArgumentHelp("This end's own keys, as waybill keygen makes them: NAME.key_secret.", valueName: "file"))
  var curveKey: String?

  @Option(
    help: ArgumentHelp(
      "The clients that may connect: a folder of their certificates, NAME.key, which may change; or any.",
      valueName: "folder"))
  var authorizedKeys: String?

  @Flag(help: "Let everybody who can reach an endpoint connect to it, and read along.")
  var insecure = false

  func validate() throws {
    guard authorizedKeys == nil || curveKey != nil else {
      throw ValidationError("--authorized-keys needs --curve-key, the server's own keys.")
    }
    guard !insecure || curveKey == nil else { throw ValidationError("It is either --curve-key or --insecure.") }
  }

  /// Refuses what is no endpoint, and one that a network reaches where nobody is asked for a key.
  func check(binding endpoints: [String], of setting: String) throws(CommandError) {
    for text in endpoints {
      let endpoint = try EndpointCheck.check(listening: text, from: "--\(setting)")
      if curveKey == nil, !insecure { try EndpointCheck.checkIsLocal(endpoint, of: setting) }
    }
  }

  /// What to ask of those who come to `endpoints`.
  func security(binding endpoints: [String]) throws(CommandError) -> ServerSecurity {
    try security(binding: endpoints, letting: authorizedKeys, of: "--authorized-keys")
  }

  /// What to ask of those who come to `endpoints`, by a list of keys that an option of its own names.
  func security(
    binding endpoints: [String], letting authorizedKeys: String?, of option: String
  ) throws(CommandError) -> ServerSecurity {
    guard let keys = try keys() else { return .none }
    guard let authorizedKeys else {
      guard endpoints.isEmpty else {
        throw CommandError(
          message: "--curve-key needs --authorized-keys, the folder of the clients' certificates, or any", code: .usage)
      }
      return .none
    }
    let security = ServerSecurity.curve(
      keys, clients: authorizedKeys == "any" ? .any : .folder(authorizedKeys))
    do throws(SecurityError) {
      try security.check()
    } catch {
      throw CommandError(error, of: option)
    }
    return security
  }

  /// This end's own keys; nil without CURVE.
  func keys() throws(CommandError) -> CurveKeyPair? {
    do throws(SecurityError) {
      guard let curveKey else { return nil }
      return try Certificate.keys(curveKey)
    } catch {
      throw CommandError(error, of: "--curve-key")
    }
  }
}
