extension Duration {
  /// Rounded up, so that a short wait does not become none; as many as fit when there are too many.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    let extra = (attoseconds + (attoseconds > 0 ? 999_999_999_999_999 : 0)) / 1_000_000_000_000_000
    let (sum, carried) = milliseconds.addingReportingOverflow(extra)
    return overflow || carried ? (seconds < 0 ? .min : .max) : sum
  }

  /// Rounded up.
  var wholeSeconds: Int64 {
    let (seconds, attoseconds) = components
    return attoseconds > 0 && seconds < .max ? seconds + 1 : seconds
  }
}
