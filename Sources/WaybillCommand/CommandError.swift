import ArgumentParser
import Connections
import CurveSecurity
import Foundation
import ImageAPI
import ImageSources
import WaybillClient
import ZeroMQ

/// Why a command ends: one line on standard error, and an exit code of sysexits(3) that a script can tell apart.
struct CommandError: Error {
  let message: String
  let code: Code
  /// The key of the setting that it is about, where the message does not name it.
  var setting: String?

  enum Code: Int32, CaseIterable {
    case usage = 64
    case badData = 65
    case noInput = 66
    case unavailable = 69
    case software = 70
    case system = 71
    case cannotCreate = 73
    case inputOutput = 74
    case noPermission = 77

    /// The code for the error that a worker or a broker answered.
    init(of code: StatusCode) {
      self =
        switch code {
        case .invalidArgument, .unimplemented: .usage
        case .unavailable, .deadlineExceeded, .resourceExhausted, .failedPrecondition: .unavailable
        case .notFound: .noInput
        case .permissionDenied: .noPermission
        case .internal: .software
        }
    }
  }

  func report() {
    StandardError.say(message)
  }

  func exit() -> Never {
    report()
    Foundation.exit(code.rawValue)
  }
}

extension CommandError {
  /// The error for an endpoint from an option or a variable.
  init(_ error: EndpointError, from name: String) {
    self.init(message: "\(name) \(error)", code: error.mayPass ? .unavailable : .usage)
  }

  init(_ error: ListeningError) {
    message = error.description
    code =
      switch error.code {
      case ENOENT, ENOTDIR: .noInput
      case EACCES, EPERM, EROFS: .noPermission
      case EEXIST: .cannotCreate
      case ENAMETOOLONG: .usage
      default: .system
      }
  }

  /// What is wrong with a source, which a setting, if there is one, names.
  init(_ error: SourceError, of setting: String? = nil) {
    message = error.message
    self.setting = setting
    code =
      switch error.code {
      case .badLocation: .usage
      case .missing: .noInput
      case .denied: .noPermission
      default: .badData
      }
  }

  /// What is wrong with the keys that an option, if there is one, names.
  init(_ error: SecurityError, of option: String? = nil) {
    message = option.map { "\($0): \(error)" } ?? error.description
    code =
      switch error.code {
      case .missing: .noInput
      case .denied: .noPermission
      case .invalid: .badData
      case .exists: .cannotCreate
      case .unwritable: .inputOutput
      case .system: .system
      }
  }

  init(_ error: ClientError) {
    message = error.message
    code =
      switch error.code {
      case .badEndpoint: .usage
      case .badKey: .noInput
      case .noAnswer, .cancelled: .unavailable
      case .denied, .keyRefused, .handshakeFailed: .noPermission
      case .socket: .system
      default: error.reply.map { Code(of: $0.code) } ?? .software
      }
  }

  /// A socket that the system refuses.
  init(_ error: ZeroMQError) {
    let remedy: String
    switch error.code {
    case .addressInUse:
      remedy = ": another process has it; choose another port"
      code = .system
    case .addressNotAvailable, .noDevice:
      remedy = ": no interface of this machine has that address"
      code = .usage
    case .notFound:
      remedy = ": the folder of an ipc endpoint must exist"
      code = .noInput
    case .permissionDenied:
      remedy =
        error.operation.contains("ipc://") ? ": use a folder that you may write to" : ": use a port from 1024 on"
      code = .noPermission
    case .invalidArgument, .protocolNotSupported:
      remedy = ""
      code = .usage
    case .hostUnreachable:
      remedy = ""
      code = .usage
    default:
      remedy = ""
      code = .system
    }
    message = error.description + remedy
  }
}
