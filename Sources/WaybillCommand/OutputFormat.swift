import ArgumentParser
import Yams

/// The format in which a command prints its result.
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

/// Something that can be printed in every format.
protocol Printable {
  var table: String { get }
  var document: Document { get }
}
