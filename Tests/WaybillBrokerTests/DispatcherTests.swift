import Testing
import WaybillServer

@testable import WaybillBroker

/// Each transition of the broker's state machine, by a clock that is set by hand.
@Suite struct DispatcherTests {
  private let start = ContinuousClock.now
  private let limits = DispatchLimits(
    deadline: .seconds(4), patience: .seconds(1), losses: 3, waiting: 3, bytes: 1_000, depth: 1)

  private func dispatcher() -> Dispatcher { Dispatcher(limits, at: start) }

  @Test("Without a worker a request is refused at once")
  func noWorker() {
    var dispatcher = dispatcher()
    #expect(dispatcher.admit(bytes: 1, at: start) == .failure(.noWorker))
    #expect(dispatcher.requestCount == 0 && dispatcher.next(at: start) == nil)
  }

  @Test("A request goes to the worker that has been idle longest, one to each, and the rest wait in their order")
  func leastRecentlyUsed() throws {
    var dispatcher = Dispatcher(DispatchLimits(depth: 1), at: start)
    let workers = (0..<2).map { _ in dispatcher.join(at: start) }
    let requests = try (0..<5).map { _ in try dispatcher.admit(bytes: 1, at: start).get() }
    #expect(dispatcher.next(at: start) == .dispatch(requests[0], to: workers[0]))
    #expect(dispatcher.next(at: start) == .dispatch(requests[1], to: workers[1]))
    #expect(dispatcher.next(at: start) == nil)
    #expect(dispatcher.waitingCount == 3 && dispatcher.requestCount == 5)
    #expect(dispatcher.settle(requests[1], by: workers[1], at: start) == true)
    #expect(dispatcher.next(at: start) == .dispatch(requests[2], to: workers[1]))
    #expect(dispatcher.settle(requests[0], by: workers[0], at: start) == true)
    #expect(dispatcher.next(at: start) == .dispatch(requests[3], to: workers[0]))
    for (request, worker) in [(3, 0), (2, 1)] {
      #expect(dispatcher.settle(requests[request], by: workers[worker], at: start) == true)
    }
    #expect(dispatcher.next(at: start) == .dispatch(requests[4], to: workers[0]))
    // The other one is idle now, and the first is when it has answered: it comes after the other.
    #expect(dispatcher.settle(requests[4], by: workers[0], at: start) == true)
    let last = try dispatcher.admit(bytes: 1, at: start).get()
    #expect(dispatcher.next(at: start) == .dispatch(last, to: workers[1]))
  }

  @Test("A queue that is full by number or by bytes takes nothing more, and takes again when it is not")
  func fullQueue() throws {
    var dispatcher = dispatcher()
    let worker = dispatcher.join(at: start)
    let first = try dispatcher.admit(bytes: 1, at: start).get()
    #expect(dispatcher.next(at: start) == .dispatch(first, to: worker))
    for _ in 0..<3 { _ = try dispatcher.admit(bytes: 1, at: start).get() }
    #expect(dispatcher.admit(bytes: 1, at: start) == .failure(.queueFull))
    #expect(dispatcher.settle(first, by: worker, at: start) == true)
    _ = dispatcher.next(at: start)
    // What is with a worker counts as bytes, as it is kept for another one.
    #expect(dispatcher.admit(bytes: 998, at: start) == .failure(.queueFull))
    _ = try dispatcher.admit(bytes: 997, at: start).get()
  }

