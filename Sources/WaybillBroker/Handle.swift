/// Names a request or a worker of the broker: a slot, which is used again and again, and which use of it is meant.
///
/// A name of an earlier use fits nothing any more. That is how an answer that comes too late is told from the right one.
struct Handle: Hashable, Sendable {
  let slot: Int
  let use: UInt32
}

/// Gives out tickets; the slots are as few as there were tickets at once.
struct HandleTable {
  private var uses: [UInt32] = []
  private var isTaken: [Bool] = []
  private var free: [Int] = []
  private let firstUse: UInt32

  /// How many tickets are out.
  private(set) var count = 0
  /// How many slots there are.
  var slots: Int { uses.count }

  /// - Parameter firstUse: The number of a slot's first use. A broker that starts again begins elsewhere, so that an
  ///   answer to the broker before it fits nothing.
  init(firstUse: UInt32) {
    self.firstUse = firstUse
  }

  mutating func take() -> Handle {
    count += 1
    guard let slot = free.popLast() else {
      uses.append(firstUse)
      isTaken.append(true)
      return Handle(slot: uses.count - 1, use: firstUse)
    }
    isTaken[slot] = true
    return Handle(slot: slot, use: uses[slot])
  }

  mutating func giveBack(_ slot: Int) {
    precondition(isTaken[slot], "slot \(slot) is free")
    isTaken[slot] = false
    uses[slot] &+= 1
    free.append(slot)
    count -= 1
  }

  /// Whether the ticket is out: neither given back nor made up.
  func isValid(_ ticket: Handle) -> Bool {
    uses.indices.contains(ticket.slot) && isTaken[ticket.slot] && uses[ticket.slot] == ticket.use
  }

  /// The ticket that is out for a slot.
  func ticket(ofSlot slot: Int) -> Handle? {
    isTaken[slot] ? Handle(slot: slot, use: uses[slot]) : nil
  }
}
