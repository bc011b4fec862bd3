internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// The decoder: it takes what libmsgpack takes, refuses what libmsgpack refuses and what is over a limit, and what it
/// took it reads again from our own encoding of it.
package final class DecoderCheck: WireCheck {
  private var unpacker = Unpacker()
  private var rereader = Unpacker(limits: Limits(bytes: .max, depth: Limits.deepest, elements: .max))
  private var packer = Packer()
  private let reference = ReferenceDecoder()

  package init() {}

  package func check(_ bytes: RawSpan) throws(Violation) {
    let refusal = try checkMessage(bytes)
    let request = Request(decoding: bytes, with: &unpacker)
    let again = Request(decoding: bytes, with: &unpacker)
    try require(request == again, "one request is read in two ways: \(request), \(again)")
    switch request.call {
    case .failure(let error):
      if let refusal { try require(error == APIError(refusal), "\(refusal) became \(error)") }
      try require([.invalidArgument, .resourceExhausted, .unimplemented].contains(error.code), "not ours: \(error)")
    case .success(let call):
      if let refusal { throw Violation("\(call) was read in spite of this: \(refusal)") }
      try checkRoundTrip(of: call)
    }
  }

  /// Reads a message, compares it with what is read from our own encoding of it, and says why it was refused.
  private func checkMessage(_ bytes: RawSpan) throws(Violation) -> MessagePackError? {
    packer.removeAll()
    let isSame: Bool
    do throws(MessagePackError) {
      isSame = try unpacker.unpack(bytes) { (root) throws(MessagePackError) in
        packer.repack(root)
        return try packer.withBytes { (bytes) throws(MessagePackError) in
          try rereader.unpack(bytes) { root.isSame(as: $0) }
        }
      }
    } catch {
      try require(reference.agrees(thatRefused: bytes, with: error), "libmsgpack does not say so: \(error)")
      return error
    }
    try require(isSame, "a message is another once it was written anew")
    return nil
  }

  private func checkRoundTrip(of call: Request.Call) throws(Violation) {
    packer.removeAll()
    switch call {
    case .listImages(let request): packer.pack(request)
    case .listNodes(let request): packer.pack(request)
    case .imageLocality(let request): packer.pack(request)
    case .status: packer.packStatusRequest()
    }
    let again = packer.withBytes { Request(decoding: $0, with: &unpacker) }
    try require(again.call == .success(call), "what the client writes for \(call) is read as \(again)")
  }
}
