/// The members of a JSON object that a reader wants, looked up by the bytes of their names.
///
/// The name of a member makes no `String`: most members of a blob are not wanted.
struct JSONFields<Field: RawRepresentable<String> & CaseIterable & Sendable>: Sendable {
  let all: [(name: [UInt8], field: Field)]

  init(_: Field.Type = Field.self) {
    all = Field.allCases.map { (Array($0.rawValue.utf8), $0) }
  }

  /// The place of the member called `name` among the wanted ones.
  func index(of name: ArraySlice<UInt8>) -> Int? {
    all.firstIndex { $0.name.count == name.count && $0.name.elementsEqual(name) }
  }
}
