/// Some of a cluster's nodes, each by its number.
///
/// A few are listed. Many are bits, in pieces of 4,096, so that a change copies half a kilobyte among a thousand nodes and
/// among a hundred thousand.
struct NodeSet: Sendable {
  private enum Members {
    case few([UInt32])
    case many([[UInt64]])
  }

  private var members = Members.few([])
  private(set) var count = 0

  /// How many nodes are listed before they become bits.
  private static let maxListed = 512
  private static let pieceBits: UInt32 = 12
  private static let wordsInPiece = 1 << (pieceBits - 6)

  func contains(_ number: UInt32) -> Bool {
    switch members {
    case .few(let numbers):
      let position = numbers.partitioningIndex { $0 >= number }
      return position < numbers.count && numbers[position] == number
    case .many(let pieces):
      let piece = Int(number >> Self.pieceBits)
      guard piece < pieces.count, !pieces[piece].isEmpty else { return false }
      return pieces[piece][Self.word(of: number)] & Self.bit(of: number) != 0
    }
  }

  /// Adds a node that is not in the set.
  mutating func insert(_ number: UInt32) {
    count += 1
    switch members {
    case .few(var numbers):
      // So that the numbers are uniquely held, and are changed in place.
      members = .few([])
      numbers.insert(number, at: numbers.partitioningIndex { $0 >= number })
      members = numbers.count > Self.maxListed ? .many(Self.pieces(of: numbers)) : .few(numbers)
    case .many(var pieces):
      members = .few([])
      Self.insert(number, into: &pieces)
      members = .many(pieces)
    }
  }

  /// Removes a node that is in the set.
  mutating func remove(_ number: UInt32) {
    count -= 1
    switch members {
    case .few(var numbers):
      members = .few([])
      numbers.remove(at: numbers.partitioningIndex { $0 >= number })
      members = .few(numbers)
    case .many(var pieces):
      members = .few([])
      pieces[Int(number >> Self.pieceBits)][Self.word(of: number)] &= ~Self.bit(of: number)
      members = .many(pieces)
      // Well below the number at which they became bits, so that a set at the border does not go to and fro.
      guard count <= Self.maxListed / 2 else { return }
      var numbers: [UInt32] = []
      forEach { numbers.append($0) }
      members = .few(numbers)
    }
  }

  /// Gives the nodes in the order of their numbers.
  func forEach(_ body: (UInt32) -> Void) {
    switch members {
    case .few(let numbers): numbers.forEach(body)
    case .many(let pieces):
      for (piece, words) in pieces.enumerated() {
        for (index, word) in words.enumerated() {
          var rest = word
          while rest != 0 {
            body(UInt32(piece) << Self.pieceBits | UInt32(index << 6 | rest.trailingZeroBitCount))
            rest &= rest - 1
          }
        }
      }
    }
  }

  private static func pieces(of numbers: [UInt32]) -> [[UInt64]] {
    var pieces: [[UInt64]] = []
    for number in numbers { insert(number, into: &pieces) }
    return pieces
  }

  private static func insert(_ number: UInt32, into pieces: inout [[UInt64]]) {
    let piece = Int(number >> pieceBits)
    while pieces.count <= piece { pieces.append([]) }
    if pieces[piece].isEmpty { pieces[piece] = [UInt64](repeating: 0, count: wordsInPiece) }
    pieces[piece][word(of: number)] |= bit(of: number)
  }

  private static func word(of number: UInt32) -> Int { Int(number >> 6) & (wordsInPiece - 1) }
  private static func bit(of number: UInt32) -> UInt64 { 1 << UInt64(number & 63) }
}
