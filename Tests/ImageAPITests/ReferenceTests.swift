import Diagnostics
import ImageAPI
import Testing
import WireTesting

private let digest = digestText("abc")

private func x(_ count: Int) -> String { String(repeating: "x", count: count) }

@Suite struct ReferenceTests {
  @Test(
    "A reference is normalised by the rule of Docker and containerd",
    arguments: [
      ("busybox", "docker.io/library/busybox:latest"),
      ("library/busybox", "docker.io/library/busybox:latest"),
      ("docker.io/busybox:latest", "docker.io/library/busybox:latest"),
      ("docker.io/library/busybox:latest", "docker.io/library/busybox:latest"),
      ("index.docker.io/busybox", "docker.io/library/busybox:latest"),
      ("index.docker.io/library/busybox:1", "docker.io/library/busybox:1"),
      ("index.docker.io/a/b", "docker.io/a/b:latest"),
      ("docker.io/a/b", "docker.io/a/b:latest"),
      ("a/b:tag", "docker.io/a/b:tag"),
      ("gcr.io/library/busybox", "gcr.io/library/busybox:latest"),
      ("gcr.io/busybox", "gcr.io/busybox:latest"),
      ("busybox@\(digest)", "docker.io/library/busybox@\(digest)"),
      ("gcr.io/library/busybox:latest@\(digest)", "gcr.io/library/busybox@\(digest)"),
      ("busybox:1.2@\(digest)", "docker.io/library/busybox@\(digest)"),
      ("localhost/fooo", "localhost/fooo:latest"),
      ("localhost:5000/fooo:1", "localhost:5000/fooo:1"),
      ("localhost:5000", "docker.io/library/localhost:5000"),
      ("localhost", "docker.io/library/localhost:latest"),
      ("LOCALDOMAIN/fooo", "LOCALDOMAIN/fooo:latest"),
      ("aB/fooo", "aB/fooo:latest"),
      ("test_com/foo", "docker.io/test_com/foo:latest"),
      ("test.com/foo", "test.com/foo:latest"),
      // What looks like a host and is none is a component of a path without a host.
      ("foo_bar.com/app", "foo_bar.com/app:latest"),
      ("foo_bar.com/app:1", "foo_bar.com/app:1"),
      ("a__b.c/d/e@\(digest)", "a__b.c/d/e@\(digest)"),
      ("test.com:8080/foo", "test.com:8080/foo:latest"),
      ("test.com:8080/foo:tag", "test.com:8080/foo:tag"),
      ("a:1/b", "a:1/b:latest"),
      ("192.168.0.1", "docker.io/library/192.168.0.1:latest"),
      ("192.168.0.1:80", "docker.io/library/192.168.0.1:80"),
      ("192.168.0.1:80/debian", "192.168.0.1:80/debian:latest"),
      ("[fc00::1]:5000/docker", "[fc00::1]:5000/docker:latest"),
      ("[fc00::1]/docker/docker", "[fc00::1]/docker/docker:latest"),
      ("[FC00:1:2:3:4:5:6:7]:5000/library/debian:x", "[FC00:1:2:3:4:5:6:7]:5000/library/debian:x"),
      ("xn--n3h.com/myimage", "xn--n3h.com/myimage:latest"),
      ("xn--7o8h.com/myimage:xn--7o8h.com", "xn--7o8h.com/myimage:xn--7o8h.com"),
      ("foo/foo_bar.com:8080", "docker.io/foo/foo_bar.com:8080"),
      ("a.b/c.d/e__f/g_h/i-j/k----l", "a.b/c.d/e__f/g_h/i-j/k----l:latest"),
      ("busybox:_", "docker.io/library/busybox:_"),
      ("busybox:A.b-c_", "docker.io/library/busybox:A.b-c_"),
      ("sha256:abc", "docker.io/library/sha256:abc"),
      (String(repeating: "a", count: 63), "docker.io/library/\(String(repeating: "a", count: 63)):latest"),
      ("\(hex("abc"))0", "docker.io/library/\(hex("abc"))0:latest"),
      ("\(hex("abc")):1", "docker.io/library/\(hex("abc")):1"),
      ("a/\(hex("abc"))", "docker.io/a/\(hex("abc")):latest"),
      (
        "a@sha384:\(String(repeating: "a", count: 96))",
        "docker.io/library/a@sha384:\(String(repeating: "a", count: 96))"
      ),
      (
        "a@sha512:\(String(repeating: "a", count: 128))",
        "docker.io/library/a@sha512:\(String(repeating: "a", count: 128))"
      ),
      ("busybox:\(x(128))", "docker.io/library/busybox:\(x(128))"),
      (x(247), "docker.io/library/\(x(247)):latest"),
      ("a/\(x(253))", "docker.io/a/\(x(253)):latest"),
      ("a.b/\(x(255))", "a.b/\(x(255)):latest"),
      ("\(x(600)).b/c", "\(x(600)).b/c:latest"), ("\(x(476)).b/c", "\(x(476)).b/c:latest"),
      ("\(x(475)).b/c", "\(x(475)).b/c:latest"),
    ] as [(String, String)])
  func normalised(text: String, whole: String) throws {
    let reference = try ImageReference(text)
    #expect(reference.description == whole)
    // What is normal stays as it is, or names compared in the two ways would differ.
    #expect(try ImageReference(whole) == reference)
    // The shorter way to what the registry looks up.
    ImageReference.normalise(text.utf8.span.bytes) { bytes in
      #expect(bytes.withUnsafeBytes { $0.elementsEqual(whole.utf8) })
    }
  }

