import Concurrency
import Connections
import Operations
import Yams

/// A service that is asked over HTTP how it is.
struct WatchedService {
  private let address: String
  private let host: String
  private let port: String
  private let timeout: Double

  /// - Throws: ``CommandError`` for what is no address.
  init(_ address: String, waitingAtMost timeout: Double) throws(CommandError) {
    do throws(EndpointError) {
      let endpoint = try Endpoint(connectingTo: "tcp://\(address)")
      guard case .tcp(let host, let port) = endpoint.place else { preconditionFailure("tcp:// is no path") }
      (self.address, self.host, self.port, self.timeout) = (address, host, port, timeout)
    } catch {
      throw CommandError(message: "--admin \(error)", code: error.mayPass ? .unavailable : .usage)
    }
  }

  /// Writes what it says, and throws where it says that it is not ready.
  func write(as format: OutputFormat) async throws {
    switch format {
    case .table: try StandardOutput.write(try await get("/status.txt"))
    case .json: try StandardOutput.write(try await get("/status"))
    case .yaml:
      // JSON is YAML, and is read as such.
      guard let node = try? Yams.compose(yaml: try await get("/status")) else { throw strange("no JSON") }
      try format.write(Answer(document: Document(node)))
    }
    let readiness = try await answer("/readyz")
    guard readiness.status == 200 else {
      throw CommandError(message: "\(address) is not ready: \(readiness.body.dropLast())", code: .unavailable)
    }
  }

  private struct Answer: Printable {
    let document: Document
    var table: String { document.json }
  }

  private func get(_ path: String) async throws(CommandError) -> String {
    let (status, body) = try await answer(path)
    guard status == 200 else { throw strange("the status \(status) for \(path)") }
    return body
  }

  private func answer(_ path: String) async throws(CommandError) -> (status: Int, body: String) {
    do throws(HTTPServerError) {
      return try await NamedThread.run("waybill-http") { () throws(HTTPServerError) in
        try HTTPClient.get(path, from: host, port: port, waitingAtMost: timeout)
      }
    } catch {
      throw CommandError(message: "no answer over HTTP from \(address): \(error)", code: .unavailable)
    }
  }

  private func strange(_ what: String) -> CommandError {
    CommandError(message: "what answers at \(address) is no waybill: it says \(what)", code: .software)
  }
}
