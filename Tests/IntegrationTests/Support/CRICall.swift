import Foundation
import Testing

/// An image as CRI's JSON and `waybill images -o json` have it.
struct ListedImage: Decodable, Hashable {
  let id: String
  let repoTags: [String]
  let repoDigests: [String]
  let size: String
  let uid: UserID?
  let username: String
  let spec: Spec?
  let pinned: Bool

  struct UserID: Decodable, Hashable { let value: String }

  struct Spec: Decodable, Hashable {
    let image: String
    let annotations: [String: String]
    let runtimeHandler: String
  }
}

/// A list as CRI's JSON and `waybill images -o json` have it.
struct ListedImages: Decodable {
  let images: [ListedImage]
}

/// What a call of CRI by grpcio gave.
struct CRICall: Decodable {
  /// The name of the error's code; nil for a reply.
  let code: String?
  let message: String?
  let reply: Reply?
  let messages: Int?
  let largest: Int?
  let trailers: [String: String]?

  struct Reply: Decodable {
    let images: [ListedImage]?
    let image: ListedImage?
    let info: [String: String]?
    let version: String?
    let runtimeName: String?
    let runtimeVersion: String?
    let runtimeApiVersion: String?
    let status: Status?
    let imageFilesystems: [Filesystem]?
  }

  struct Status: Decodable { let conditions: [Condition] }

  struct Condition: Decodable {
    let type: String
    let status: Bool
    let reason: String
  }

  struct Filesystem: Decodable {
    let timestamp: String
    let fsId: Identifier
    let usedBytes: Bytes

    struct Identifier: Decodable { let mountpoint: String }
    struct Bytes: Decodable { let value: String }
  }

  /// Makes calls one after the other, as `cri_client.py` says.
  static func make(_ calls: [String], at socket: String) async throws -> [CRICall] {
    try await Python.run("cri_client.py", socket, with: calls, as: [CRICall].self)
  }

  /// The ids of the images in a reply.
  var ids: [String]? { reply?.images?.map(\.id) }
}
