import ArgumentParser
import Yams

/// How a command prints what it has to say.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json, yaml

  func print(_ output: some Printable) throws {
    switch self {
    case .table: Swift.print(output.table, terminator: "")
    case .json: Swift.print(output.document.json)
    case .yaml: Swift.print(try Yams.serialize(node: output.document.yaml), terminator: "")
    }
  }
}

/// Something that says how it is shown to people, and how to programs.
protocol Printable {
  var table: String { get }
  var document: Document { get }
}
