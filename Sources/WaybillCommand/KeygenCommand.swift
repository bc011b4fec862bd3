import ArgumentParser
import CurveSecurity

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Make a pair of CURVE keys.",
    discussion: """
      Writes NAME.key, the public certificate to hand out, and NAME.key_secret, with both keys and the mode 0600, as other \
      ZeroMQ programs read them. Prints the public key.

      \(CommandError.Code.table([.usage, .noInput, .cannotCreate, .inputOutput, .noPermission]))

      Examples:
        waybill keygen server
        waybill keygen keys/alice
      """)

  @Argument(help: "A path, with or without its .key.")
  var name = "waybill"

  @Flag(help: "Replace files that are there.")
  var force = false

  func validate() throws {
    guard !name.isEmpty else { throw ValidationError("NAME is empty. It is a path, such as clients/alice.") }
    guard !name.hasSuffix("/") else {
      throw ValidationError("A name ends with no slash, as in clients/alice.")
    }
    guard !name.hasSuffix(".key_secret") else {
      throw ValidationError("A name is \(name.dropLast("_secret".count)) or without its .key: both files are made.")
    }
  }

  func run() throws {
    let publicKey: String
    do throws(SecurityError) {
      publicKey = try Certificate.generate(named: name, replaces: force)
    } catch {
      throw CommandError(error)
    }
    try StandardOutput.write("\(publicKey)\n")
  }
}
