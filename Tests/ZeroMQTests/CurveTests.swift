import Testing

@testable import ZeroMQ

@Suite(.enabled(if: CurveKeyPair.isSupported)) struct CurveTests {
  @Test func generatedKeys() throws {
    let pair = try CurveKeyPair.generate()
    #expect(pair.publicKey.utf8.count == 40)
    #expect(pair.secretKey.utf8.count == 40)
    #expect(try CurveKeyPair(secretKey: pair.secretKey) == pair)
    #expect(try CurveKeyPair.generate() != pair)
    #expect(!"\(pair) \(String(reflecting: pair))".contains(pair.secretKey))
  }

  // The server's test keys in zmq_curve(7).
  @Test func aKnownPair() throws {
    let pair = try CurveKeyPair(secretKey: "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")
    #expect(pair.publicKey == "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7")
  }

  @Test(arguments: ["", "short", String(repeating: "a", count: 41), String(repeating: "é", count: 20)])
  func noKeys(_ secretKey: String) throws {
    let error = #expect(throws: ZeroMQError.self) { try CurveKeyPair(secretKey: secretKey) }
    #expect(error?.code == .invalidArgument)
    let socket = try open(.rep, in: Context())
    #expect(throws: ZeroMQError.self) { try socket.set(.curveSecretKey, to: secretKey) }
  }

  @Test(arguments: [true, false])
  func aConnectionWithTheRightServerKeyOnly(right: Bool) throws {
    let context = try Context()
    let (serverKeys, clientKeys) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
    let server = try open(.rep, in: context)
    try server.set(.curveServer, to: true)
    try server.set(.curveSecretKey, to: serverKeys.secretKey)
    let client = try open(.req, in: context)
    try client.set(.curveServerKey, to: right ? serverKeys.publicKey : clientKeys.publicKey)
    try client.set(.curvePublicKey, to: clientKeys.publicKey)
    try client.set(.curveSecretKey, to: clientKeys.secretKey)
    #expect(try client.get(.curvePublicKey) == clientKeys.publicKey)
    try client.connect(try server.bind("tcp://127.0.0.1:*"))
    try client.send(text: "secret")
    if right {
      #expect(try server.receiveText() == "secret")
    } else {
      try server.set(.receiveTimeout, to: .milliseconds(200))
      let error = #expect(throws: ZeroMQError.self) { _ = try server.receiveText() }
      #expect(error?.code == .timedOut)
    }
  }
}
