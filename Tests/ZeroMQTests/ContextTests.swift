import Foundation
import Testing

@testable import ZeroMQ

@Suite struct ContextTests {
  @Test func shutdownWakesABlockedReceive() throws {
    let context = try Context()
    let thread = Background { () throws -> ZeroMQError.Code? in
      let socket = try Socket(.rep, in: context)
      try socket.bind("inproc://asleep")
      do throws(ZeroMQError) {
        _ = try socket.receive()
        return nil
      } catch {
        return error.code
      }
    }
    Thread.sleep(forTimeInterval: 0.05)
    context.shutdown()
    #expect(try thread.value() == .contextTerminated)
  }

  @Test func shutdownWakesAPoller() throws {
    let context = try Context()
    let thread = Background { () throws -> ZeroMQError.Code? in
      let socket = try Socket(.rep, in: context)
      var poller = Poller()
      poller.add(socket)
      do throws(ZeroMQError) {
        try poller.wait(timeout: nil)
        return nil
      } catch {
        return error.code
      }
    }
    Thread.sleep(forTimeInterval: 0.05)
    context.shutdown()
    #expect(try thread.value() == .contextTerminated)
  }

  @Test func noSocketAfterShutdown() throws {
    let context = try Context()
    context.shutdown()
    let error = #expect(throws: ZeroMQError.self) { _ = try Socket(.rep, in: context).type }
    #expect(error?.code == .contextTerminated)
  }

  @Test func aSocketKeepsItsContext() throws {
    weak var context: Context?
    func make() throws -> Socket {
      let made = try Context(ioThreads: 2)
      context = made
      return try open(.rep, in: made)
    }
    let socket = try make()
    #expect(context != nil)
    socket.close()
    #expect(context == nil)
  }

  @Test(arguments: [(-1, 10), (1, 0), (1, .max), (.max, 10)])
  func limitsOutOfRange(ioThreads: Int, maxSockets: Int) throws {
    let error = #expect(throws: ZeroMQError.self) { try Context(ioThreads: ioThreads, maxSockets: maxSockets) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func tooManySockets() throws {
    let context = try Context(maxSockets: 1)
    let first = try open(.rep, in: context)
    let error = #expect(throws: ZeroMQError.self) { _ = try Socket(.rep, in: context).type }
    #expect(error?.code == .tooManySockets)
    first.close()
  }

  @Test func everyTypeOpens() throws {
    let context = try Context()
    for type in SocketType.allCases {
      let socket = try open(type, in: context)
      #expect(socket.type == type)
    }
  }
}
