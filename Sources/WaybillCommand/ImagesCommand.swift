import ArgumentParser
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

      \(CommandError.Code.table([.usage, .badData, .noInput, .unavailable, .software, .system, .inputOutput, .noPermission]))
      """)

  @Argument(help: "A reference, an id, or the beginning of an id. (default: every image)")
  var name: String?

  @Option(help: ArgumentHelp("Only the images of a node of the cluster, as it says them.", valueName: "name"))
  var node: String?

  @Flag(help: "Show which nodes of the cluster hold each image.")
  var nodes = false

  @Flag(help: "Show the column DIGEST.")
  var digests = false

  @Flag(help: "Show ids and digests in full.")
  var noTrunc = false

  @Flag(name: .shortAndLong, help: "Print ids only.")
  var quiet = false

  @Option(name: .shortAndLong, help: "What to print: table, json or yaml.")
  var output: OutputFormat = .table

  @Option(
    parsing: .unconditional,
    help: "Ask again every so many seconds, and print what was added, changed and removed. Ends with Ctrl-C.")
  var watch: Double?

  @OptionGroup var options: ClientOptions

  /// More than a reference has, and less than a worker takes of a whole request.
  private static let maxNameBytes = 4_096

  func validate() throws {
    if let name {
      guard !name.isEmpty else { throw ValidationError("NAME is empty. Leave it out to list every image.") }
      guard name.utf8.count <= Self.maxNameBytes else {
        throw ValidationError("NAME has \(name.utf8.count) bytes, and a reference has \(Self.maxNameBytes) at most.")
      }
    }
    guard node == nil || !nodes else {
      throw ValidationError("--nodes is for the images of all nodes, and --node for those of one.")
    }
    guard let watch else { return }
    guard watch > 0, watch <= 86_400 else {
      throw ValidationError("To watch takes more than 0 and at most 86400 seconds, not \(watch).")
    }
    guard output == .table else { throw ValidationError("To watch prints lines, not \(output.rawValue).") }
  }

  func run() async throws {
    let client = try options.client()
    if let watch { return try await follow(client, every: .seconds(watch)) }
    guard case .images(let list) = try await list(of: client, ifNoneMatch: nil) else {
      throw CommandError(message: "the worker says that nothing changed, and was not asked that", code: .software)
    }
    try show(list)
  }

  private func show(_ list: ListImagesReply.ImageList) throws(CommandError) {
    list.gaps.warn()
    if quiet {
      try StandardOutput.write(list.images.map { "\($0.id)\n" }.joined())
    } else {
      try output.write(ImageListing(images: list.images, showsDigests: digests, isTruncated: !noTrunc))
    }
  }

  /// The whole list, or that it still has this etag.
  private func list(
    of client: Client, ifNoneMatch etag: String?, knowingOfFailure isSaid: Bool = false
  ) async throws(CommandError) -> ListImagesReply {
    do throws(ClientError) {
      return try await WaitNotice.whileAsking(client, unless: isSaid) { () async throws(ClientError) in
        try await client.listAllImages(image: name ?? "", node: node, listsNodes: nodes, ifNoneMatch: etag)
      }
    } catch {
      throw CommandError(error)
    }
  }

  /// Waits where no worker answers, and says so once. The changes of that time are printed when one answers again. Ends
  /// when nobody reads any more.
  private func follow(_ client: Client, every interval: Duration) async throws {
    var known: ListImagesReply.ImageList?
    var failure: String?
    while StandardOutput.isOpen {
      do throws(CommandError) {
        let list = try await list(of: client, ifNoneMatch: known?.etag, knowingOfFailure: failure != nil)
        if failure != nil { StandardError.say("the list is there again") }
        failure = nil
        switch list {
        case .images(let list):
          try showChanges(to: list, from: known)
          known = list
        case .notModified(_, let gaps):
          // A source may be stale though no image has changed.
          if gaps != known?.gaps { gaps.warn() }
          known?.gaps = gaps
        }
      } catch {
        guard error.code == .unavailable else { throw error }
        if error.message != failure { error.report() }
        failure = error.message
      }
      try await Task.sleep(for: interval)
    }
  }

  private func showChanges(
    to list: ListImagesReply.ImageList, from known: ListImagesReply.ImageList?
  ) throws(CommandError) {
    guard let known else { return try show(list) }
    if list.gaps != known.gaps { list.gaps.warn() }
    let changes = ImageChanges(from: known.images, to: list.images, showsNames: !quiet)
    try StandardOutput.write(changes.lines.map { "\($0)\n" }.joined())
  }
}
