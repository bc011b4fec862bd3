extension RandomAccessCollection where Index == Int {
  /// The index of the first element for which `belongs` holds. All such elements must be at the end.
  func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = low + (high - low) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension ArraySlice {
  /// Gives runs of elements that have the same number. The slice must be in the order of the numbers.
  func forEachRun(by number: (Element) -> Int, _ body: (_ number: Int, _ run: ArraySlice) -> Void) {
    var rest = self
    while let first = rest.first {
      let shared = number(first)
      let end = rest.partitioningIndex { number($0) > shared }
      body(shared, rest[..<end])
      rest = rest[end...]
    }
  }
}
