import ArgumentParser
import Diagnostics
import ImageAPI
import WaybillClient

struct NodesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nodes",
    abstract: "List the nodes of a cluster.",
    discussion: """
      A node is current, or syncing while its newest record is not whole yet: then its last whole inventory is listed. A \
      node that is gone is named for an hour. SINCE is how long the node has said nothing new, as the worker that \
      answers saw it.

      \(CommandError.Code.table([.usage, .badData, .noInput, .unavailable, .software, .system, .inputOutput, .noPermission]))
      """)

  @Flag(name: .shortAndLong, help: "Print names only, without those that are gone.")
  var quiet = false

  @Option(name: .shortAndLong, help: "What to print: table, json or yaml.")
  var output: OutputFormat = .table

  @OptionGroup var options: ClientOptions

  func run() async throws {
    let client = try options.client()
    let list: NodeList
    do throws(ClientError) {
      list = try await WaitNotice.whileAsking(client) { () async throws(ClientError) in try await client.listAllNodes()
      }
    } catch {
      throw CommandError(error)
    }
    list.gaps.warn()
    if quiet {
      try StandardOutput.write(list.nodes.filter { $0.state != .gone }.map { "\($0.name.escaped)\n" }.joined())
    } else {
      try output.write(NodeListing(nodes: list.nodes))
    }
  }
}

/// Nodes as `waybill nodes` shows them.
private struct NodeListing: Printable {
  let nodes: [NodeStatus]

  var table: String {
    var table = TextTable(header: ["NODE", "STATE", "IMAGES", "LEFT OUT", "SINCE", "STALE"])
    for node in nodes {
      table.append([
        node.name.escaped, node.state.rawValue, String(node.images), String(node.gaps.leftOut),
        Duration.text(ofSeconds: node.age), node.gaps.stale.joined(separator: ", ").escaped,
      ])
    }
    return table.text
  }

  var document: Document { .object([("nodes", .array(nodes.map(Self.document(of:))))]) }

  private static func document(of node: NodeStatus) -> Document {
    .object([
      ("name", .string(node.name)),
      ("state", .string(node.state.rawValue)),
      ("images", .integer(node.images)),
      ("etag", .string(node.etag)),
      ("age", .integer(Int(clamping: node.age))),
      ("leftOut", .integer(node.gaps.leftOut)),
      ("stale", .array(node.gaps.stale.map(Document.string))),
    ])
  }
}
