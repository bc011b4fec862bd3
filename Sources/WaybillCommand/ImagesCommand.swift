import ArgumentParser
import Foundation
import ImageAPI
import WaybillClient

struct ImagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract: "List images, all or those of a name.",
    discussion: """
      NAME is a reference (busybox means docker.io/library/busybox:latest), an image's id, or the beginning of one. A \
      name that no image has gives an empty list. Where images cannot be read, or a source cannot be read just now, a \
      line on standard error says so.

      Exit codes: 0 there is an answer, 64 the command line or NAME is wrong, 69 nobody answers or nobody can yet, 70 the \
      answer makes no sense, 71 the system refuses a socket, 74 the list cannot be written.
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

  @Option(help: "Ask again every so many seconds, and print what was added, changed and removed. Ends with Ctrl-C.")
  var watch: Double?

  @OptionGroup var options: ClientOptions

  func validate() throws {
    guard let watch else { return }
    guard watch > 0, watch <= 86_400 else {
      throw ValidationError("To watch takes more than 0 and at most 86400 seconds, not \(watch).")
    }
    guard output == .table else { throw ValidationError("To watch prints lines, not \(output.rawValue).") }
  }

  func run() async throws {
    let client = try options.client()
    guard let list = try await list(of: client, ifNoneMatch: nil) else {
      throw CommandError(message: "the worker says that nothing changed, and was not asked that", code: .software)
    }
    list.gaps.warn()
    if quiet {
      try StandardOutput.write(list.images.map { "\($0.id)\n" }.joined())
    } else {
      try output.write(ImageListing(images: list.images, showsDigests: digests, isTruncated: !noTrunc))
    }
    guard let watch else { return }
    try await watchForChanges(of: client, after: list, every: .seconds(watch))
  }

  /// The whole list; nil when it still has this etag.
  private func list(
    of client: Client, ifNoneMatch etag: String?
  ) async throws(CommandError) -> ListImagesReply.ImageList? {
    do throws(ClientError) {
      switch try await client.listAllImages(image: name, ifNoneMatch: etag) {
      case .images(let list): return list
      case .notModified: return nil
      }
    } catch {
      throw CommandError(error)
    }
  }

  /// Goes on when no worker answers. The changes of that time are printed when one answers again.
  private func watchForChanges(
    of client: Client, after first: ListImagesReply.ImageList, every interval: Duration
  ) async throws {
    var known = first
    while true {
      try await Task.sleep(for: interval)
      do throws(CommandError) {
        guard let list = try await list(of: client, ifNoneMatch: known.etag) else { continue }
        if list.gaps != known.gaps { list.gaps.warn() }
        try StandardOutput.write(ImageChanges(from: known.images, to: list.images).lines.map { "\($0)\n" }.joined())
        known = list
      } catch {
        guard error.code != .inputOutput else { throw error }
        error.report()
      }
    }
  }
}
