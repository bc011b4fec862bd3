import Connections
import Testing

/// What is an endpoint, and which addresses it has.
@Suite struct EndpointTests {
  @Test(
    "What leads to another process is read",
    arguments: [
      ("tcp://127.0.0.1:5555", Endpoint.Place.tcp(host: "127.0.0.1", port: "5555")),
      ("tcp://[::1]:1", .tcp(host: "::1", port: "1")),
      ("tcp://worker.example:65535", .tcp(host: "worker.example", port: "65535")),
      ("ipc:///run/waybill.sock", .ipc(path: "/run/waybill.sock")),
      ("ipc://@waybill", .ipc(path: "@waybill")),
    ])
  func read(_ text: String, _ place: Endpoint.Place) throws {
    #expect(try Endpoint(connectingTo: text).place == place)
    #expect(try Endpoint(listeningAt: text).place == place)
    #expect(try Endpoint(connectingTo: text).description == text)
  }

  @Test(
    "To listen there are wildcards, and to connect there are none",
    arguments: [
      "tcp://*:5555", "tcp://127.0.0.1:*", "tcp://lo:0",
    ])
  func wildcards(_ text: String) throws {
    _ = try Endpoint(listeningAt: text)
    #expect(throws: EndpointError.self) { try Endpoint(connectingTo: text) }
  }

  @Test(
    "What is none is refused by a line that names it and says what is wrong",
    arguments: [
      ("", "it is not an endpoint: write tcp://HOST:PORT or ipc://PATH"),
      ("5555", "it is not an endpoint: write tcp://HOST:PORT or ipc://PATH"),
      ("inproc://waybill", "it is not an endpoint: write tcp://HOST:PORT or ipc://PATH"),
      ("ipc://", "it is not an endpoint: write tcp://HOST:PORT or ipc://PATH"),
      ("tcp://lo", "it has no port: write HOST:PORT"),
      ("tcp://[::1]", "it has no port: write HOST:PORT"),
      ("tcp://:5555", "it has no host: write tcp://HOST:PORT, and an IPv6 address in brackets"),
      ("tcp://::1:5555", "it has no host: write tcp://HOST:PORT, and an IPv6 address in brackets"),
      ("tcp://127.0.0.1:", "\"\" is no port, which is a number from 1 to 65535"),
      ("tcp://127.0.0.1:-1", "\"-1\" is no port, which is a number from 1 to 65535"),
      ("tcp://127.0.0.1:1x", "\"1x\" is no port, which is a number from 1 to 65535"),
      ("tcp://127.0.0.1:+1", "\"+1\" is no port, which is a number from 1 to 65535"),
      ("tcp://127.0.0.1:5555 ", "\"5555 \" is no port, which is a number from 1 to 65535"),
      ("tcp://127.0.0.1:65536", "\"65536\" is no port, which is a number from 1 to 65535"),
      ("ipc://" + String(repeating: "x", count: 108), "its path has 108 bytes, and a socket's has 107 at most"),
    ])
  func refused(_ text: String, _ reason: String) throws {
    for isToListen in [false, true] {
      let error = #expect(throws: EndpointError.self) {
        try isToListen ? Endpoint(listeningAt: text) : Endpoint(connectingTo: text)
      }
      #expect(error?.description.hasSuffix(": \(reason)") == true, "\(error.debugDescription)")
      #expect(error?.mayPass == false)
    }
  }

  @Test("A name is looked up, and an address is what it was")
  func addresses() throws {
    #expect(try Endpoint(connectingTo: "tcp://localhost:5555").addresses().contains("tcp://127.0.0.1:5555"))
    for text in ["tcp://127.0.0.1:5555", "tcp://[::1]:5555", "tcp://[fe80::1%lo]:5555", "ipc:///run/x"] {
      #expect(try Endpoint(connectingTo: text).addresses() == [text])
    }
    for text in ["tcp://*:5555", "tcp://lo:5555", "tcp://127.0.0.1:*"] {
      #expect(try Endpoint(listeningAt: text).addressesToListen() == [text])
    }
  }

  @Test("That a host is not known may pass")
  func unknownHost() throws {
    let error = #expect(throws: EndpointError.self) {
      try Endpoint(connectingTo: "tcp://no-such-host.invalid:5555").addresses()
    }
    #expect(error?.mayPass == true && error?.description.contains("\"no-such-host.invalid\" is not known") == true)
  }

  @Test(
    "What a network reaches is not local",
    arguments: [
      ("tcp://127.0.0.1:5555", true), ("tcp://127.1.2.3:*", true), ("tcp://[::1]:5555", true),
      ("tcp://[::ffff:127.0.0.1]:1", true), ("tcp://localhost:5555", true), ("ipc:///run/x", true),
      ("tcp://*:5555", false), ("tcp://0.0.0.0:5555", false), ("tcp://[::]:5555", false), ("tcp://lo:5555", false),
      ("tcp://192.0.2.1:5555", false), ("tcp://no-such-host.invalid:5555", false),
    ])
  func local(_ text: String, _ isLocal: Bool) throws {
    #expect(try Endpoint(listeningAt: text).isLocal == isLocal)
  }
}
