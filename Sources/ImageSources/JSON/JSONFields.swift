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

  private let all: [(name: [UInt8], lowercase: [UInt8], field: Field)]
  private let spelling: Spelling

  init(_ spelling: Spelling = .anyCase) {
    all = Field.allCases.map { (Array($0.rawValue.utf8), Array($0.rawValue.lowercased().utf8), $0) }
    self.spelling = spelling
  }

  subscript(index: Int) -> Field { all[index].field }

  /// The name of a wanted member, as this reader writes it.
  func name(_ index: Int) -> [UInt8] { all[index].name }

  /// The place of the member called `name` among the wanted ones.
  func index(of name: ArraySlice<UInt8>) -> Int? {
    switch spelling {
    case .anyCase: all.firstIndex { Self.isSame(name, $0.lowercase) }
    case .exact: all.firstIndex { $0.name.elementsEqual(name) }
    }
  }

  /// Whether a name is `lowercase` but for the case of its letters, by Unicode's simple folding, as in Go.
  private static func isSame(_ name: ArraySlice<UInt8>, _ lowercase: [UInt8]) -> Bool {
    var rest = name
    for expected in lowercase {
      guard let byte = rest.popFirst() else { return false }
      let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= expected
      if byte == expected || isLetter && byte | 0x20 == expected { continue }
      // Two characters beyond ASCII are letters of it: the long s, and the sign of the kelvin.
      switch expected {
      case UInt8(ascii: "s") where byte == 0xc5 && rest.first == 0xbf: rest.removeFirst()
      case UInt8(ascii: "k") where byte == 0xe2 && rest.starts(with: [0x84, 0xaa]): rest.removeFirst(2)
      default: return false
      }
    }
    return rest.isEmpty
  }
}
