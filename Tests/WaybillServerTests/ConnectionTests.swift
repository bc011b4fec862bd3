import Foundation
import ServiceTesting
import Testing
import ZeroMQ

@testable import WaybillServer

@Suite struct ConnectionTests {
  @Test("The kernel looks after connections that are silent, so that one whose machine vanished ends")
  func probes() throws {
    let context = try Context()
    let server = try Socket(.rep, in: context)
    try server.configureForClients(linger: .zero)
    let endpoint = try server.bind("tcp://127.0.0.1:*")
    let client = try openRequester(endpoint)
    try client.send([1])
    try server.send(try server.receive().bytes)
    _ = try client.receive().bytes

    let port = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
    let local = "0100007F:" + String(format: "%04X", port)
    func timer() throws -> Substring? {
      try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n")
        .map { $0.split(separator: " ") }.first { $0[1] == local && $0[3] == "01" }?[5]
    }
    // Once the reply is acknowledged: the timer of the probes, number 2, and the hundredths of a second that are left.
    let isProbed = try eventually { try timer()?.hasPrefix("02:") == true }
    let left = try timer()?.split(separator: ":").last.flatMap { Int($0, radix: 16) }
    #expect(isProbed && left.map { $0 <= 1_000 } == true)
  }
}
