import Testing
import WaybillServer

@testable import WaybillBroker

/// Each transition of the broker's state machine, by a clock that is set by hand.
@Suite struct DispatcherTests {
  private let limits = DispatchLimits(
    deadline: .seconds(4), retryAfter: .seconds(1), gathering: .seconds(2), maxAttempts: 3, maxWaiting: 3,
    maxBytes: 1_000, maxInFlight: 1)

  /// A pool of workers from 1 on.
  private func pool(of workers: Int, _ limits: DispatchLimits? = nil) -> TestPool {
    var pool = TestPool(limits ?? self.limits)
    for worker in 0..<workers {
      let steps = pool.join(worker + 1)
      #expect(steps == [.welcome(worker + 1)])
    }
    return pool
  }

  private func expect(_ steps: [TestPool.Step], _ expected: TestPool.Step..., at: SourceLocation = #_sourceLocation) {
    #expect(steps == expected, sourceLocation: at)
  }

  @Test("Without a worker a request is refused at once, but when the broker has just begun")
  func noWorker() throws {
    var pool = pool(of: 0)
    expect(pool.ask(1))
    #expect(pool.wake <= .seconds(2))
    expect(pool.pass(.milliseconds(1_999)))
    expect(pool.ask(2))
    expect(pool.pass(.milliseconds(1)), .refuse(1, .noWorker), .refuse(2, .noWorker))
    expect(pool.ask(3), .refuse(3, .noWorker))
    #expect(pool.dispatcher.requestCount == 0 && pool.dispatcher.clientCount == 0)
  }

  @Test("The first worker of a broker that has just begun is given what waits, and after the last one nothing waits")
  func gathering() throws {
    var pool = pool(of: 0)
    expect(pool.ask(1))
    expect(pool.join(1), .welcome(1), .dispatch(1, to: 1))
    expect(try pool.answer(1, by: 1), .answer(1))
    expect(try pool.lose(1), .forget(1, .unreachable))
    expect(pool.ask(2), .refuse(2, .noWorker))
  }

  @Test("A request goes to the worker that has been idle longest, one to each, and the rest wait in their order")
  func leastRecentlyUsed() throws {
    var pool = pool(of: 2, DispatchLimits(maxInFlight: 1))
    expect(pool.ask(1), .dispatch(1, to: 1))
    expect(pool.ask(2), .dispatch(2, to: 2))
    for request in 3...5 { expect(pool.ask(request)) }
    #expect(pool.dispatcher.waitingCount == 3 && pool.dispatcher.requestCount == 5)
    expect(try pool.answer(2, by: 2), .answer(2), .dispatch(3, to: 2))
    expect(try pool.answer(1, by: 1), .answer(1), .dispatch(4, to: 1))
    expect(try pool.answer(4, by: 1), .answer(4), .dispatch(5, to: 1))
    expect(try pool.answer(3, by: 2), .answer(3))
    // The second one is idle now, and the first is when it has answered: it comes after the second.
    expect(try pool.answer(5, by: 1), .answer(5))
    expect(pool.ask(6), .dispatch(6, to: 2))
  }

  @Test("Clients take turns, whatever each of them has waiting")
  func turns() throws {
    var pool = pool(of: 1, DispatchLimits(maxInFlight: 1))
    expect(pool.ask(1, from: "many"), .dispatch(1, to: 1))
    for request in 2...5 { expect(pool.ask(request, from: "many")) }
    expect(pool.ask(6, from: "one"))
    for request in 7...8 { expect(pool.ask(request, from: "two")) }
    #expect(pool.dispatcher.clientCount == 3)
    var current = 1
    for next in [2, 6, 7, 3, 8, 4, 5] {
      expect(try pool.answer(current, by: 1), .answer(current), .dispatch(next, to: 1))
      current = next
    }
    expect(try pool.answer(current, by: 1), .answer(current))
    #expect(pool.dispatcher.clientCount == 0 && pool.dispatcher.byteCount == 0)
  }

  @Test("A queue that is full by number or by bytes takes nothing more, and takes again when it is not")
  func fullQueue() throws {
    var pool = pool(of: 1)
    expect(pool.ask(1, from: "a"), .dispatch(1, to: 1))
    for (request, client) in [(2, "b"), (3, "c"), (4, "d")] { expect(pool.ask(request, from: client)) }
    expect(pool.ask(5, from: "e"), .refuse(5, .queueFull))
    expect(try pool.answer(1, by: 1), .answer(1), .dispatch(2, to: 1))
    // What is with a worker counts as bytes, as it is kept for another one.
    expect(pool.ask(5, bytes: 998, from: "e"), .refuse(5, .queueFull))
    expect(pool.ask(6, bytes: 997, from: "e"))
    #expect(pool.dispatcher.byteCount == 1_000)
  }

