internal import Diagnostics
internal import FileReading

/// Why a source as a whole cannot be opened or read.
package struct SourceError: Error, Sendable, Hashable {
  /// The kind of the error, for a program to tell errors apart.
  package struct Code: Sendable, Hashable {
    private enum Value: Hashable {
      case badLocation, missing, denied, wrongKind, unsupportedVersion, broken, unreadable
    }

    private let value: Value

    /// The words on the command line name no source.
    package static let badLocation = Code(value: .badLocation)
    /// There is nothing at the path.
    package static let missing = Code(value: .missing)
    /// This user may not read it.
    package static let denied = Code(value: .denied)
    /// What is at the path is no store of this kind.
    package static let wrongKind = Code(value: .wrongKind)
    /// A store of this kind, but of a version that is not known.
    package static let unsupportedVersion = Code(value: .unsupportedVersion)
    /// A file that lists the store's contents cannot be made sense of; perhaps it is only half-written.
    package static let broken = Code(value: .broken)
    /// The operating system cannot read it.
    package static let unreadable = Code(value: .unreadable)
  }

  /// The kind of the error.
  package let code: Code
  /// One sentence: what was wrong, with which path or value, and what to do.
  package let message: String

  /// An error of the kind `code`. What could disturb a log or a terminal in the message is escaped.
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message.escaped
  }

  /// The error for a file or folder that the source cannot do without.
  init(_ path: String, _ cause: FileError, remedy: String) {
    let remedy = Self.code(of: cause) == .denied ? "permit that, or run waybill as another user" : remedy
    self.init(Self.code(of: cause), "\(path) \(cause.reason): \(remedy)")
  }

  /// The error for a file in the folder `path` that the source cannot do without.
  init(in path: String, _ error: ReadingError, remedy: String) {
    self.init(error, "\(path)/\(error.file): \(error.reason); \(remedy)")
  }

  /// The error for a file that the source cannot do without.
  init(_ error: ReadingError, _ message: String) {
    self.init(error.cause.map(Self.code) ?? .broken, message)
  }

  /// A runtime is asked over gRPC, by who can.
  static func noStore(_ location: ImageSourceLocation) -> SourceError {
    SourceError(
      .badLocation,
      "\(location): this waybill was built without gRPC: use one with the package trait GRPC, as make build makes")
  }

  /// Whether a source may be opened in spite of the error, as it may pass: reading tells whether it has.
  var mayPass: Bool { code == .unreadable }

  private static func code(of cause: FileError) -> Code {
    switch cause {
    case .missing: .missing
    case .denied: .denied
    case .symbolicLink, .notAFolder, .notAFile: .wrongKind
    case .tooLarge, .tooMany, .changing: .broken
    case .failed: .unreadable
    }
  }
}

extension SourceError: CustomStringConvertible {
  /// The message.
  package var description: String { message }
}
