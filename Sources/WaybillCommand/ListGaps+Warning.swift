import Diagnostics
import ImageAPI

extension ListGaps {
  /// Says on standard error what a list lacks; nothing where all is well.
  func warn() {
    guard !isEmpty else { return }
    StandardError.say("\(warning): waybill status says why")
  }

  /// A sentence without its end.
  var warning: String {
    let lacking = leftOut == 0 ? [] : ["it lacks \(leftOut) \(leftOut == 1 ? "image" : "images") that cannot be read"]
    let late =
      stale.isEmpty ? [] : ["what it has of \(stale.map(\.escaped).joined(separator: ", ")) cannot be read anew"]
    let begin = leftOut == 0 ? "the list may be old" : "the list is not whole"
    return "\(begin): \((lacking + late).joined(separator: ", and "))"
  }
}
