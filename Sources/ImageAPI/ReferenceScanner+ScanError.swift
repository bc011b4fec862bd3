internal import Diagnostics

extension ReferenceScanner.ScanError {
  /// What is wrong with `text`, in words.
  func reason(in text: Span<UInt8>) -> String {
    func shown(_ range: Range<Int>) -> String { quoted(text.string(in: range)) }
    return switch self {
    case .empty: "it is empty"
    case .id: "64 hexadecimal digits are an image's id"
    case .emptyComponent: "its repository has an empty component"
    case .port(let range): "\(shown(range)) is not a port"
    case .host(let range): "\(shown(range)) is not a registry's host"
    case .pathLength(let length): "its repository has \(length) characters, more than 255"
    case .component(let range):
      "\(shown(range)) is not a repository's name: lower-case letters and digits, joined by '.', '_', '__' or '-'"
    case .tag(let range): "\(shown(range)) is not a tag: a letter, digit or '_', then at most 127 of these, '.' and '-'"
    case .digest(let range): "\(shown(range)) is not a digest: sha256: and 64 lower-case hexadecimal digits"
    }
  }
}
