internal import ImageAPI

/// A digest of a set of images: the sum, modulo 2²⁵⁶, of the SHA-256 of each image's encoded bytes. Adding or removing an
/// image costs the hash of that image.
///
/// The order in which images came does not matter, so every worker with the same images has the same digest.
struct StateHash: Sendable {
  private var sum = Digest(words: (0, 0, 0, 0))

  /// The digest as text: 64 hexadecimal digits.
  var etag: String { sum.hex }

  mutating func insert(_ image: Digest) {
    var carry = false
    add(image.words.3, to: &sum.words.3, &carry)
    add(image.words.2, to: &sum.words.2, &carry)
    add(image.words.1, to: &sum.words.1, &carry)
    add(image.words.0, to: &sum.words.0, &carry)
  }

  mutating func remove(_ image: Digest) {
    let (a, b, c, d) = image.words
    insert(Digest(words: (~a, ~b, ~c, ~d)))
    insert(Digest(words: (0, 0, 0, 1)))
  }

  private func add(_ word: UInt64, to total: inout UInt64, _ carry: inout Bool) {
    let (partial, first) = total.addingReportingOverflow(word)
    let (result, second) = partial.addingReportingOverflow(carry ? 1 : 0)
    total = result
    carry = first || second
  }
}