  @Test("Normalising without a look at the grammar gives what the grammar gives")
  func shortcut() {
    var generator = SeededGenerator(seed: 18)
    let parts = [
      ["", "docker.io", "index.docker.io", "a.b", "foo_bar.com", "localhost", "A", "app", "[::1]:80", "a@b", "-.c"],
      ["", "/"], ["", "app", "a/b", "library/app", "a//b", "a:1/b", "A"],
      ["", ":", ":1", ":a/b", ":..", ":1:2"], ["", "", "@", "@\(digest)", "@sha256:abc", "@\(digest):1"],
    ]
    var kinds = (same: 0, other: 0, none: 0)
    for _ in 0..<20_000 {
      let text = parts.compactMap { $0.randomElement(using: &generator) }.joined()
      let whole = (try? ImageReference(text))?.description
      ImageReference.normalise(text.utf8.span.bytes) { bytes in
        let given = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(given == whole ?? text)
      }
      if whole == nil { kinds.none += 1 } else if whole == text { kinds.same += 1 } else { kinds.other += 1 }
    }
    #expect(min(kinds.same, kinds.other, kinds.none) > 100, "\(kinds)")
  }

  @Test("A reference has a domain, a path and a version")
  func parts() throws {
    let tagged = try ImageReference("[fc00::1]:5000/a/b:c")
    #expect(tagged.domain == "[fc00::1]:5000")
    #expect(tagged.path == "a/b")
    #expect(tagged.version == .tag("c"))
    #expect(tagged.repository == "[fc00::1]:5000/a/b")
    let untagged = try ImageReference("test_com/foo")
    #expect(untagged.domain == "docker.io")
    #expect(untagged.path == "test_com/foo")
    #expect(untagged.version == .tag("latest"))
    #expect(try ImageReference("a:tag@\(digest)").version == .digest(digest))
  }

