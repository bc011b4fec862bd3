import Diagnostics
import Foundation
import Yams

/// A file of settings: a YAML mapping of keys, which are the names of options, to values.
struct SettingsFile {
  /// A value, and the line that it is in, from 1 on.
  struct Entry {
    let values: [String]
    let line: Int
  }

  /// By key.
  let entries: [String: Entry]

  private static let maxBytes = 1 << 20

  /// - Throws: ``CommandError``, which names the file, and the key.
  init(_ path: String, _ settings: [ServiceSetting]) throws(CommandError) {
    func wrong(_ what: String) -> CommandError {
      CommandError(message: "--config \(path): \(what)".escaped, code: .badData)
    }
    let root: Node?
    let text = try Self.read(path)
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw wrong("it is no YAML: \(String(describing: error).split(separator: "\n").joined(separator: " "))")
    }
    var entries: [String: Entry] = [:]
    // A file with nothing but comments.
    guard let root else {
      self.entries = entries
      return
    }
    guard case .mapping(let mapping) = root else { throw wrong("it is no mapping of keys to values") }
    for (name, value) in mapping {
      guard let key = name.scalar?.string else { throw wrong("a key is not text") }
      let line = name.mark?.line ?? 1
      guard let setting = settings.first(where: { $0.key == key }) else {
        throw wrong("line \(line): there is no key \(quoted(key))\(Self.nearest(key, settings))")
      }
      guard entries[key] == nil else { throw wrong("line \(line): \(key) is there twice") }
      guard let values = Self.values(of: value, for: setting) else {
        throw wrong("line \(line): \(key) is \(setting.expectation)")
      }
      entries[key] = Entry(values: values, line: line)
    }
    self.entries = entries
  }

  private static func read(_ path: String) throws(CommandError) -> String {
    func refused(_ reason: String, _ code: CommandError.Code) -> CommandError {
      CommandError(message: "--config \(path): \(reason)".escaped, code: code)
    }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw refused(reason, errno == EACCES ? .noPermission : .noInput)
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw refused("it is no file", .noInput)
    }
    guard status.st_size <= maxBytes else { throw refused("it has more than \(maxBytes) bytes", .badData) }
    guard let data = try? file.read(upToCount: maxBytes) ?? Data() else { throw refused("it cannot be read", .noInput) }
    guard let text = String(validating: data, as: UTF8.self) else { throw refused("it is not UTF-8", .badData) }
    return text
  }

  private static func values(of node: Node, for setting: ServiceSetting) -> [String]? {
    switch setting.kind {
    case .flag: node.bool.map { ["\($0)"] }
    case .value: node.scalar.flatMap { $0.string.isEmpty ? nil : [$0.string] }
    case .list:
      node.sequence.map { $0.compactMap { $0.scalar?.string } }.flatMap { $0.count == node.sequence?.count ? $0 : nil }
        ?? node.scalar.map { [$0.string] }
    }
  }

  /// The key that was meant, for all that one can tell.
  private static func nearest(_ key: String, _ settings: [ServiceSetting]) -> String {
    let distances = settings.map { (key: $0.key, distance: distance(from: key.lowercased(), to: $0.key)) }
    guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= max(2, best.key.count / 3)
    else {
      return ": the keys are \(settings.map(\.key).joined(separator: ", "))"
    }
    return "; did you mean \(best.key)?"
  }

  /// How many letters are to be changed, added or removed; by Levenshtein.
  private static func distance(from one: String, to other: String) -> Int {
    let other = Array(other.unicodeScalars)
    var row = Array(0...other.count)
    for (index, letter) in one.unicodeScalars.prefix(64).enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in other.indices {
        let changed = diagonal + (other[column] == letter ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
      }
    }
    return row[other.count]
  }
}

extension ServiceSetting {
  /// What a value in a file has to be.
  fileprivate var expectation: String {
    switch kind {
    case .flag: "true or false"
    case .value: "one value"
    case .list: "a list of values"
    }
  }
}