  @Test("A client alone may have half of the queue, and one that has nothing yet always finds room")
  func shareOfPlaces() {
    var pool = pool(of: 1, DispatchLimits(maxWaiting: 100, maxInFlight: 1))
    expect(pool.ask(0, from: "first"), .dispatch(0, to: 1))
    for request in 1...51 { expect(pool.ask(request, from: "greedy")) }
    expect(pool.ask(52, from: "greedy"), .refuse(52, .shareUsed))
    // A second one that takes all it can get has half of what the first left, and then neither has more.
    for request in 53...77 { expect(pool.ask(request, from: "second")) }
    expect(pool.ask(78, from: "second"), .refuse(78, .shareUsed))
    expect(pool.ask(79, from: "greedy"), .refuse(79, .shareUsed))
    for client in 1...24 { expect(pool.ask(1_000 + client, from: "polite \(client)")) }
    expect(pool.ask(2_000, from: "late"), .refuse(2_000, .queueFull))
    #expect(pool.dispatcher.waitingCount == 100)
  }

  @Test("A client alone may have half of the bytes, also of those that are with workers")
  func shareOfBytes() throws {
    var pool = pool(of: 1)
    expect(pool.ask(1, bytes: 300, from: "greedy"), .dispatch(1, to: 1))
    expect(pool.ask(2, bytes: 300, from: "greedy"))
    expect(pool.ask(3, bytes: 1, from: "greedy"), .refuse(3, .shareUsed))
    expect(pool.ask(4, bytes: 400, from: "polite"))
    expect(pool.ask(5, bytes: 1, from: "polite"), .refuse(5, .queueFull))
    expect(try pool.answer(1, by: 1), .answer(1), .dispatch(2, to: 1))
    expect(pool.ask(6, bytes: 1, from: "greedy"))
  }

  @Test(
    "A worker that leaves, or is lost, gives its request back, which goes before the others",
    arguments: [.disconnected, .notAllowed, .unreachable, .silent, .startedAgain, .brokeProtocol] as [Departure])
  func gone(_ departure: Departure) throws {
    var pool = pool(of: 2)
    for request in 1...3 { _ = pool.ask(request) }
    let first = try #require(pool.workers[1])
    expect(try pool.lose(1, departure), .forget(1, departure))
    #expect(pool.dispatcher.worker(first) == nil && pool.dispatcher.workerCount == 1)
    expect(try pool.lose(1, departure))
    expect(try pool.answer(1, by: 1), .dropAnswer)
    expect(try pool.answer(2, by: 2), .answer(2), .dispatch(1, to: 2))
    // The slot of the worker that is gone has a new name.
    expect(pool.join(3), .welcome(3), .dispatch(3, to: 3))
    let third = try #require(pool.workers[3])
    #expect(third.slot == first.slot && third != first)
  }

  @Test("When the last worker is gone, those who wait are told")
  func lastWorkerGone() throws {
    var pool = pool(of: 1)
    for request in 1...2 { _ = pool.ask(request) }
    expect(try pool.lose(1), .forget(1, .unreachable), .refuse(1, .noWorker), .refuse(2, .noWorker))
    #expect(pool.dispatcher.requestCount == 0 && pool.dispatcher.clientCount == 0)
  }

  @Test("A request that each worker is lost with is refused in the end; workers that leave do not count")
  func poison() throws {
    var pool = pool(of: 1)
    expect(pool.ask(1), .dispatch(1, to: 1))
    for worker in 2...5 {
      expect(pool.join(worker), .welcome(worker))
      let departure = worker % 2 == 0 ? Departure.silent : .disconnected
      expect(try pool.lose(worker - 1, departure), .forget(worker - 1, departure), .dispatch(1, to: worker))
    }
    expect(pool.join(6), .welcome(6))
    expect(try pool.lose(5, .startedAgain), .forget(5, .startedAgain), .refuse(1, .workersLost(3)))
    #expect(pool.dispatcher.requestCount == 0 && pool.dispatcher.workerCount == 1)
    let old = try #require(pool.requests[1])
    expect(pool.ask(2), .dispatch(2, to: 6))
    let new = try #require(pool.requests[2])
    #expect(new.slot == old.slot && new != old)
  }

