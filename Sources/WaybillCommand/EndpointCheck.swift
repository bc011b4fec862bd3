import ArgumentParser
import Connections
import Foundation

/// Finds out what is wrong with an endpoint before a service starts.
enum EndpointCheck {
  /// Checks an endpoint to connect to, from an option or a variable.
  static func check(_ text: String, from name: String) throws(CommandError) {
    do throws(EndpointError) {
      _ = try Endpoint(connectingTo: text)
    } catch {
      throw CommandError(error, from: name)
    }
  }

  /// Checks an endpoint to listen at, from an option.
  static func check(listening text: String, from option: String) throws(CommandError) -> Endpoint {
    do throws(EndpointError) {
      return try Endpoint(listeningAt: text)
    } catch {
      throw CommandError(error, from: option)
    }
  }

  /// Refuses an endpoint that a network reaches: everybody there could read from it and fill it up.
  static func checkIsLocal(_ endpoint: Endpoint, of setting: String) throws(CommandError) {
    guard !endpoint.isLocal else { return }
    var danger = "it is open to a network"
    do throws(EndpointError) {
      _ = try endpoint.addressesToListen()
    } catch {
      danger += " for all that is known, as \(error.reason)"
    }
    throw CommandError(
      message: "cannot bind \(endpoint): \(danger): say --curve-key and --authorized-keys, or --insecure", code: .usage,
      setting: setting)
  }

  /// Checks that no endpoint is to be bound twice.
  static func checkAreDifferent(_ endpoints: [String]) throws {
    var seen: Set<String> = []
    for endpoint in endpoints where !seen.insert(endpoint).inserted && !endpoint.contains("*") {
      throw ValidationError("The endpoint \(endpoint) is given twice.")
    }
  }

  /// Checks that an endpoint, from an option, can be bound.
  ///
  /// libzmq deletes the file at the path of an ipc endpoint when it binds it, even a document or the socket of another
  /// worker. This refuses both.
  static func checkForBinding(_ text: String, from option: String) throws(CommandError) {
    let endpoint = try check(listening: text, from: option)
    var status = stat()
    // `@` begins an abstract name, which is no file. For `*` libzmq makes a folder of its own.
    guard case .ipc(let path) = endpoint.place, !path.hasPrefix("@"), path != "*", lstat(path, &status) == 0 else {
      return
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw CommandError(
        message: "cannot bind \(endpoint): what is there is no socket: remove it, or choose another path",
        code: .cannotCreate)
    }
    guard UnixSocket.connectError(at: path) != 0 else {
      throw CommandError(
        message: "cannot bind \(endpoint): another process listens there; choose another path", code: .system)
    }
  }
}
