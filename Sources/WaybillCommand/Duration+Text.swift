extension Duration {
  /// Seconds as people read them, in the two largest units: `3h12m`.
  static func text(ofSeconds seconds: UInt64) -> String {
    let units: [(UInt64, String)] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")]
    let first = units.firstIndex { seconds >= $0.0 } ?? units.count - 1
    let parts = units[first...].prefix(2).enumerated().map { index, unit in
      let whole = index == 0 ? seconds : seconds % units[first].0
      return "\(whole / unit.0)\(unit.1)"
    }
    return parts.joined()
  }
}
