import ArgumentParser
import ImageAPI
import Waybill

struct ImagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract: "List images, all or those of a name.",
    discussion: """
      NAME is a reference (busybox means docker.io/library/busybox:latest), an image's id, or the beginning of one. A \
      name that no image has gives an empty list.

      Exit codes: 0 there is an answer, 64 the command line or NAME is wrong, 69 nobody answers or nobody can yet, 70 the \
      answer makes no sense, 71 the system refuses a socket.
      """)

  @Argument(help: "A reference, an id, or the beginning of an id. (default: every image)")
  var name: String = ""

  @Flag(help: "Show the column DIGEST.")
  var digests = false

  @Flag(help: "Show ids and digests in full.")
  var noTrunc = false

  @Flag(name: .shortAndLong, help: "Print ids only.")
  var quiet = false

  @Option(name: .shortAndLong, help: "What to print: table, json or yaml.")
  var output: OutputFormat = .table

  @OptionGroup var options: ClientOptions

  func run() throws {
    let reply: ListImagesReply
    do throws(ClientError) {
      reply = try options.client.listImages(ListImagesRequest(image: name))
    } catch {
      throw CommandFailure(error)
    }
    guard case .images(let list) = reply else {
      throw CommandFailure(message: "the worker says that nothing changed, and was not asked that", code: .software)
    }
    if quiet {
      for image in list.images { print(image.id) }
    } else {
      try output.print(ImageListing(images: list.images, showsDigests: digests, isTruncated: !noTrunc))
    }
  }
}
