import ImageAPI
import InMemoryTracing
import ServiceTesting
import Testing
import Tracing
import WaybillClient

/// What a program that traces sees of its questions.
@Suite struct TracingTests {
  private static let tracer = {
    let tracer = InMemoryTracer()
    InstrumentationSystem.bootstrap(tracer)
    return tracer
  }()

  /// The span of one question, within one of the caller.
  private func span(
    ofWorkerThat answer: @escaping @Sendable (Int) -> FakeWorker.Answer,
    _ ask: @escaping @Sendable (Client) throws -> Void
  ) async throws -> FinishedInMemorySpan {
    let tracer = Self.tracer
    let caller = try await blocking {
      try FakeWorker.run(answer) { worker in
        try tracer.withSpan("caller") { span in
          try ask(Client(endpoints: [worker.endpoint]))
          return span.spanID
        }
      }
    }
    let spans = tracer.finishedSpans.filter { $0.parentSpanID == caller }
    #expect(spans.count == 1)
    return try #require(spans.first)
  }

  @Test("A question is one span, with what each attempt that failed said")
  func attempts() async throws {
    let span = try await span(ofWorkerThat: {
      .now([$0 == 0 ? errorReply(.unavailable, "not yet") : listReply(["right"])])
    }) { _ = try $0.listImages() }
    #expect(span.operationName == "ListImages" && span.kind == .client && span.status == nil && span.errors.isEmpty)
    #expect(
      span.attributes.get("rpc.system.name") == .string("waybill")
        && span.attributes.get("rpc.method") == .string("ListImages"))
    #expect(span.events.map(\.name) == ["attempt failed"])
    #expect(span.events.first?.attributes.get("error.message") == .string("UNAVAILABLE: not yet"))
  }

  @Test("A question that has no answer is a span with the error")
  func errors() async throws {
    let span = try await span(ofWorkerThat: { _ in .now([errorReply(.internal, "no list")]) }) { client in
      #expect(throws: ClientError.self) { try client.listImages() }
    }
    #expect(span.status?.code == .error && span.status?.message == "INTERNAL: no list")
    #expect(span.attributes.get("rpc.response.status_code") == .string("INTERNAL") && span.errors.count == 1)
  }
}
