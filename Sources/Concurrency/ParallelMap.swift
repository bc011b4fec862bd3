internal import Foundation
internal import Synchronization

/// Transforms each element on many threads, and returns the results in the order of the elements.
///
/// There are as many threads as cores, and not fewer than keep a disk busy: sixteen on two cores read a cold store of many
/// small files in 0.6 of the time of two. They are plain ones, since a slow disk blocks them, and have the priority of the
/// thread that calls. When the system has no thread left, fewer do the work.
package func parallelMap<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ transform: @escaping @Sendable (Element) -> Result
) -> [Result] {
  let chunk = 128
  let chunks = (elements.count + chunk - 1) / chunk
  let threads = min(chunks, max(ProcessInfo.processInfo.activeProcessorCount, 16))
  guard threads > 1 else { return elements.map(transform) }
  let work = ParallelWork<Result>(chunks: chunks)
  let body: @Sendable () -> Void = {
    while let number = work.next() {
      work.finish(number, with: elements[number * chunk..<min((number + 1) * chunk, elements.count)].map(transform))
    }
  }
  let others = (1..<threads).compactMap { _ in NamedThread("waybill-read", body) }
  body()
  for other in others { other.join() }
  return work.results
}

/// Deals out the chunks of a parallel map and keeps what came of each.
private final class ParallelWork<Result: Sendable>: Sendable {
  private let chunks: Int
  private let dealt = Atomic(0)
  private let finished: Lock<[[Result]]>

  init(chunks: Int) {
    self.chunks = chunks
    finished = Lock(Array(repeating: [], count: chunks))
  }

  func next() -> Int? {
    let number = dealt.wrappingAdd(1, ordering: .relaxed).oldValue
    return number < chunks ? number : nil
  }

  func finish(_ number: Int, with results: [Result]) {
    finished.withLock { $0[number] = results }
  }

  var results: [Result] { finished.withLock { $0.flatMap { $0 } } }
}
