package import ImageAPI

extension RequestGrammar {
  /// A request with one thing wrong, and the code of the error that it must get.
  package struct WrongRequest: CustomStringConvertible {
    package let bytes: [UInt8]
    package let code: StatusCode
    /// What is wrong.
    package let description: String
  }

  /// What can be wrong with any request.
  private enum Fault: CaseIterable {
    case cutOff, goesOn, reservedByte, declaredText, declaredArray, tooDeep, tooManyElements, tooLong, wrongType
    case notUTF8, repeatedKey, pageIfNoneMatch, unknownKey, integerKey, unknownMethod, notification
  }

  package mutating func wrongRequest() -> WrongRequest {
    while true {
      let fault = pick(Fault.allCases)
      guard let (bytes, code) = wrong(request(), fault) else { continue }
      return WrongRequest(bytes: bytes, code: code, description: "\(fault)")
    }
  }

  /// The request with the fault in it; nil when the fault needs something that this request has not.
  private mutating func wrong(_ request: Tree, _ fault: Fault) -> (bytes: [UInt8], code: StatusCode)? {
    let bytes = request.bytes
    switch fault {
    case .cutOff: return (Array(bytes.prefix(pick(from: 0..<bytes.count))), .invalidArgument)
    case .goesOn: return (bytes + pick([[0xc0], [0xc1], bytes]), .invalidArgument)
    case .reservedByte: return (replacingAny(in: request, with: [0xc1]), .invalidArgument)
    case .declaredText: return (replacingAny(in: request, with: [0xdb, 0xff, 0xff, 0xff, 0xff]), .invalidArgument)
    case .declaredArray:
      let head: [UInt8] = pick([[0xdd, 4, 0, 0, 0], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdc, 4, 1], [0xde, 4, 1]])
      return (replacingAny(in: request, with: head), .resourceExhausted)
    case .tooDeep:
      return (replacingAny(in: request, with: [UInt8](repeating: 0x91, count: 16) + [0x90]), .resourceExhausted)
    case .tooManyElements:
      let array = [0xdc, 4, 1] + [UInt8](repeating: 0xc0, count: 1_025)
      return (replacingAny(in: request, with: array), .resourceExhausted)
    case .tooLong:
      let text = [0xdb, 0, 1, 0, 0] + [UInt8](repeating: 0x61, count: 1 << 16)
      return (replacingAny(in: request, with: text), .resourceExhausted)
    case .wrongType:
      // A negative number, a number with a fraction, a binary and an extension, which are wrong everywhere.
      let value: [UInt8] = pick([[0xff], [0xca, 0x3f, 0x80, 0, 0], [0xc4, 1, 0x61], [0xd4, 1, 0x61]])
      return (replacingAny(in: request, with: value), .invalidArgument)
    case .notUTF8:
      let texts = request.nodes.indices.filter { request.nodes[$0].isText }
      guard !texts.isEmpty else { return nil }
      let text: [UInt8] = pick([[0xa1, 0xff], [0xa2, 0xc3, 0x28], [0xa3, 0xed, 0xa0, 0x80], [0xa2, 0xc0, 0x80]])
      return (request.replacing(pick(texts), with: .raw(text)).bytes, .invalidArgument)
    case .repeatedKey: return wrongMap(in: request) { pairs, pair in pairs + [pair] }
    case .pageIfNoneMatch:
      guard case .map = request, let id = Sample.images.first?.id else { return nil }
      return (Tree.map([("if_none_match", "0a"), ("continue", .text(id.hex))]).bytes, .invalidArgument)
    case .unknownKey: return wrongMap(in: request) { pairs, pair in pairs + [("fliter", pair.1)] }
    case .integerKey: return wrongMap(in: request) { pairs, pair in pairs + [(7, pair.1)] }
    case .unknownMethod: return wrongElement(2, of: request, "listImages").map { ($0, .unimplemented) }
    case .notification: return wrongElement(0, of: request, 2).map { ($0, .invalidArgument) }
    }
  }

  private mutating func replacingAny(in request: Tree, with bytes: [UInt8]) -> [UInt8] {
    request.replacing(pick(from: 0..<request.nodes.count), with: .raw(bytes)).bytes
  }

  /// Changes the pairs of a map that is not empty; `edit` is given one of the pairs as well.
  private mutating func wrongMap(
    in request: Tree, _ edit: ([(Tree, Tree)], (Tree, Tree)) -> [(Tree, Tree)]
  ) -> (bytes: [UInt8], code: StatusCode)? {
    let nodes = request.nodes
    let maps = nodes.indices.filter { nodes[$0].pairs?.isEmpty == false && !nodes[$0].isAnnotations }
    guard !maps.isEmpty else { return nil }
    let index = pick(maps)
    guard let pairs = nodes[index].pairs else { return nil }
    return (request.replacing(index, with: .map(edit(pairs, pick(pairs)))).bytes, .invalidArgument)
  }

  private func wrongElement(_ index: Int, of request: Tree, _ element: Tree) -> [UInt8]? {
    guard case .array(var elements) = request, elements.indices.contains(index) else { return nil }
    elements[index] = element
    return Tree.array(elements).bytes
  }
}
