/// What a service says of itself to those who watch it.
package protocol ServiceReport: Sendable {
  /// Why the service is not ready; nil when it is.
  var unreadiness: String? { get }
  /// Its state as JSON.
  var json: String { get }
  /// Its state as `waybill status` prints it.
  var text: String { get }
  /// Its state for a browser.
  var page: HTMLPage { get }
  /// Writes its metrics.
  func write(to metrics: inout MetricText)
}

extension ServiceReport {
  /// What is answered at a path; nil where there is nothing.
  package func reply(at path: String) -> HTTPReply? {
    switch path {
    case "/": return HTTPReply(.ok, .html, page.html)
    case "/livez": return HTTPReply(.ok, .text, "ok\n")
    case "/readyz":
      let unreadiness = unreadiness
      return HTTPReply(unreadiness == nil ? .ok : .unavailable, .text, "\(unreadiness ?? "ready")\n")
    case "/status": return HTTPReply(.ok, .json, json)
    case "/status.txt": return HTTPReply(.ok, .text, text)
    case "/metrics":
      var metrics = MetricText()
      write(to: &metrics)
      ProcessMetrics.write(to: &metrics)
      return HTTPReply(.ok, .metrics, metrics.text)
    default: return nil
    }
  }
}
