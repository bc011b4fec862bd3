import ImageAPI
import ImageSources
import Testing

@Suite struct ImageSourceLocationTests {
  @Test(arguments: ["/srv/images", "images", "/srv/a:b", "C:/x", "/srv/images:latest", " "])
  func allAfterTheFirstColonIsThePath(path: String) throws {
    let location = try ImageSourceLocation("oci:\(path)")
    #expect(location.transport == .oci)
    #expect(location.path == path)
    #expect(location.description == "oci:\(path)")
  }

  @Test(arguments: [
    ("/srv/images", ["\"/srv/images\"", "oci:PATH"]),
    ("", ["\"\"", "oci:PATH"]),
    ("oci", ["\"oci\"", "oci:PATH"]),
    ("docker:busybox", ["\"docker\"", "\"docker:busybox\"", "oci:PATH"]),
    ("OCI:/srv", ["\"OCI\"", "oci:PATH"]),
    (":/srv", ["\"\"", "oci:PATH"]),
    ("oci:", ["\"oci:\"", "no path"]),
    ("oci:a\0b", ["no path"]),
    ("a\u{1b}[31m:b", ["\\u{1B}"]),
  ])
  func whatNamesNoSourceIsRefused(text: String, parts: [String]) throws {
    let error = try #require(throws: SourceError.self) { try ImageSourceLocation(text) }
    #expect(error.code == .badLocation)
    for part in parts { #expect(error.message.contains(part), "\(error)") }
  }

  @Test func opensWhatItNames() throws {
    let layout = try TestLayout()
    try layout.list([layout.image("a:1")])
    var source = try ImageSourceLocation("oci:\(layout.path)").open()
    #expect(source.name == "oci:\(layout.path)")
    #expect(try source.read()?.images.map(\.repoTags) == [["a:1"]])
  }
}
