import Foundation
import ImageAPI
import MessagePack
import ServiceTesting
import Testing
import WaybillServer

@testable import ImageWire

/// The schemas say what the code does.
@Suite struct DriftTests {
  @Test func requestHasTheKeysOfItsSchema() throws {
    #expect(
      try keys(of: "list-images-request", "properties") == Set(ListImagesRequest.Key.allCases.map(\.rawValue)))
    #expect(try keys(of: "list-nodes-request", "properties") == Set(ListNodesRequest.Key.allCases.map(\.rawValue)))
    #expect(
      try keys(of: "image-locality-request", "properties") == Set(ImageLocalityRequest.Key.allCases.map(\.rawValue)))
    #expect(
      try keys(of: "list-images-request", "$defs", "imageSpec", "properties")
        == Set(Value.FilterKey.allCases.map(\.rawValue)))
  }

  @Test func errorHasTheCodesOfItsSchema() throws {
    let alternatives = try #require(try Contract.schema("error", "oneOf") as? [[String: Any]])
    let codes = alternatives.map { alternative in
      let properties = alternative["properties"] as? [String: [String: Any]]
      return "\(properties?["code"]?["const"] ?? "") \(properties?["status"]?["const"] ?? "")"
    }
    #expect(codes == StatusCode.allCases.map { "\($0.rawValue) \($0.name)" })
  }

  @Test func statusHasTheStatesAndLimitsOfItsSchema() throws {
    let source = try Contract.schema("status", "$defs", "source", "properties") as? [String: [String: Any]]
    #expect(source?["state"]?["enum"] as? [String] == SourceStatus.State.allCases.map(\.rawValue))
    let node = try Contract.schema("node", "properties") as? [String: [String: Any]]
    #expect(node?["state"]?["enum"] as? [String] == NodeStatus.State.allCases.map(\.rawValue))
    let images = try Contract.schema("image-locality-request", "properties", "images") as? [String: Any]
    #expect(images?["maxItems"] as? Int == ImageLocalityRequest.maxImages)
    #expect(source?["left_out"]?["maxItems"] as? Int == SourceStatus.maxSkippedListed)
  }

  @Test func documentHasTheVersionAndTheLimits() throws {
    let document = try String(contentsOf: Contract.schemas.appending(path: "asyncapi.yaml"), encoding: .utf8)
    #expect(document.contains("\n  version: \(version)\n"))
    #expect(document.contains("\n        bytes: \(Limits.request.bytes) "))
    #expect(document.contains("\n        depth: \(Limits.request.depth) "))
    #expect(document.contains("\n        elements: \(Limits.request.elements) "))
  }

  private func keys(of schema: String, _ path: String...) throws -> Set<String> {
    var node = try Contract.schema(schema)
    for key in path {
      node = try #require((node as? [String: Any])?[key])
    }
    return Set(try #require(node as? [String: Any]).keys)
  }
}
