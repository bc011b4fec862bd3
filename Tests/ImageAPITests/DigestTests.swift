import ImageAPI
import Testing
import WireTesting

@Suite struct DigestTests {
  @Test(
    "SHA-256 of the standard's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
  func hashes(text: String, hex: String) {
    let bytes = Array(text.utf8)
    #expect(Digest(sha256Of: bytes).hex == hex)
    #expect(Digest(sha256Of: bytes.span.bytes).hex == hex)
    #expect(Digest(sha256Of: text.utf8).description == "sha256:" + hex)
    #expect(Digest(sha256Of: AnySequence(bytes)).hex == hex)
  }

  @Test("A digest is read with its algorithm and without, and written with it")
  func reading() throws {
    let hex = "0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210"
    let digest = try #require(Digest(hex))
    #expect(digest == Digest("sha256:" + hex))
    #expect(digest == Digest(Substring("sha256:" + hex)))
    #expect(digest.hex == hex)
    #expect("\(digest)" == "sha256:" + hex)
    #expect(digest.words.0 == 0x0123_4567_89ab_cdef && digest.words.3 == 0xfedc_ba98_7654_3210)
    let bytes = (0..<32).map { index in
      UInt8(hex.dropFirst(2 * index).prefix(2), radix: 16) ?? 0
    }
    #expect(Digest(bytes: bytes) == digest)
  }

  @Test(
    "What is not a digest is none",
    arguments: [
      "", "sha256:", "abc", "\(hex("a"))0", "\(hex("a").dropLast())", "sha256:\(hex("a"))0",
      "sha256:\(hex("a").dropLast())", hex("A"), "sha256:\(hex("F"))", hex("g"), hex(" "), "SHA256:\(hex("a"))",
      "sha512:\(hex("a"))", "sha256:sha256:\(hex("a"))", "sha256:\u{301}\(hex("a"))", hex("٣"), "sha256:\(hex("a"))\n",
      "\0\(hex("a").dropLast())", "-\(hex("a").dropLast())", "0x\(hex("a").dropLast(2))",
    ] as [String])
  func refused(text: String) {
    #expect(Digest(text) == nil)
  }

  @Test("Each of the 64 digits is one of sixteen bytes")
  func digits() {
    let digits = Array("0123456789abcdef".utf8)
    for place in 0..<64 {
      for byte in UInt8.min ... .max {
        var text = [UInt8](repeating: UInt8(ascii: "0"), count: 64)
        text[place] = byte
        let digest = Digest(utf8: text.span)
        #expect((digest != nil) == digits.contains(byte), "\(byte) at \(place)")
        #expect(digest == nil || digest?.hex.utf8.elementsEqual(text) == true)
      }
    }
  }

  @Test("A digest has 32 bytes", arguments: [0, 31, 33, 64])
  func bytes(count: Int) {
    #expect(Digest(bytes: [UInt8](repeating: 1, count: count)) == nil)
  }

  @Test("Digests compare as their text does")
  func order() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<1_000 {
      // Equal words now and then, so that each of them decides.
      func word() -> UInt64 { Bool.random() ? 7 : generator.next() }
      let left = Digest(words: (word(), word(), word(), word()))
      let right = Digest(words: (word(), word(), word(), word()))
      #expect((left < right) == (left.description < right.description))
      #expect((left == right) == (left.description == right.description))
      #expect(Digest(left.description) == left)
    }
  }
}
