import Synchronization
import Testing

@testable import ZeroMQ

@Suite struct LendingTests {
  /// Counts how often its buffers are freed; the bytes are overwritten then, so that a late reader would show.
  final class Counter: Sendable {
    let released = Atomic(0)
    var count: Int { released.load(ordering: .acquiring) }
  }

  final class Buffer: Sendable {
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer
    let counter: Counter

    init(count: Int, counter: Counter) {
      bytes = .allocate(byteCount: count, alignment: 1)
      bytes.initializeMemory(as: UInt8.self, repeating: 42)
      self.counter = counter
    }

    deinit {
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      bytes.deallocate()
      counter.released.wrappingAdd(1, ordering: .releasing)
    }

    func lend() throws(ZeroMQError) -> Message {
      try Message(lending: UnsafeRawBufferPointer(bytes), keepingAlive: self)
    }
  }

  @Test(arguments: [0, 10, 33, 34, 5_000_000])
  func releasedOnceWhenDroppedUnsent(count: Int) throws {
    let counter = Counter()
    do {
      let message = try Buffer(count: count, counter: counter).lend()
      let (size, freed) = (message.count, counter.count)
      #expect(size == count)
      #expect(freed == 0)
    }
    #expect(counter.count == 1)
  }

  @Test func releasedOnceWhenTheLastDuplicateGoes() throws {
    let counter = Counter()
    do {
      var message = try Buffer(count: 100, counter: counter).lend()
      let duplicate = try message.duplicate()
      message = Message()
      let (bytes, freed) = (duplicate.bytes, counter.count)
      #expect(bytes == [UInt8](repeating: 42, count: 100))
      #expect(freed == 0)
    }
    #expect(counter.count == 1)
  }

  @Test(arguments: ["inproc://lend", "tcp://127.0.0.1:*", uniqueIPCEndpoint()], [0, 10, 5_000_000])
  func releasedOnceAfterSend(over endpoint: String, count: Int) throws {
    let counter = Counter()
    let context = try Context()
    let left = try open(.pair, in: context)
    let right = try open(.pair, in: context)
    try right.connect(try left.bind(endpoint))
    try left.send(try Buffer(count: count, counter: counter).lend())
    do {
      let received = try right.receive().bytes
      #expect(received.count == count)
      #expect(received.allSatisfy { $0 == 42 })
    }
    #expect(eventually { counter.count == 1 })
    try right.send(text: "a turn around")
    #expect(try left.receiveText() == "a turn around")
    #expect(counter.count == 1)
  }

  @Test func releasedOnceWhenTheSendFails() throws {
    let counter = Counter()
    let socket = try open(.push, in: Context())
    try socket.set(.sendTimeout, to: .zero)
    let error = #expect(throws: ZeroMQError.self) {
      try socket.send(try Buffer(count: 100, counter: counter).lend())
    }
    #expect(error?.code == .timedOut)
    #expect(counter.count == 1)
  }

  @Test func releasedOnceWhenTheSocketCloses() throws {
    let counter = Counter()
    do {
      let socket = try open(.push, in: Context())
      try socket.connect("tcp://127.0.0.1:1")
      try socket.send(try Buffer(count: 100, counter: counter).lend())
      #expect(counter.count == 0)
    }
    #expect(eventually { counter.count == 1 })
  }

  @Test func oneBufferLentToManyMessages() throws {
    let counter = Counter()
    let context = try Context()
    let server = try open(.rep, in: context)
    let client = try open(.req, in: context)
    try client.connect(try server.bind("tcp://127.0.0.1:*"))
    do {
      let buffer = Buffer(count: 10_000, counter: counter)
      var reply = Message()
      for _ in 0..<1000 {
        try client.send(text: "list")
        _ = try server.receive()
        try server.send(try buffer.lend())
        try client.receive(into: &reply)
      }
      let bytes = reply.bytes
      #expect(bytes == [UInt8](repeating: 42, count: 10_000))
      #expect(counter.count == 0)
    }
    #expect(eventually { counter.count == 1 })
  }
}
