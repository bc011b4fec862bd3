/// 64 hexadecimal digits that begin with those given.
package func hex(_ beginning: String) -> String {
  beginning + String(repeating: "0", count: 64 - beginning.utf8.count)
}

/// A digest as text, whose digits begin with those given.
package func digestText(_ beginning: String) -> String { "sha256:" + hex(beginning) }
