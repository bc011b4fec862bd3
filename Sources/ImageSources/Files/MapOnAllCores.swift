internal import Dispatch
internal import Synchronization

/// Reads many files on all the cores: what `transform` makes of each element, in the order of the elements.
///
/// Plain threads do it, since a slow disk blocks them, which Swift's own pool has none to spare for.
func mapOnAllCores<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ transform: @Sendable (Element) -> Result
) -> [Result] {
  let chunk = 128
  let chunks = (elements.count + chunk - 1) / chunk
  let results = Mutex([[Result]](repeating: [], count: chunks))
  DispatchQueue.concurrentPerform(iterations: chunks) { number in
    let range = number * chunk..<min((number + 1) * chunk, elements.count)
    let found = elements[range].map(transform)
    results.withLock { $0[number] = found }
  }
  return results.withLock { $0.flatMap { $0 } }
}
