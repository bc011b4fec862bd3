import Cluster
import ImageSources
import Testing

@Suite struct ClusterLocationTests {
  @Test(arguments: [
    ("127.0.0.1:2379", ["127.0.0.1:2379"], "/waybill/v1/"), ("[::1]:2379/", ["[::1]:2379"], "/waybill/v1/"),
    ("a:1,b.example.org:65535/some/where", ["a:1", "b.example.org:65535"], "/some/where/v1/"),
  ])
  func aPlace(_ text: String, _ endpoints: [String], _ start: String) throws {
    let location = try ClusterLocation(text)
    #expect(location.endpoints.map(\.description) == endpoints && location.keys.start == Array(start.utf8))
  }

  @Test(arguments: ["", "a", "a:", ":1", "a:0", "a:65536", "a:1,", "::1:1", "a b:1", "*:1", "a:1/b/", "a:1x"])
  func whatIsNone(_ text: String) {
    #expect(throws: SourceError.self) { try ClusterLocation(text) }
  }
}
