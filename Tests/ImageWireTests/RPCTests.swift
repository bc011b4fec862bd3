import Diagnostics
import ImageAPI
import ImageWire
import Testing
import WireTesting

@Suite struct RPCTests {
  private static let shape = "MessagePack-RPC requests are [0, msgid, method, [params]]"

  @Test("The methods", arguments: [0, 1, 127, 128, 65_536, UInt32.max])
  func methods(messageID: UInt32) {
    let status = Request([0, .integer(Int64(messageID)), "Status", []])
    #expect(status.envelope == .rpc(messageID: messageID))
    #expect(status.call == .success(.status))
    let list = Request([0, .integer(Int64(messageID)), "ListImages", []])
    #expect(list.envelope == .rpc(messageID: messageID))
    #expect(list.call == .success(.listImages(ListImagesRequest())))
  }

  @Test(
    "What is wrong with a call is told in its form, and in the plain one where it has no message id",
    arguments: [
      ([0], nil, "\(shape); got 1 elements"),
      ([0, 7], 7, "\(shape); got 2 elements"),
      ([0, 7, "Status"], 7, "\(shape); got 3 elements"),
      ([0, 7, "Status", [], nil], 7, "\(shape); got 5 elements"),
      ([1, 7, nil, [:]], nil, "\(shape); got the type the integer 1"),
      ([3, 7, "Status", []], nil, "\(shape); got the type the integer 3"),
      (["Status"], nil, "\(shape); got the type the string \"Status\""),
      ([nil, 7, "Status", []], nil, "\(shape); got the type nil"),
      ([2, "Status", []], nil, "a notification cannot be answered, and every request is: \(shape)"),
      ([2], nil, "a notification cannot be answered, and every request is: \(shape)"),
      ([0, "7", "Status", []], nil, "msgid: expected an integer of 32 bits, got the string \"7\""),
      ([0, -1, "Status", []], nil, "msgid: expected an integer of 32 bits, got the integer -1"),
      ([0, 4_294_967_296, "Status", []], nil, "msgid: expected an integer of 32 bits, got the integer 4294967296"),
      ([0, nil, "Status", []], nil, "msgid: expected an integer of 32 bits, got nil"),
      ([0, 7, "Status", nil], 7, "params: expected an array, got nil"),
      ([0, 7, "Status", [:]], 7, "params: expected an array, got a map of 0"),
      ([0, 7, "Status", [nil]], 7, "params: Status takes none, got 1"),
      ([0, 7, "ListImages", [[:], [:]]], 7, "params: ListImages takes one request or none, got 2 values"),
      ([0, 7, "ListImages", ["busybox"]], 7, "request: expected a map, got the string \"busybox\""),
      ([0, 7, 5, []], 7, "method: expected a string, got the integer 5"),
      ([0, 7, .raw([0xa1, 0xff]), []], 7, "method: the string \"\u{fffd}\" is not UTF-8 at byte 0 of it"),
    ] as [(Tree, UInt32?, String)])
  func wrong(tree: Tree, messageID: UInt32?, message: String) {
    let request = Request(tree)
    #expect(request.failure == APIError(.invalidArgument, message))
    // An id that nobody gave would be that of another request.
    #expect(request.envelope == messageID.map { .rpc(messageID: $0) } ?? .plain)
  }

  @Test("A method that does not exist", arguments: ["", "listImages", "ListImages ", "RemoveImage", "\u{1b}"])
  func unknown(method: String) {
    let request = Request([0, 7, .text(method), []])
    #expect(request.envelope == .rpc(messageID: 7))
    #expect(
      request.failure
        == APIError(
          .unimplemented,
          "there is no method \(quoted(method)): the methods are ListImages, ListNodes, ImageLocality, Status"))
  }

  @Test("An error is a reply in the form of the request")
  func errors() {
    let error = APIError(.invalidArgument, "no")
    let map: [UInt8] =
      [0x83, 0xa4] + Array("code".utf8) + [3, 0xa6] + Array("status".utf8) + [0xb0] + Array("INVALID_ARGUMENT".utf8)
      + [0xa7] + Array("message".utf8) + [0xa2] + Array("no".utf8)
    #expect(packed { $0.pack(error, in: .plain) } == [0x81, 0xa5] + Array("error".utf8) + map)
    #expect(packed { $0.pack(error, in: .rpc(messageID: 7)) } == [0x94, 1, 7] + map + [0xc0])
    #expect(packed { $0.pack(error, in: .rpc(messageID: .max)) } == [0x94, 1, 0xce, 255, 255, 255, 255] + map + [0xc0])
    #expect("\(error)" == "INVALID_ARGUMENT: no")
  }

  @Test(
    "Codes have the numbers and the names of gRPC",
    arguments: [
      (3, "INVALID_ARGUMENT"), (4, "DEADLINE_EXCEEDED"), (5, "NOT_FOUND"), (7, "PERMISSION_DENIED"),
      (8, "RESOURCE_EXHAUSTED"), (9, "FAILED_PRECONDITION"), (12, "UNIMPLEMENTED"), (13, "INTERNAL"),
      (14, "UNAVAILABLE"),
    ])
  func codes(number: Int, name: String) throws {
    #expect(try #require(StatusCode(rawValue: number)).name == name)
    #expect(StatusCode.allCases.count == 9)
  }
}
