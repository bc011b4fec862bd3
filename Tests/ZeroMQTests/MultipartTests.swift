import Testing

@testable import ZeroMQ

@Suite struct MultipartTests {
  @Test func aBrokerPassesTheEnvelopeOn() throws {
    let context = try Context()
    let front = try open(.router, in: context)
    let back = try open(.dealer, in: context)
    let client = try open(.req, in: context)
    let worker = try open(.rep, in: context)
    try client.set(.routingID, to: Array("client".utf8))
    try client.connect(try front.bind("tcp://127.0.0.1:*"))
    try worker.connect(try back.bind("inproc://workers"))

    try client.send(text: "question")
    let request = try front.receiveMultipart(maxParts: 8, maxBytes: 1000)
    let (texts, bytes) = (request.texts, request.byteCount)
    #expect(texts == ["client", "", "question"])
    #expect(bytes == 14)
    try back.send(request)
    #expect(try worker.receiveText() == "question")
    try worker.send(text: "answer")
    try front.send(try back.receiveMultipart(maxParts: 8, maxBytes: 1000))
    #expect(try client.receiveText() == "answer")
  }

  @Test func aBrokerKeepsAnEnvelopeAndPutsAnotherBodyBehindIt() throws {
    let context = try Context()
    let front = try open(.router, in: context)
    let client = try open(.req, in: context)
    try client.set(.routingID, to: Array("client".utf8))
    try client.connect(try front.bind("inproc://envelope"))
    let long = String(repeating: "question", count: 10)
    try client.send(text: long)
    var request = try front.receiveMultipart(maxParts: 8, maxBytes: 1000)
    let copies = [try request.duplicateFrame(2).text, try request.duplicateFrame(2).text]
    #expect(copies == [long, long])

    var answer = MultipartMessage()
    for text in ["first", "second", "third"] { try answer.append(Array(text.utf8)) }
    let taken = answer.takeFrame(1).text
    #expect(taken == "second" && answer.count == 3)
    answer.replaceFrame(1, by: try Message(Array("other".utf8)))
    let isSent = try front.sendIfReady(&request, frames: 0..<2, more: true)
    let isWhole = try front.sendIfReady(&answer, frames: 1..<3, more: false)
    #expect(isSent && isWhole)
    let texts = try client.receiveMultipart(maxParts: 2, maxBytes: 100).texts
    #expect(texts == ["other", "third"])
    // Sent frames are empty, the others as they were.
    let (left, kept) = (answer.texts, request.texts)
    #expect(left == ["first", "", ""] && kept == ["", "", long])
  }

  @Test func aMessageWithoutTheDelimiterIsIgnored() throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let dealer = try open(.dealer, in: context)
    try dealer.connect(try server.bind("inproc://delimiter"))
    try dealer.send(text: "bare")
    try dealer.send([], more: true)
    try dealer.send(text: "enveloped")
    #expect(try server.receiveText() == "enveloped")
    try server.send(text: "answer")
    let reply = try dealer.receiveMultipart(maxParts: 2, maxBytes: 6).texts
    #expect(reply == ["", "answer"])
  }

  @Test(arguments: [(3, 100), (100, 9), (0, 100), (1, 1)])
  func beyondALimit(maxParts: Int, maxBytes: Int) throws {
    let context = try Context()
    let left = try open(.pair, in: context)
    let right = try open(.pair, in: context)
    try right.connect(try left.bind("inproc://limit"))
    for part in ["one", "two", "tri", "fou"] { try right.send(text: part, more: part != "fou") }
    try right.send(text: "next")

    var message = MultipartMessage()
    var failure: ZeroMQError?
    do throws(ZeroMQError) {
      try left.receive(into: &message, maxParts: maxParts, maxBytes: maxBytes)
    } catch {
      failure = error
    }
    #expect(failure?.code == .messageTooLarge)
    #expect(failure?.reason.hasPrefix("it has 4 parts;") == true)
    let kept = message.count
    #expect(kept == min(maxParts, maxBytes / 3))
    #expect(try left.receiveText() == "next")
  }

  @Test func framesComeAndGo() throws {
    var message = MultipartMessage()
    try message.append([UInt8](repeating: 1, count: 1000))
    try message.append([2])
    message.prepend(try Message([0]))
    let sizes = (message.count, message.byteCount)
    #expect(sizes == (3, 1002))
    let first = message.popFirst()?.bytes
    #expect(first == [0])
    let last = message.popLast()?.bytes
    #expect(last == [2])
    var copy = try message.duplicate()
    message.removeAll()
    let (empty, gone) = (message.isEmpty, message.popFirst()?.count)
    #expect(empty)
    #expect(gone == nil)
    let shared = copy.popFirst()?.bytes
    #expect(shared == [UInt8](repeating: 1, count: 1000))
  }

  @Test func sendIfReadyKeepsWhatItCannotSend() throws {
    let context = try Context()
    let router = try open(.router, in: context)
    try router.set(.routerMandatory, to: true)
    var message = MultipartMessage()
    try message.append(Array("nobody".utf8))
    try message.append(Array("hello".utf8))
    var code: ZeroMQError.Code?
    do throws(ZeroMQError) {
      _ = try router.sendIfReady(&message)
    } catch {
      code = error.code
    }
    #expect(code == .hostUnreachable)
    let push = try open(.push, in: context)
    let sent = try push.sendIfReady(&message)
    #expect(!sent)
    let kept = message.texts
    #expect(kept == ["nobody", "hello"])
  }

  @Test func receiveIfReady() throws {
    let context = try Context()
    let left = try open(.pair, in: context)
    let right = try open(.pair, in: context)
    try right.connect(try left.bind("inproc://now"))
    var message = MultipartMessage()
    let early = try left.receiveIfReady(into: &message, maxParts: 2, maxBytes: 2)
    #expect(!early)
    try right.send([1], more: true)
    try right.send([2])
    let received = try left.receiveIfReady(into: &message, maxParts: 2, maxBytes: 2)
    #expect(received)
    var sent = try left.sendIfReady(&message)
    #expect(sent)
    sent = message.isEmpty
    #expect(sent)
    #expect(try right.receive().bytes == [1])
    #expect(try right.receive().bytes == [2])
  }
}
