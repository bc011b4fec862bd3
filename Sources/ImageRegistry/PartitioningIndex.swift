extension RandomAccessCollection where Index == Int {
  /// Where the elements begin that `belongs` holds for, in a collection that has them all at its end.
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
  /// Gives the elements in slices of those that have one number, in a slice that is in the order of the numbers.
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
