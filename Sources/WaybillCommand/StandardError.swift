import Foundation

/// Where a command says what is wrong. That nobody reads it any more is no reason to end.
enum StandardError {
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Writes a line of the command's own.
  static func say(_ message: String) {
    write("waybill: \(message)\n")
  }
}
