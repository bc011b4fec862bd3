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

  /// The value in a slot that is taken. It is read and changed in place: a copy of a whole value costs more than the rest
  /// of an event.
  subscript(slot: Int) -> Value {
    @inline(__always) _read {
      precondition(entries[slot].isTaken, "slot \(slot) is free")
      yield entries[slot].value
    }
    @inline(__always) _modify {
      precondition(entries[slot].isTaken, "slot \(slot) is free")
      yield &entries[slot].value
    }
  }

  /// Whether a handle names a value that is in the table: it was not removed, and the handle is not made up.
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

  mutating func remove(slot: Int) {
    precondition(entries[slot].isTaken, "slot \(slot) is free")
    entries[slot].isTaken = false
    entries[slot].use &+= 1
    free.append(slot)
  }
}
