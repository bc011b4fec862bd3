/// Small numbers in an order: each at most once, put at the end and taken out anywhere at the same small cost.
///
/// The queues of the broker, whose requests and workers leave from the middle as often as from the front.
struct IndexList {
  private(set) var first: Int?
  private(set) var count = 0
  private var last: Int?
  private var links: [Link] = []

  private struct Link {
    var previous: Int?
    var next: Int?
    var isIn = false
  }

  func contains(_ slot: Int) -> Bool { slot < links.count && links[slot].isIn }

  /// The number behind one that is in the chain.
  func next(after slot: Int) -> Int? { links[slot].next }

  mutating func append(_ slot: Int) {
    makeRoom(for: slot)
    links[slot] = Link(previous: last, next: nil, isIn: true)
    if let last { links[last].next = slot } else { first = slot }
    last = slot
    count += 1
  }

  /// Takes a number out if it is in.
  mutating func remove(_ slot: Int) {
    guard contains(slot) else { return }
    let link = links[slot]
    if let previous = link.previous { links[previous].next = link.next } else { first = link.next }
    if let next = link.next { links[next].previous = link.previous } else { last = link.previous }
    links[slot] = Link()
    count -= 1
  }

  private mutating func makeRoom(for slot: Int) {
    precondition(!contains(slot), "\(slot) is in the chain already")
    while links.count <= slot { links.append(Link()) }
  }
}
