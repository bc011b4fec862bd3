import Foundation
import Testing

@testable import ZeroMQ

@Suite(.enabled(if: CurveKeyPair.isSupported)) struct ZAPTests {
  private static let key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

  @Test func keysAsText() throws {
    // The first is that of RFC 32's example, four times over.
    let bytes: [UInt8] = [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B]
    let four = bytes + bytes + bytes + bytes
    #expect(Z85.text(ofKey: four.span.bytes) == String(repeating: "HelloWorld", count: 4))
    #expect(Z85.text(ofKey: bytes.span.bytes) == nil)
    #expect(Z85.isKey(Self.key) && Z85.isKey(String(repeating: "HelloWorld", count: 4)))
  }

  @Test(arguments: [
    "", "HelloWorld", String(repeating: "~", count: 40), String(repeating: "#", count: 40),
    String(repeating: "é", count: 20), String(repeating: "\0", count: 40), String(repeating: "a", count: 41),
  ])
  func noKeys(_ text: String) {
    #expect(!Z85.isKey(text))
  }

  @Test func aContextHasOneHandler() throws {
    let context = try Context()
    let first = try ZAPHandler(in: context, timeout: .zero)
    let error = #expect(throws: ZeroMQError.self) { _ = try ZAPHandler(in: context, timeout: .zero) }
    #expect(error?.code == .addressInUse)
    #expect(try first.answer { _ in .refuse("") } == false)
  }

  @Test(arguments: [true, false])
  func whoIsAllowedIsKnownByItsMessages(isAllowed: Bool) throws {
    let context = try Context()
    let (serverKeys, clientKeys) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
    let isThere = DispatchSemaphore(value: 0)
    let asked = Background {
      var asked: ZAPRequest?
      let handler = try ZAPHandler(in: context, timeout: .seconds(10))
      isThere.signal()
      let isAsked = try handler.answer { request in
        asked = request
        return isAllowed ? .allow(userID: clientKeys.publicKey) : .refuse("no")
      }
      return isAsked ? asked : nil
    }
    // libzmq asks nobody about a connection that is there before the handler.
    try #require(isThere.wait(timeout: .now() + 10) == .success)
    let server = try open(.rep, in: context)
    try server.set(.curveServer, to: true)
    try server.set(.curveSecretKey, to: serverKeys.secretKey)
    try server.set(.zapDomain, to: "test")
    let client = try open(.req, in: context)
    try client.set(.curveServerKey, to: serverKeys.publicKey)
    try client.set(.curvePublicKey, to: clientKeys.publicKey)
    try client.set(.curveSecretKey, to: clientKeys.secretKey)
    let monitor = try client.monitor()
    try monitor.socket.set(.receiveTimeout, to: .seconds(10))
    try client.connect(try server.bind("tcp://127.0.0.1:*"))
    try client.send(text: "hello")
    var last = try monitor.next()?.kind
    while last == .connectDelayed || last == .connected { last = try monitor.next()?.kind }
    let request = try #require(try asked.value())
    #expect(request.domain == "test" && request.address == "127.0.0.1")
    #expect(request.mechanism == .curve(publicKey: clientKeys.publicKey))
    if isAllowed {
      #expect(last == .handshakeSucceeded)
      let message = try server.receive()
      let (text, userID, address) = (message.text, message.userID, message.peerAddress)
      #expect(text == "hello" && userID == clientKeys.publicKey && address == "127.0.0.1")
    } else {
      #expect(last == .authenticationFailed(status: 400))
    }
  }

  @Test(
    "What is no request is answered by an error, and the next request is served",
    arguments: [
      [""], ["1.0"], ["1.0", "7"], ["1.0", "7", "", "", "", "CURVE"], ["1.0", "7", "", "", "", "CURVE", "short"],
      ["1.0", "7", "", "", "", "CURVE", key], ["1.0", "7", "", "", "", "PLAIN", "name"],
      ["1.0", "7", "", "", "", "NULL", "more"], ["1.0", "7", "", "", "", "NONE"], ["2.0", "7", "", "", "", "NULL"],
      [String](repeating: "1.0", count: 40), ["1.0", String(repeating: "7", count: 70_000), "", "", "", "NULL"],
    ])
  func noRequests(_ parts: [String]) throws {
    let context = try Context()
    let handler = try ZAPHandler(in: context, timeout: .seconds(10))
    let client = try open(.req, in: context)
    try client.connect(ZAPHandler.endpoint)
    for (parts, status) in [(parts, "500"), (["1.0", "8", "d", "a", "", "NULL"], "400")] {
      for (index, part) in parts.enumerated() { try client.send(text: part, more: index < parts.count - 1) }
      let isAsked = try handler.answer { request in
        #expect(request.mechanism == .null && request.domain == "d" && request.address == "a")
        return .refuse("no")
      }
      #expect(isAsked)
      let reply = try client.receiveMultipart(maxParts: 10, maxBytes: 1_000).texts
      let isShort = parts.count > 1 && parts[1].count == 1
      #expect(reply.count == 6 && reply[0] == "1.0" && reply[2] == status)
      #expect(reply[1] == (isShort ? parts[1] : reply[1]))
    }
  }
}
