internal import Diagnostics
package import ImageAPI
package import MessagePack

/// What a client asks, and in which form it wants the answer.
package struct Request: Sendable, Hashable {
  /// The form of the answer, known even when the rest of the request could not be read: MessagePack-RPC for an array
  /// that has a message id, the plain form for everything else. An answer with an id that nobody gave would be taken for
  /// that to another request.
  package let envelope: Envelope
  /// Which method it names, known once that could be read; a map stands for ListImages.
  package let method: Method?
  /// What to do, or what is wrong with the request.
  package let call: Result<Call, APIError>

  /// The names of the methods.
  package enum Method: String, Sendable, CaseIterable {
    case listImages = "ListImages"
    case listNodes = "ListNodes"
    case imageLocality = "ImageLocality"
    case status = "Status"
  }

  /// The methods of a worker.
  package enum Call: Sendable, Hashable {
    /// CRI's ListImages.
    case listImages(ListImagesRequest)
    /// Which nodes there are.
    case listNodes(ListNodesRequest)
    /// On which nodes a pod would start soonest.
    case imageLocality(ImageLocalityRequest)
    /// What the worker serves, and the states of its sources.
    case status
  }

  /// Reads a request from outside. Whatever the bytes are, there is a reply to it.
  ///
  /// - Parameters:
  ///   - bytes: The one part of a client's message.
  ///   - unpacker: Whose limits the request must keep to.
  package init(decoding bytes: RawSpan, with unpacker: inout Unpacker) {
    do throws(APIError) {
      self = try unpacker.unpack(bytes, failure: { APIError($0) }) { (root) throws(APIError) in
        guard root.pairs != nil else {
          guard root.array == nil else { return Request(rpc: root) }
          throw .invalidArgument(
            "a request is a map such as {\"filter\": {\"image\": \"busybox\"}}, or a MessagePack-RPC array; got \(root.summary)"
          )
        }
        do throws(APIError) {
          let call = Call.listImages(try ListImagesRequest(decoding: root))
          return Request(envelope: .plain, method: .listImages, call: .success(call))
        } catch {
          return Request(envelope: .plain, method: .listImages, call: .failure(error))
        }
      }
    } catch {
      self.init(envelope: .plain, method: nil, call: .failure(error))
    }
  }

  private init(envelope: Envelope, method: Method?, call: Result<Call, APIError>) {
    self.envelope = envelope
    self.method = method
    self.call = call
  }

  /// Reads `[0, msgid, method, [params]]` of the MessagePack-RPC specification.
  private init(rpc root: Value) {
    let messageID = root.messageID
    let envelope = messageID.map { Envelope.rpc(messageID: $0) } ?? .plain
    var named: Method?
    do throws(APIError) {
      let (method, params) = try root.rpcMethod(isIdentified: messageID != nil)
      named = method
      self.init(envelope: envelope, method: named, call: .success(try params.call(of: method)))
    } catch {
      self.init(envelope: envelope, method: named, call: .failure(error))
    }
  }
}

extension Value {
  /// The second element of an RPC request; nil if it is missing or no number of 32 bits.
  fileprivate var messageID: UInt32? {
    guard let array, array.count > 1, array[0].uint64 == 0 else { return nil }
    return array[1].uint64.flatMap(UInt32.init(exactly:))
  }

  fileprivate func rpcMethod(
    isIdentified: Bool
  ) throws(APIError) -> (method: Request.Method, params: ArrayView) {
    let shape = "MessagePack-RPC requests are [0, msgid, method, [params]]"
    guard let array, let type = array.first else { throw APIError(mismatch(at: "request", expected: "an array")) }
    guard type.uint64 == 0 else {
      guard type.uint64 == 2 else { throw .invalidArgument("\(shape); got the type \(type.summary)") }
      throw .invalidArgument("a notification cannot be answered, and every request is: \(shape)")
    }
    guard array.count == 4 else { throw .invalidArgument("\(shape); got \(array.count) elements") }
    guard isIdentified else { throw .invalidArgument("msgid: expected an integer of 32 bits, got \(array[1].summary)") }
    guard let params = array[3].array else {
      throw APIError(array[3].mismatch(at: "params", expected: "an array"))
    }
    let name = try array[2].apiString(at: "method")
    guard let method = Request.Method(rawValue: name) else {
      let methods = Request.Method.allCases.map(\.rawValue).joined(separator: ", ")
      throw APIError(.unimplemented, "there is no method \(quoted(name)): the methods are \(methods)")
    }
    return (method, params)
  }
}

extension ArrayView {
  fileprivate func call(of method: Request.Method) throws(APIError) -> Request.Call {
    switch method {
    case .status:
      guard isEmpty else { throw .invalidArgument("params: Status takes none, got \(count)") }
      return .status
    case .listImages:
      return .listImages(try request(of: method).map(ListImagesRequest.init(decoding:)) ?? ListImagesRequest())
    case .listNodes:
      return .listNodes(try request(of: method).map(ListNodesRequest.init(decoding:)) ?? ListNodesRequest())
    case .imageLocality:
      guard let request = try request(of: method) else {
        throw .invalidArgument("params: ImageLocality takes a map such as {\"images\": [\"busybox\"]}")
      }
      return .imageLocality(try ImageLocalityRequest(decoding: request))
    }
  }

  /// The one parameter of a method that takes one request or none; nil for none.
  private func request(of method: Request.Method) throws(APIError) -> Value? {
    guard count <= 1 else {
      throw .invalidArgument("params: \(method.rawValue) takes one request or none, got \(count) values")
    }
    return first.flatMap { $0.isNil ? nil : $0 }
  }
}
