import ArgumentParser
import Diagnostics
import ImageAPI
import WaybillClient

struct LocalityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "locality",
    abstract: "Say on which nodes of a cluster a pod with some images starts soonest.",
    discussion: """
      The nodes that hold most bytes of the images come first. An image is named by a reference, an id, or the beginning \
      of one.

      Example:
        waybill locality docker.io/library/busybox:1.36 docker.io/library/redis:7

      \(CommandError.Code.table([.usage, .badData, .noInput, .unavailable, .software, .system, .inputOutput, .noPermission]))
      """)

  @Argument(help: ArgumentHelp("The images of the pod, 1 to 64.", valueName: "image"))
  var images: [String]

  @Option(parsing: .unconditional, help: "How many nodes to list at most.")
  var limit = ImageLocalityRequest.defaultLimit

  @Option(name: .shortAndLong, help: "What to print: table, json or yaml.")
  var output: OutputFormat = .table

  @OptionGroup var options: ClientOptions

  func validate() throws {
    guard (1...ImageLocalityRequest.maxImages).contains(images.count) else {
      throw ValidationError("Name 1 to \(ImageLocalityRequest.maxImages) images, not \(images.count).")
    }
    guard limit > 0 else { throw ValidationError("The limit is 1 or more, not \(limit).") }
  }

  func run() async throws {
    let client = try options.client()
    let locality: ImageLocality
    do throws(ClientError) {
      let request = ImageLocalityRequest(images: images, limit: limit)
      locality = try await WaitNotice.whileAsking(client) { () async throws(ClientError) in
        try await client.imageLocality(request)
      }
    } catch {
      throw CommandError(error)
    }
    locality.gaps.warn()
    try output.write(LocalityListing(locality: locality))
  }
}

/// What nodes hold of some images, as `waybill locality` shows it.
private struct LocalityListing: Printable {
  let locality: ImageLocality

  var table: String {
    var images = TextTable(header: ["IMAGE", "IMAGE ID", "SIZE", "NODES"])
    for image in locality.images {
      images.append([
        image.image.escaped, image.id.map { String($0.hex.prefix(13)) } ?? "<none>",
        ImageListing.humanSize(image.size), String(image.nodes),
      ])
    }
    var nodes = TextTable(header: ["NODE", "BYTES", "IMAGES"])
    for node in locality.nodes {
      let names = node.images.filter(locality.images.indices.contains).map { locality.images[$0].image }
      nodes.append([node.name.escaped, ImageListing.humanSize(node.bytes), names.joined(separator: ", ").escaped])
    }
    return images.text + "\n" + nodes.text
  }

  var document: Document {
    .object([
      ("images", .array(locality.images.map(Self.document(of:)))),
      ("nodes", .array(locality.nodes.map(Self.document(of:)))),
    ])
  }

  private static func document(of image: ImageLocality.RequestedImage) -> Document {
    .object([
      ("image", .string(image.image)), ("id", image.id.map { .string($0.description) } ?? .null),
      ("size", .string(String(image.size))), ("nodes", .integer(image.nodes)),
    ])
  }

  private static func document(of node: ImageLocality.Node) -> Document {
    .object([
      ("name", .string(node.name)), ("bytes", .string(String(node.bytes))),
      ("images", .array(node.images.map(Document.integer))),
    ])
  }
}
