/// Values in slots, each named by a ``Handle``. There are as many slots as there were values at once.
struct HandleTable<Value> {
  private struct Entry {
    var use: UInt32
    var isTaken: Bool
    /// Stays in a free slot until the slot is taken again.
    var value: Value
  }

  private var entries: [Entry] = []
  private var free: [Int] = []
  private let firstUse: UInt32

  /// - Parameter firstUse: The number of a slot's first use. A broker that starts again begins elsewhere, so that an
  ///   answer to the broker before it has no valid handle.
  init(firstUse: UInt32) {
    self.firstUse = firstUse
  }

  /// How many values there are.
  var count: Int { entries.count - free.count }

  /// The value in a slot that is taken.
  subscript(slot: Int) -> Value {
    get {
      precondition(entries[slot].isTaken, "slot \(slot) is free")
      return entries[slot].value
    }
    _modify {
      precondition(entries[slot].isTaken, "slot \(slot) is free")
      yield &entries[slot].value
    }
  }

  /// The value that a handle names; nil when it was removed, or the handle was made up.
  subscript(handle: Handle) -> Value? {
    contains(handle) ? entries[handle.slot].value : nil
  }

  /// Whether a handle names a value that is in the table.
  func contains(_ handle: Handle) -> Bool {
    entries.indices.contains(handle.slot) && entries[handle.slot].isTaken && entries[handle.slot].use == handle.use
  }

  /// The handle of the value in a slot that is taken.
  func handle(ofSlot slot: Int) -> Handle {
    precondition(entries[slot].isTaken, "slot \(slot) is free")
    return Handle(slot: slot, use: entries[slot].use)
  }

  mutating func insert(_ value: Value) -> Handle {
    guard let slot = free.popLast() else {
      entries.append(Entry(use: firstUse, isTaken: true, value: value))
      return Handle(slot: entries.count - 1, use: firstUse)
    }
    entries[slot].isTaken = true
    entries[slot].value = value
    return Handle(slot: slot, use: entries[slot].use)
  }

  mutating func remove(slot: Int) -> Value {
    precondition(entries[slot].isTaken, "slot \(slot) is free")
    entries[slot].isTaken = false
    entries[slot].use &+= 1
    free.append(slot)
    return entries[slot].value
  }
}
