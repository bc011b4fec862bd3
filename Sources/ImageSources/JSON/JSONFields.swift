internal import ImageAPI

/// The members of a JSON object that a reader wants, looked up by the bytes of their names.
///
/// The name of a member makes no `String`: most members of a blob are not wanted.
struct JSONFields<Field: RawRepresentable<String> & CaseIterable & Sendable>: Sendable {
  /// How the name of a member must be written.
  enum Spelling {
    /// As Go reads the fields of a struct, which is how all runtimes read what stores hold: upper and lower case are one.
    case anyCase
    /// As Go reads the keys of a map, such as annotations.
    case exact
  }

  private let all: [Field]
  private let spelling: Spelling
  /// The names as they are compared, one after the other: a look at one of many arrays would count references.
  private let names: [UInt8]
  private let ranges: [Range<Int>]

  init(_ spelling: Spelling = .anyCase) {
    all = Array(Field.allCases)
    self.spelling = spelling
    var names: [UInt8] = []
    ranges = all.map { field in
      let start = names.count
      names += (spelling == .exact ? field.rawValue : field.rawValue.lowercased()).utf8
      return start..<names.count
    }
    self.names = names
  }

  subscript(index: Int) -> Field { all[index] }

  /// The name of a wanted member, as this reader writes it.
  func name(_ index: Int) -> String { all[index].rawValue }

  /// The place of the member called `name` among the wanted ones.
  func index(of name: Span<UInt8>) -> Int? {
    let names = names.span
    for index in ranges.indices {
      let wanted = names.extracting(ranges[index])
      if spelling == .exact ? name.hasSameBytes(as: wanted) : Self.isSame(name, wanted) { return index }
    }
    return nil
  }

  /// Whether a name is `lowercase` but for the case of its letters, by Unicode's simple folding, as in Go.
  private static func isSame(_ name: Span<UInt8>, _ lowercase: Span<UInt8>) -> Bool {
    var rest = 0
    for index in lowercase.indices {
      guard rest < name.count else { return false }
      let (byte, expected) = (name[rest], lowercase[index])
      rest += 1
      let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= expected
      if byte == expected || isLetter && byte | 0x20 == expected { continue }
      // Two characters beyond ASCII are letters of it: the long s, and the sign of the kelvin.
      switch expected {
      case UInt8(ascii: "s") where byte == 0xc5 && rest < name.count && name[rest] == 0xbf: rest += 1
      case UInt8(ascii: "k")
      where byte == 0xe2 && rest + 1 < name.count && name[rest] == 0x84 && name[rest + 1] == 0xaa:
        rest += 2
      default: return false
      }
    }
    return rest == name.count
  }
}