  @Test("A request that a worker could not be sent is not suspected of its loss; the one before it is")
  func undeliverable() throws {
    var pool = pool(of: 1, DispatchLimits(maxAttempts: 1, maxInFlight: 4))
    expect(pool.ask(1), .dispatch(1, to: 1))
    expect(pool.join(2), .welcome(2))
    let undelivered = (try #require(pool.requests[1]), try #require(pool.workers[1]))
    expect(
      pool.handle(.undeliverable(undelivered.0, to: undelivered.1)), .forget(1, .unreachable), .dispatch(1, to: 2))
    expect(try pool.answer(1, by: 2), .answer(1))
    for request in 2...3 { expect(pool.ask(request), .dispatch(request, to: 2)) }
    expect(pool.join(3), .welcome(3))
    let behind = (try #require(pool.requests[3]), try #require(pool.workers[2]))
    expect(
      pool.handle(.undeliverable(behind.0, to: behind.1)), .forget(2, .unreachable), .refuse(2, .workersLost(1)),
      .dispatch(3, to: 3))
  }

  @Test("A request that is not sent after all is refused, and its worker gets the next")
  func rejecting() throws {
    var pool = pool(of: 1)
    expect(pool.ask(1), .dispatch(1, to: 1))
    expect(pool.ask(2))
    let rejected = (try #require(pool.requests[1]), try #require(pool.workers[1]))
    expect(pool.handle(.reject(rejected.0, to: rejected.1)), .refuse(1, .unread), .dispatch(2, to: 1))
    expect(pool.handle(.reject(rejected.0, to: rejected.1)))
    expect(try pool.answer(2, by: 1), .answer(2))
  }

  @Test("A worker that takes too long has company; the first answer counts, and both are idle again")
  func overdue() throws {
    var pool = pool(of: 1)
    expect(pool.ask(1), .dispatch(1, to: 1))
    #expect(pool.wake == Majordomo.Heartbeat().interval)
    pool.elapsed = .seconds(1)
    expect(pool.join(2), .welcome(2))
    expect(pool.pass(), .heartbeat(1), .heartbeat(2), .dispatch(1, to: 2))
    // The slow one is there and silent: it gets nothing.
    expect(try pool.hear(from: 1))
    expect(pool.ask(2))
    expect(try pool.answer(1, by: 2), .answer(1), .dispatch(2, to: 2))
    expect(try pool.answer(1, by: 1), .dropAnswer)
    expect(pool.ask(3), .dispatch(3, to: 1))
  }

  @Test("The slow worker's answer is taken if it comes first, even when the request waits for a second worker")
  func overdueAndFirst() throws {
    var pool = pool(of: 1)
    expect(pool.ask(1), .dispatch(1, to: 1))
    expect(pool.pass(.seconds(1)), .heartbeat(1))
    #expect(pool.dispatcher.waitingCount == 1)
    expect(try pool.answer(1, by: 1), .answer(1))
    #expect(pool.dispatcher.requestCount == 0)

    expect(pool.ask(2), .dispatch(2, to: 1))
    pool.elapsed = .seconds(2)
    expect(pool.join(2), .welcome(2))
    expect(pool.pass(), .heartbeat(1), .heartbeat(2), .dispatch(2, to: 2))
    expect(try pool.answer(2, by: 1), .answer(2))
    expect(try pool.answer(2, by: 2), .dropAnswer)
    #expect(pool.dispatcher.requestCount == 0)
  }

  @Test("When all are busy, a worker that answers quickly is given more, up to a limit; one that is slow is not")
  func pipelining() throws {
    var pool = pool(of: 1, DispatchLimits(maxInFlight: 3))
    expect(pool.ask(1), .dispatch(1, to: 1))
    for request in 2...8 { expect(pool.ask(request)) }
    pool.elapsed = .milliseconds(2)
    expect(try pool.answer(1, by: 1), .answer(1), .dispatch(2, to: 1), .dispatch(3, to: 1))
    // Another one that is idle comes first.
    expect(pool.join(2), .welcome(2), .dispatch(4, to: 2))
    expect(try pool.answer(2, by: 1), .answer(2), .dispatch(5, to: 1), .dispatch(6, to: 1))
    // One that takes longer gets the next when it is idle.
    pool.elapsed = .milliseconds(8)
    expect(try pool.answer(3, by: 1), .answer(3))
    pool.elapsed = .milliseconds(14)
    expect(try pool.answer(5, by: 1), .answer(5))
    expect(try pool.answer(6, by: 1), .answer(6), .dispatch(7, to: 1), .dispatch(8, to: 1))
  }

  @Test("What is behind a request that takes long goes to another worker, and only the first is suspected of a loss")
  func behind() throws {
    var pool = pool(of: 1, DispatchLimits(maxAttempts: 1, maxInFlight: 4))
    expect(pool.ask(1), .dispatch(1, to: 1))
    expect(try pool.answer(1, by: 1), .answer(1))
    for request in 2...3 { expect(pool.ask(request), .dispatch(request, to: 1)) }
    #expect(pool.wake == .milliseconds(20))
    expect(pool.pass(.milliseconds(20)))
    #expect(pool.dispatcher.waitingCount == 1)
    expect(pool.join(2), .welcome(2), .dispatch(3, to: 2))
    expect(try pool.answer(3, by: 2), .answer(3))
    for request in 4...5 { expect(pool.ask(request), .dispatch(request, to: 2)) }
    expect(try pool.lose(1), .forget(1, .unreachable), .refuse(2, .workersLost(1)))
    expect(try pool.lose(2), .forget(2, .unreachable), .refuse(4, .workersLost(1)), .refuse(5, .noWorker))
  }

  @Test("An answer from a worker that was not asked, or to another request, changes nothing")
  func strangeAnswers() throws {
    var pool = pool(of: 3)
    for request in 1...2 { expect(pool.ask(request), .dispatch(request, to: request)) }
    expect(try pool.answer(1, by: 3), .dropAnswer)
    expect(try pool.answer(1, by: 2), .dropAnswer)
    let (request, worker) = (try #require(pool.requests[1]), try #require(pool.workers[1]))
    expect(pool.handle(.answer(to: Handle(slot: 77, use: 0), by: worker)), .dropAnswer)
    expect(pool.handle(.answer(to: request, by: Handle(slot: 77, use: 0))), .dropAnswer)
    expect(try pool.answer(1, by: 1), .answer(1))
    expect(try pool.answer(1, by: 1), .dropAnswer)
    expect(try pool.answer(2, by: 2), .answer(2))
  }

  @Test("A request that nobody answers in time is refused, whether it waits or is with a worker")
  func deadline() throws {
    var pool = pool(of: 1)
    expect(pool.ask(1), .dispatch(1, to: 1))
    expect(pool.ask(2))
    for _ in 0..<3 {
      expect(pool.pass(.seconds(1)), .heartbeat(1))
      expect(try pool.hear(from: 1))
    }
    expect(
      pool.pass(.seconds(1)), .refuse(1, .deadline(.seconds(4))), .refuse(2, .deadline(.seconds(4))), .heartbeat(1))
    expect(try pool.answer(1, by: 1), .dropAnswer)
    expect(pool.ask(3), .dispatch(3, to: 1))
  }

  @Test("A worker that is not heard of is to be forgotten, and any word keeps it")
  func silence() throws {
    var pool = pool(of: 2)
    expect(pool.pass(Majordomo.Heartbeat().timeout - .milliseconds(1)), .heartbeat(1), .heartbeat(2))
    expect(try pool.hear(from: 1))
    expect(pool.pass(.milliseconds(1)), .forget(2, .silent))
    #expect(pool.dispatcher.workerCount == 1)
  }

  @Test("Each worker gets a heartbeat in each interval, and nothing is to be done before the time that is named")
  func heartbeats() {
    var pool = pool(of: 3)
    expect(pool.pass())
    for round in 1...4 {
      #expect(pool.wake == Majordomo.Heartbeat().interval * round)
      expect(pool.pass(Majordomo.Heartbeat().interval - .nanoseconds(1)))
      expect(pool.pass(.nanoseconds(1)), .heartbeat(1), .heartbeat(2), .heartbeat(3))
    }
  }

  @Test("A broker that stops refuses every request and dismisses every worker")
  func stopping() {
    var pool = pool(of: 2)
    for request in 1...3 { _ = pool.ask(request) }
    let refusals = (1...3).map { TestPool.Step.refuse($0, .stopping) }
    let steps = pool.handle(.stop)
    #expect(steps == refusals + [.dismiss(1), .dismiss(2)])
    #expect(pool.dispatcher.requestCount == 0)
  }
}
