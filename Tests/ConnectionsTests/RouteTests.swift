import Connections
import CurveSecurity
import Foundation
import Testing
import ZeroMQ

/// The ways to a server.
@Suite struct RouteTests {
  @Test("Each key that the server may have is tried at each of its addresses, and all are read anew")
  func keys() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "routes-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let security = ClientSecurity.curve(ServerKeys(folder), try CurveKeyPair.generate())
    let endpoint = try Endpoint(connectingTo: "tcp://127.0.0.1:5555")
    #expect(throws: RouteError.self) { try endpoint.routes(as: security) }
    let old = try Certificate.generate(named: "\(folder)/old", replaces: false)
    #expect(try endpoint.routes(as: security).count == 1)
    let new = try Certificate.generate(named: "\(folder)/new", replaces: false)
    #expect(try endpoint.routes(as: security).count == 2)
    #expect(try Set(security.serverKeys()) == [old, new])
    // A broken file leaves out that key.
    try Data("nonsense".utf8).write(to: URL(filePath: "\(folder)/broken.key"))
    #expect(try Set(security.serverKeys()) == [old, new])
    try FileManager.default.removeItem(atPath: "\(folder)/old.key")
    #expect(try security.serverKeys() == [new])
    #expect(try ServerKeys([new, "\(folder)/new.key", old]).read() == [new, old])
  }

  @Test("Without keys there is a way for each address")
  func plain() throws {
    let endpoint = try Endpoint(connectingTo: "tcp://localhost:5555")
    #expect(try endpoint.routes(as: .none).map(\.address) == endpoint.addresses())
  }
}
