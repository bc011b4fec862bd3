/// Names an entry of a ``HandleTable``: a slot, which is used again and again, and which use of it is meant.
///
/// A handle of an earlier use is valid no more. That is how an answer that comes too late is told from the right one.
struct Handle: Hashable, Sendable {
  let slot: Int
  let use: UInt32
}
