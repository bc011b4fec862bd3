internal import Dispatch

/// Reads many files on all the cores: what `transform` makes of each element, in the order of the elements.
///
/// Plain threads do it, since a slow disk blocks them, which Swift's own pool has none to spare for.
func mapOnAllCores<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ transform: @Sendable (Element) -> Result
) -> [Result] {
  let chunk = 128
  let chunks = (elements.count + chunk - 1) / chunk
  var results = [[Result]](repeating: [], count: chunks)
  results.withUnsafeMutableBufferPointer { results in
    // Each chunk has a place of its own in it, and nobody looks before all are done.
    nonisolated(unsafe) let results = results
    DispatchQueue.concurrentPerform(iterations: chunks) { number in
      let range = number * chunk..<min((number + 1) * chunk, elements.count)
      results[number] = elements[range].map(transform)
    }
  }
  return results.flatMap { $0 }
}
