import Foundation
import Testing

/// A client that has nothing of grpcio: gRPC for Go. `make test-cri` installs Go.
@Suite(.enabled(if: LongProofs.areWanted, "make test-cri runs it")) struct GoClientTests {
  private struct Said: Decodable {
    let list: [String]
    let stream: [String]
    let status: String
    let used: Int
    let runtime: String
    let ready: Bool
    let pull: String
  }

  @Test func eachCall() async throws {
    let folder = try TemporaryFolder()
    let socket = "\(folder.path)/cri.sock"
    let built = try await Tool.finish(
      ["go", "build", "-o", "\(folder.path)/client", Repository.script("cri_client.go")],
      environment: ["GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOCACHE": "\(folder.path)/cache"],
      within: .seconds(300))
    try #require(built.exitCode == 0, "\(built.errors)")
    let arguments = ["--bind", "tcp://127.0.0.1:*", "--cri", "unix://\(socket)"]
    try await withWorker(serving: "oci:\(Repository.sampleLayout)", at: arguments) { (worker) async throws in
      for name in [nil, "busybox", "example.org/demo/multi:1.0"] {
        let result = try await Tool.finish(["\(folder.path)/client", socket] + (name.map { [$0] } ?? []))
        try #require(result.exitCode == 0, "\(result)")
        let said = try JSONDecoder().decode(Said.self, from: Data(result.output.utf8))
        let ids = try await Waybill.run(
          ["images", "-q", "--endpoint", worker.endpoint] + (name.map { [$0] } ?? [])
        ).output.split(separator: "\n").map(String.init)
        #expect(said.list == ids && said.stream == ids && said.status == ids.first)
        #expect(said.used == 3_393 && said.runtime == "waybill" && said.ready && said.pull == "Unimplemented")
      }
    }
  }
}

/// Proofs that take minutes, or need what only they need.
enum LongProofs {
  static let areWanted = ProcessInfo.processInfo.environment["CRI"] != nil
}
