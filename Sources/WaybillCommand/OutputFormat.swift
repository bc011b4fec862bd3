import ArgumentParser
import Yams

/// The format in which a command prints its result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json, yaml

  func write(_ output: some Printable) throws(CommandError) {
    switch self {
    case .table: try StandardOutput.write(output.table)
    case .json: try StandardOutput.write(output.document.json + "\n")
    case .yaml: try StandardOutput.write(try Self.yaml(output.document))
    }
  }

  private static func yaml(_ document: Document) throws(CommandError) -> String {
    do {
      return try Yams.serialize(node: document.yaml)
    } catch {
      throw CommandError(message: "cannot write YAML: \(error)", code: .software)
    }
  }
}

/// Something that can be printed in every format.
protocol Printable {
  var table: String { get }
  var document: Document { get }
}
