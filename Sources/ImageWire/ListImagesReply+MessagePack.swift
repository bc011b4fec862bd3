package import ImageAPI
package import MessagePack

extension ListImagesReply {
  private enum Key: String, CaseIterable {
    case images, etag, error, stale
    case leftOut = "left_out"
    case resumption = "continue"
    case notModified = "not_modified"
  }

  /// Reads a reply in its plain form.
  ///
  /// - Throws: The ``APIError`` that the reply carries, or one with the code `INTERNAL` when it is none of the three
  ///   replies that there are.
  package init(decoding bytes: RawSpan, with unpacker: inout Unpacker) throws(APIError) {
    self = try unpacker.unpack(bytes, failure: { APIError(unreadable: $0) }) { (root) throws(APIError) in
      var images: [Image]?
      var etag: String?
      var resumption: Digest?
      var isUnchanged = false
      var gaps = ListGaps()
      var failure: APIError?
      do throws(APIError) {
        try root.readFields(at: "reply", Key.self) { (key, value) throws(APIError) in
          switch key {
          case .images: images = try value.list(at: "images", Image.init(decoding:))
          case .etag: etag = try value.apiString(at: "etag")
          case .resumption: resumption = try value.resumption()
          case .notModified: isUnchanged = try value.flag(at: "not_modified")
          case .leftOut: gaps.leftOut = try value.count(at: "left_out")
          case .stale: gaps.stale = try value.strings(at: "stale")
          case .error: failure = try APIError(decoding: value)
          }
        }
      } catch {
        throw APIError(unreadable: error.message)
      }
      if let failure { throw failure }
      guard let etag else { throw APIError(unreadable: "it has neither an error nor an etag") }
      guard !isUnchanged else { return .notModified(etag: etag, gaps: gaps) }
      guard let images else { throw APIError(unreadable: "it has neither images nor not_modified") }
      return .images(ImageList(images: images, etag: etag, resumption: resumption, gaps: gaps))
    }
  }
}

extension Value {
  /// Where a page ended. A value that cannot be read is an error, as without `continue` the list would seem to end.
  fileprivate func resumption() throws(APIError) -> Digest? {
    guard !isNil else { return nil }
    guard let id = Digest(try apiString(at: "continue")) else {
      throw APIError(mismatch(at: "continue", expected: "an image's id"))
    }
    return id
  }
}

extension APIError {
  /// A reply that is not of the protocol: another program answers at that endpoint, or another version of waybill.
  init(unreadable reason: String) {
    self.init(.internal, "the reply is not waybill's: \(reason)")
  }

  /// The error that a reply carries, where it can be read.
  init(reply value: Value) throws(APIError) {
    do throws(APIError) {
      self = try APIError(decoding: value)
    } catch {
      throw APIError(unreadable: error.message)
    }
  }

  init(unreadable error: MessagePackError) {
    self.init(unreadable: error.message)
  }
}