  @Test(
    "What is not a reference is refused",
    arguments: [
      "", " ", "docker/Docker", "docker.io/docker/Docker", "-docker", "-docker/docker", "-docker.io/docker/docker",
      "docker///docker", "docker.io/docker///docker", "https://github.com/docker/docker", "docker/", "docker.io/",
      "/docker", "/", "dock..er/docker", "dock.er..io/docker", "docker-/docker", "docker_/docker", "docker.", ".docker",
      "dock___er", "dock._er", "dock-_er", "dock.-er", "_docker", "docker_", ":justtag", ":", "@", "a:", "a@", "a:b:c",
      "Foo:1", "Foo", "a//b", "-x", ":tag", "a b", "a\tb", "a\n", "a\0", "ä", "a:ä", "a%", "a/b%", "a\u{301}",
      "a:.b", "a:-b", "a:b/c", "busybox@\(hex("abc"))", "repo@sha256:abc", "@\(digest)", "a@sha256:\(hex("ABC"))",
      "a@sha256:\(hex("abc").dropLast())", "a@sha256:\(hex("abc"))0", "a@sha256:\(hex("xyz"))", "a@sha256",
      "a@sha256:", "a@md5:\(hex("abc").prefix(32))", "a@sha384:\(hex("abc"))", "a@sha512:\(hex("abc"))",
      "a@SHA256:\(hex("abc"))", "a@\(digest)@\(digest)", "a@\(digest):tag", "a@sha256:sha256:\(hex("abc"))",
      "a.b:/c", "a.b:80a/c", "a.b:-1/c", "a.b:٣/c", "a..b/c", ".a/c", "a./c", "-a.b/c", "a-.b/c", "a_b.c:80/d", ":80/a",
      "a_b.C/d", "a_.b/c", "a_b.c//d", "a_b.c/\(x(250))",
      "[fc00::1]", "[fc00::1]:5000", "fc00::1:5000/debian", "[fe80::1%eth0]:5000/debian", "[]:5000/debian",
      "[fc00::1/debian", "fc00::1]/debian", "[2001:db8:3:4::192.0.2.33]:5000/debian", "[fc00::1]5000/debian",
      "[fc00::1]:/debian", hex("abc"), String(repeating: "f", count: 64), "a:\(x(129))", "a.b/\(x(256))",
      "a/\(x(254))", x(248), "library/\(x(248))",
    ] as [String])
  func refused(text: String) throws {
    let error = try #require(throws: APIError.self) { try ImageReference(text) }
    #expect(error.code == .invalidArgument)
    #expect(error.message.hasPrefix("\(quoted(text)) is not an image reference: "))
    #expect(error.message.unicodeScalars.count < 500)
  }

  @Test(
    "An error names what is wrong",
    arguments: [
      ("", "\"\" is not an image reference: it is empty"),
      (
        "Foo:1",
        "\"Foo:1\" is not an image reference: \"Foo\" is not a repository's name: lower-case letters and digits, joined by '.', '_', '__' or '-'"
      ),
      ("a//b", "\"a//b\" is not an image reference: its repository has an empty component"),
      (":tag", "\":tag\" is not an image reference: its repository has an empty component"),
      (
        "a:-",
        "\"a:-\" is not an image reference: \"-\" is not a tag: a letter, digit or '_', then at most 127 of these, '.' and '-'"
      ),
      (
        "repo@sha256:abc",
        "\"repo@sha256:abc\" is not an image reference: \"sha256:abc\" is not a digest: sha256: and 64 lower-case hexadecimal digits"
      ),
      ("a.b:x/c", "\"a.b:x/c\" is not an image reference: \"x\" is not a port"),
      ("a..b/c", "\"a..b/c\" is not an image reference: \"a..b\" is not a registry's host"),
      (x(248), "\"\(x(80))…\" is not an image reference: its repository has 256 characters, more than 255"),
      (hex("0"), "\"\(hex("0"))\" is not an image reference: 64 hexadecimal digits are an image's id"),
    ] as [(String, String)])
  func messages(text: String, message: String) throws {
    #expect(try #require(throws: APIError.self) { try ImageReference(text) }.message == message)
  }

  @Test(
    "A reference of a megabyte is refused with a short message",
    arguments: ["x", "X", "/", ":", "@", "\u{1b}", "\u{301}"])
  func huge(unit: String) throws {
    let text = String(repeating: unit, count: 1_000_000 / unit.utf8.count)
    let error = try #require(throws: APIError.self) { try ImageReference(text) }
    #expect(error.message.utf8.count < 2_500)
  }
}