  @Test(
    "A worker that leaves, or is lost, gives its request back, which goes before the others", arguments: [true, false])
  func gone(isLeaving: Bool) throws {
    var dispatcher = dispatcher()
    let workers = (0..<2).map { _ in dispatcher.join(at: start) }
    let requests = try (0..<3).map { _ in try dispatcher.admit(bytes: 1, at: start).get() }
    for _ in 0..<2 { _ = dispatcher.next(at: start) }
    #expect(dispatcher.remove(workers[0], because: isLeaving ? .leaving : .lost) == nil)
    #expect(!dispatcher.isKnown(worker: workers[0]) && dispatcher.workerCount == 1)
    #expect(dispatcher.remove(workers[0], because: .lost) == nil)
    #expect(dispatcher.settle(requests[0], by: workers[0], at: start) == false)
    #expect(dispatcher.settle(requests[1], by: workers[1], at: start) == true)
    #expect(dispatcher.next(at: start) == .dispatch(requests[0], to: workers[1]))
    // The slot of the worker that is gone has a new name.
    let successor = dispatcher.join(at: start)
    #expect(successor.slot == workers[0].slot && successor != workers[0])
    #expect(dispatcher.next(at: start) == .dispatch(requests[2], to: successor))
  }

  @Test("When the last worker is gone, those who wait are told")
  func lastWorkerGone() throws {
    var dispatcher = dispatcher()
    let worker = dispatcher.join(at: start)
    let requests = try (0..<2).map { _ in try dispatcher.admit(bytes: 1, at: start).get() }
    _ = dispatcher.next(at: start)
    #expect(dispatcher.remove(worker, because: .lost) == nil)
    for request in requests { #expect(dispatcher.next(at: start) == .refuse(request, .noWorker)) }
    #expect(dispatcher.next(at: start) == nil && dispatcher.requestCount == 0)
  }

  @Test("A request that each worker is lost with is refused in the end; workers that leave do not count")
  func poison() throws {
    var dispatcher = dispatcher()
    _ = dispatcher.join(at: start)
    let request = try dispatcher.admit(bytes: 1, at: start).get()
    for round in 1...5 {
      guard case .dispatch(request, let victim) = dispatcher.next(at: start) else {
        Issue.record("not dispatched")
        return
      }
      _ = dispatcher.join(at: start)
      let refusal = dispatcher.remove(victim, because: round % 2 == 0 ? .leaving : .lost)
      #expect(refusal == (round == 5 ? .refuse(request, .workersLost(3)) : nil))
    }
    #expect(dispatcher.requestCount == 0 && dispatcher.workerCount == 1)
    let next = try dispatcher.admit(bytes: 1, at: start).get()
    #expect(next.slot == request.slot && next != request)
  }

  @Test("A worker that takes too long has company; the first answer counts, and both are idle again")
  func overdue() throws {
    var dispatcher = dispatcher()
    let slow = dispatcher.join(at: start)
    let request = try dispatcher.admit(bytes: 1, at: start).get()
    _ = dispatcher.next(at: start)
    #expect(dispatcher.wake == start + Majordomo.heartbeatInterval)
    let late = start + .seconds(1)
    let quick = dispatcher.join(at: late)
    #expect(dispatcher.next(at: late) == .dispatch(request, to: quick))
    // The slow one is there and silent: it gets nothing.
    let second = try dispatcher.admit(bytes: 1, at: late).get()
    dispatcher.hear(from: slow, at: late)
    #expect(dispatcher.heartbeats(at: late) == [slow, quick])
    #expect(dispatcher.settle(request, by: quick, at: late) == true)
    #expect(dispatcher.next(at: late) == .dispatch(second, to: quick))
    #expect(dispatcher.settle(request, by: slow, at: late) == false)
    let third = try dispatcher.admit(bytes: 1, at: late).get()
    #expect(dispatcher.next(at: late) == .dispatch(third, to: slow))
  }

  @Test("The slow worker's answer is taken if it comes first, even when the request waits for a second worker")
  func overdueAndFirst() throws {
    var dispatcher = dispatcher()
    let slow = dispatcher.join(at: start)
    let request = try dispatcher.admit(bytes: 1, at: start).get()
    _ = dispatcher.next(at: start)
    let late = start + .seconds(1)
    dispatcher.hear(from: slow, at: late)
    #expect(dispatcher.heartbeats(at: late) == [slow] && dispatcher.waitingCount == 1)
    #expect(dispatcher.settle(request, by: slow, at: late) == true)
    #expect(dispatcher.requestCount == 0 && dispatcher.next(at: late) == nil)

    let again = try dispatcher.admit(bytes: 1, at: late).get()
    #expect(dispatcher.next(at: late) == .dispatch(again, to: slow))
    let later = late + .seconds(1)
    let other = dispatcher.join(at: later)
    #expect(dispatcher.next(at: later) == .dispatch(again, to: other))
    #expect(dispatcher.settle(again, by: slow, at: later) == true)
    #expect(dispatcher.settle(again, by: other, at: later) == false)
    #expect(dispatcher.requestCount == 0)
  }

  @Test("When all are busy, a worker that answers quickly is given more, up to a depth; one that is slow is not")
  func depth() throws {
    var dispatcher = Dispatcher(DispatchLimits(depth: 3), at: start)
    let worker = dispatcher.join(at: start)
    let requests = try (0..<8).map { _ in try dispatcher.admit(bytes: 1, at: start).get() }
    #expect(dispatcher.next(at: start) == .dispatch(requests[0], to: worker))
    #expect(dispatcher.next(at: start) == nil)
    #expect(dispatcher.settle(requests[0], by: worker, at: start + .milliseconds(2)) == true)
    var now = start + .milliseconds(2)
    for request in 1...2 { #expect(dispatcher.next(at: now) == .dispatch(requests[request], to: worker)) }
    #expect(dispatcher.next(at: now) == nil)
    // Another one that is idle comes first.
    let other = dispatcher.join(at: now)
    #expect(dispatcher.next(at: now) == .dispatch(requests[3], to: other))
    #expect(dispatcher.settle(requests[1], by: worker, at: now) == true)
    for request in 4...5 { #expect(dispatcher.next(at: now) == .dispatch(requests[request], to: worker)) }
    #expect(dispatcher.next(at: now) == nil)
    // One that takes longer gets the next when it is idle.
    now += .milliseconds(6)
    #expect(dispatcher.settle(requests[2], by: worker, at: now) == true)
    #expect(dispatcher.next(at: now) == nil)
    #expect(dispatcher.settle(requests[4], by: worker, at: now) == true)
    #expect(dispatcher.next(at: now) == .dispatch(requests[6], to: worker))
  }

  @Test("What is behind a request that takes long goes to another worker, and only the first is suspected of a death")
  func behind() throws {
    var dispatcher = Dispatcher(DispatchLimits(losses: 1, depth: 4), at: start)
    let worker = dispatcher.join(at: start)
    let requests = try (0..<4).map { _ in try dispatcher.admit(bytes: 1, at: start).get() }
    _ = dispatcher.next(at: start)
    #expect(dispatcher.settle(requests[0], by: worker, at: start) == true)
    for request in 1...2 { #expect(dispatcher.next(at: start) == .dispatch(requests[request], to: worker)) }
    let late = start + .milliseconds(20)
    #expect(dispatcher.wake == late && dispatcher.next(at: late) == nil)
    #expect(dispatcher.waitingCount == 2)
    let other = dispatcher.join(at: late)
    #expect(dispatcher.next(at: late) == .dispatch(requests[2], to: other))
    #expect(dispatcher.settle(requests[2], by: other, at: late) == true)
    #expect(dispatcher.next(at: late) == .dispatch(requests[3], to: other))
    let fresh = try dispatcher.admit(bytes: 1, at: late).get()
    #expect(dispatcher.next(at: late) == .dispatch(fresh, to: other))
    #expect(dispatcher.remove(worker, because: .lost) == .refuse(requests[1], .workersLost(1)))
    #expect(dispatcher.remove(other, because: .lost) == .refuse(requests[3], .workersLost(1)))
    #expect(dispatcher.next(at: late) == .refuse(fresh, .noWorker))
  }

  @Test("An answer from a worker that was not asked, or to another request, changes nothing")
  func strangeAnswers() throws {
    var dispatcher = dispatcher()
    let workers = (0..<3).map { _ in dispatcher.join(at: start) }
    let requests = try (0..<2).map { _ in try dispatcher.admit(bytes: 1, at: start).get() }
    for _ in 0..<2 { _ = dispatcher.next(at: start) }
    #expect(dispatcher.settle(requests[0], by: workers[2], at: start) == false)
    #expect(dispatcher.settle(requests[0], by: workers[1], at: start) == false)
    #expect(dispatcher.settle(Handle(slot: 77, use: 0), by: workers[0], at: start) == false)
    #expect(dispatcher.settle(requests[0], by: Handle(slot: 77, use: 0), at: start) == false)
    #expect(dispatcher.settle(requests[0], by: workers[0], at: start) == true)
    #expect(dispatcher.settle(requests[0], by: workers[0], at: start) == false)
    #expect(dispatcher.settle(requests[1], by: workers[1], at: start) == true)
  }

  @Test("A request that nobody answers in time is refused, whether it waits or is with a worker")
  func deadline() throws {
    var dispatcher = dispatcher()
    let worker = dispatcher.join(at: start)
    let requests = try (0..<2).map { _ in try dispatcher.admit(bytes: 1, at: start).get() }
    _ = dispatcher.next(at: start)
    var now = start
    for _ in 0..<3 {
      now += .seconds(1)
      dispatcher.hear(from: worker, at: now)
      #expect(dispatcher.heartbeats(at: now) == [worker])
    }
    now = start + .seconds(4)
    for request in requests { #expect(dispatcher.next(at: now) == .refuse(request, .deadline(.seconds(4)))) }
    #expect(dispatcher.settle(requests[0], by: worker, at: now) == false)
    let next = try dispatcher.admit(bytes: 1, at: now).get()
    #expect(dispatcher.heartbeats(at: now, before: .dispatch(next, to: worker)) == [])
  }

  @Test("A worker that is not heard of is to be forgotten, and any word keeps it")
  func silence() throws {
    var dispatcher = dispatcher()
    let workers = (0..<2).map { _ in dispatcher.join(at: start) }
    let before = start + Majordomo.heartbeatTimeout - .milliseconds(1)
    #expect(dispatcher.heartbeats(at: before) == workers)
    dispatcher.hear(from: workers[0], at: before)
    let after = start + Majordomo.heartbeatTimeout
    #expect(dispatcher.next(at: after) == .expire(workers[1]))
    #expect(dispatcher.remove(workers[1], because: .lost) == nil)
    #expect(dispatcher.next(at: after) == nil && dispatcher.workerCount == 1)
  }

  @Test("Each worker gets a heartbeat in each interval, and nothing is to be done before the time that is named")
  func heartbeats() {
    var dispatcher = dispatcher()
    let workers = (0..<3).map { _ in dispatcher.join(at: start) }
    #expect(dispatcher.next(at: start) == nil)
    var now = start
    for _ in 0..<4 {
      let wake = dispatcher.wake
      #expect(wake == now + Majordomo.heartbeatInterval)
      #expect(dispatcher.next(at: wake - .nanoseconds(1)) == nil)
      now = wake
      #expect(dispatcher.heartbeats(at: now) == workers)
    }
  }

  @Test("A broker that ends gives up every request")
  func abandoning() throws {
    var dispatcher = dispatcher()
    _ = dispatcher.join(at: start)
    let requests = try (0..<2).map { _ in try dispatcher.admit(bytes: 1, at: start).get() }
    _ = dispatcher.next(at: start)
    for request in requests { #expect(dispatcher.abandon() == .refuse(request, .stopping)) }
    #expect(dispatcher.abandon() == nil)
  }
}

extension Dispatcher {
  /// The workers that are to be sent a heartbeat now, when that is all there is to do but for `last`.
  fileprivate mutating func heartbeats(at now: Time, before last: Action? = nil) -> [Handle] {
    var workers: [Handle] = []
    while let action = next(at: now) {
      if action == last { return workers }
      guard case .heartbeat(let worker) = action else {
        Issue.record("unexpected: \(action)")
        return []
      }
      workers.append(worker)
    }
    #expect(last == nil)
    return workers
  }
}
