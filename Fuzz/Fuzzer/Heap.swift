internal import CLibFuzzer
internal import Synchronization

/// How much memory the inputs hold on to: what was allocated while one was run, less what was freed.
///
/// The resident memory says little under the address sanitizer, which sets freed memory aside.
enum Heap {
  /// A message may not take more above what the program rests at, in bytes; nor a file of a store.
  private static var allowance: Int { Fuzzer.isOfTheWire ? 16 << 20 : 64 << 20 }

  private static let isCounting = Atomic(false)
  private static let growth = Atomic(0)

  static func install() {
    _ = __sanitizer_install_malloc_and_free_hooks(
      { _, size in Heap.add(size) },
      { memory in Heap.add(-__sanitizer_get_allocated_size(memory)) })
  }

  static func counting(_ body: () -> Void) {
    isCounting.store(true, ordering: .relaxed)
    body()
    isCounting.store(false, ordering: .relaxed)
  }

  private static func add(_ bytes: Int) {
    guard isCounting.load(ordering: .relaxed) else { return }
    let total = growth.add(bytes, ordering: .relaxed).newValue
    guard total > allowance else { return }
    // What is said of it allocates too.
    isCounting.store(false, ordering: .relaxed)
    stop("\(total) bytes of the heap are taken above what it rests at; at most \(allowance) are allowed")
  }
}
