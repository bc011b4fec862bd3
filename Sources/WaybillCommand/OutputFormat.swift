import ArgumentParser
import Yams

/// How a command prints what it has to say.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json, yaml

  func write(_ output: some Printable) throws {
    switch self {
    case .table: try StandardOutput.write(output.table)
    case .json: try StandardOutput.write(output.document.json + "\n")
    case .yaml: try StandardOutput.write(try Yams.serialize(node: output.document.yaml))
    }
  }
}

/// Something that says how it is shown to people, and how to programs.
protocol Printable {
  var table: String { get }
  var document: Document { get }
}
