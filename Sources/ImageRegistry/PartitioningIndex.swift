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
