import Testing

/// `Schemas/validate` finds nothing wrong: in the documents, in the golden messages, and in a worker's replies.
@Suite(.timeLimit(.minutes(2))) struct ContractTests {
  @Test func documentsAndGoldenMessagesAgree() async throws {
    let folder = try TestFolder()
    let decoder = try await ChildProcess.compile(
      "Tests/SchemaTests/Programs/msgpack-to-json.c", linking: ["msgpackc"], into: folder)
    let validation = try ChildProcess(python: "Schemas/validate", ["--decoder", decoder])
    #expect(try await validation.exitCode() == 0, "\(validation.errors)")
  }

  @Test func aWorkerKeepsToIt() async throws {
    let worker = try await LiveWorker()
    let validation = try ChildProcess(python: "Schemas/validate", ["--worker", worker.endpoint])
    #expect(try await validation.exitCode() == 0, "\(validation.errors)")
  }
}
