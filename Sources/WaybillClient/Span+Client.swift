internal import ImageAPI
internal import ImageWire
internal import Tracing

/// Begins the span of a question, in the names of OpenTelemetry's conventions for remote procedure calls.
func startSpan(of method: Request.Method) -> any Tracing.Span {
  let span = startSpan(method.rawValue, ofKind: .client)
  span.attributes["rpc.system.name"] = "waybill"
  span.attributes["rpc.method"] = method.rawValue
  return span
}

extension Tracing.Span {
  /// An attempt at an endpoint failed.
  func note(_ error: ClientError, at endpoint: String) {
    guard isRecording else { return }
    addEvent(
      SpanEvent(
        name: "attempt failed", attributes: ["server.address": .string(endpoint), "error.message": .string("\(error)")])
    )
  }

  /// There is no answer.
  func note(_ error: ClientError) {
    guard isRecording else { return }
    if let reply = error.reply { attributes["rpc.response.status_code"] = reply.code.name }
    recordError(error)
    setStatus(SpanStatus(code: .error, message: error.message))
  }
}
