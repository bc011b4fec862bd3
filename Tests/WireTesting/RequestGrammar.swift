internal import ImageAPI

/// Writes requests at random: right ones, and right ones with one thing wrong.
package struct RequestGrammar {
  private var generator: SeededGenerator

  package init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  /// A request that nothing is wrong with.
  package mutating func request() -> Tree {
    switch Int.random(in: 0..<10, using: &generator) {
    case 8: [0, .integer(messageID()), "ListNodes", pick([[], [nil], [listNodes()]])]
    case 9: [0, .integer(messageID()), "ImageLocality", [imageLocality()]]
    case 0: [0, .integer(messageID()), "Status", []]
    case 1: [0, .integer(messageID()), "ListImages", pick([[], [nil]])]
    case 2, 3: [0, .integer(messageID()), "ListImages", [listImages()]]
    default: listImages()
    }
  }

  private mutating func listImages() -> Tree {
    // A request asks for a first page, if the client lacks it, or for one that follows.
    let page: (Tree, Tree) =
      pick([true, false])
      ? ("if_none_match", pick([nil, .text(Sample.etag), "0a"]))
      : ("continue", pick([nil, .text(image().id.description), .text(image().id.hex)]))
    let whose: (Tree, Tree) =
      pick([true, false]) ? ("node", node()) : ("nodes", pick([nil, .flag(false), .flag(true)]))
    var pairs: [(Tree, Tree)] = [
      ("filter", filter()), page, whose, ("if_match", pick([nil, .text(Sample.etag), "0a"])),
      ("limit", limit()),
    ]
    pairs.shuffle(using: &generator)
    let some = Array(pairs.prefix(.random(in: 0...5, using: &generator)))
    return some.isEmpty ? pick([[:], []]) : .map(some)
  }

  private mutating func listNodes() -> Tree {
    let page: (Tree, Tree) =
      pick([true, false]) ? ("if_none_match", pick([nil, .text(Sample.etag)])) : ("continue", node())
    return .map(Array([page, ("limit", limit())].prefix(pick([1, 2]))))
  }

  private mutating func imageLocality() -> Tree {
    let images = (0..<pick([1, 2, 5, 64])).map { _ in self.name() }
    let pairs: [(Tree, Tree)] = [("images", .array(images)), ("limit", limit())]
    return .map(Array(pairs.prefix(pick([1, 2]))))
  }

  private mutating func limit() -> Tree { pick([nil, 1, 3, 127, 128, 65_536, .integer(.max)]) }

  private mutating func node() -> Tree {
    pick([nil, "node-9", "a.b-c.d0"] + Sample.nodes.map { .text($0.name) })
  }

  /// What names an image.
  private mutating func name() -> Tree {
    let id = image().id.hex
    return pick([
      "busybox", "example.org/demo/web", "localhost:5000/demo/named:v2", .text(id),
      .text(String(id.prefix(.random(in: 3...12, using: &generator)))),
      .text("example.org/demo/web@sha256:" + String(repeating: "0", count: 64)),
    ])
  }

  private mutating func filter() -> Tree {
    let name = pick([nil, "", self.name(), self.name(), self.name(), self.name()])
    let specification: Tree = pick([
      ["image": name], ["image": name, "annotations": ["a": "b", "ä": ""]], ["annotations": nil, "image": name],
      ["annotations": [], "image": name],
      ["user_specified_image": "busybox", "runtime_handler": nil, "image_ref": "", "image": name],
    ])
    return pick([nil, [:], [], ["image": []], specification, ["image": specification]])
  }

  private mutating func messageID() -> Int64 {
    pick([0, 1, 127, 128, 65_536, Int64(UInt32.max)])
  }

  private mutating func image() -> Image {
    pick(Sample.images)
  }

  mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
    choices[Int.random(in: choices.indices, using: &generator)]
  }

  mutating func pick(from range: Range<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }
}
