import Testing

@testable import ZeroMQ

@Suite struct ProxyTests {
  @Test func passesOnUntilTerminated() throws {
    let context = try Context()
    let control = try open(.pair, in: context)
    try control.bind("inproc://control")
    let proxy = Background {
      let frontend = try open(.router, in: context)
      let backend = try open(.dealer, in: context)
      let control = try open(.pair, in: context)
      try frontend.bind("inproc://frontend")
      try backend.bind("inproc://backend")
      try control.connect("inproc://control")
      try Proxy.run(frontend: frontend, backend: backend, control: control)
    }
    let client = try open(.req, in: context)
    let worker = try open(.rep, in: context)
    try client.connect("inproc://frontend")
    try worker.connect("inproc://backend")
    try client.send(text: "question")
    #expect(try worker.receiveText() == "question")
    try worker.send(text: "answer")
    #expect(try client.receiveText() == "answer")

    try control.send(.pause)
    try control.send(.resume)
    try control.send(.terminate)
    try proxy.value()
  }
}
