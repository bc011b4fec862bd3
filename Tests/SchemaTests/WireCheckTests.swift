import Foundation
import ImageAPI
import ImageWire
import MessagePack
import ServiceTesting
import Testing
import WireTesting

/// What the fuzzer checks, for inputs that are known: those that it starts from, those that it found, and those of the
/// grammar.
@Suite struct WireCheckTests {
  /// The messages in `folder`, a path in the repository.
  private static func inputs(in folder: String) throws -> [(name: String, bytes: [UInt8])] {
    try FileManager.default.contentsOfDirectory(
      at: Contract.root.appending(path: folder), includingPropertiesForKeys: [.isRegularFileKey]
    )
    .filter { !$0.hasDirectoryPath && !["json", "md"].contains($0.pathExtension) }
    .map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
  }

  @Test(arguments: ["Schemas/golden", "Schemas/golden/invalid", "Fuzz/Regressions"])
  func holdForWhatIsKept(folder: String) throws {
    let checks: [any WireCheck] = [DecoderCheck(), HandlerCheck()]
    for input in try Self.inputs(in: folder) {
      for check in checks { #expect(throws: Never.self, "\(input.name)") { try check.check(input.bytes.span.bytes) } }
    }
  }

  @Test(arguments: [0, 100_000, 200_000, 300_000])
  func holdForTheGrammar(start: UInt64) throws {
    let (decoder, handler) = (DecoderCheck(), HandlerCheck())
    var unpacker = Unpacker()
    for seed in start..<start + 2_500 {
      var grammar = RequestGrammar(seed: seed)
      let right = grammar.request().bytes
      let wrong = grammar.wrongRequest()
      // The wrong one first: the next is served.
      for bytes in [wrong.bytes, right] {
        try decoder.check(bytes.span.bytes)
        try handler.check(bytes.span.bytes)
      }
      let error = #expect(throws: APIError.self, "\(seed), \(wrong)") {
        try Request(decoding: wrong.bytes.span.bytes, with: &unpacker).call.get()
      }
      #expect(error?.code == wrong.code, "\(seed), \(wrong): \(wrong.bytes.prefix(200))")
      #expect(throws: Never.self, "\(seed)") { try Request(decoding: right.span.bytes, with: &unpacker).call.get() }
    }
  }
}
