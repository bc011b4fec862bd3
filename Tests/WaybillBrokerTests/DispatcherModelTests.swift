import ServiceTesting
import Testing

@testable import WaybillBroker

/// A million things that happen in no order, and after each of them every request is where it should be.
@Suite struct DispatcherModelTests {
  @Test("A request is waiting, or with exactly one worker, or over, once", arguments: [1, 2] as [UInt64])
  func randomly(seed: UInt64) {
    var model = Model(seed: seed)
    for step in 0..<500_000 {
      model.step()
      // The whole of it is looked at now and then, as that takes as long as there are requests and workers.
      if step % 1_000 == 0 { model.checkWhole() }
      if let fault = model.fault {
        Issue.record("step \(step) of seed \(seed): \(fault)")
        return
      }
    }
    model.finish()
    #expect(model.fault == nil)
    let ends = model.ends
    print("seed \(seed): \(ends)")
    // Nothing that can happen was left out.
    #expect(ends.answered > 10_000 && ends.late > 100 && ends.behind > 1_000 && ends.refused.count == 4)
  }
}

/// What has happened and is known without the dispatcher's own books.
private struct Model: ~Copyable {
  struct Ends {
    var answered = 0
    var late = 0
    var behind = 0
    var refused: [String: Int] = [:]
  }

  private enum Place: Equatable {
    case waiting
    case with(Handle)
  }

  private(set) var fault: String?
  private(set) var ends = Ends()
  private var dispatcher: Dispatcher
  private var generator: SeededGenerator
  private var now = ContinuousClock.now
  private let limits = DispatchLimits(
    deadline: .seconds(4), patience: .seconds(1), losses: 2, waiting: 40, bytes: 4_000, depth: 4,
    quick: .milliseconds(10), patienceBehind: .milliseconds(100))
  /// Where each request is that is not over.
  private var places: [Handle: Place] = [:]
  private var admitted: [Handle: ContinuousClock.Instant] = [:]
  private var over: Set<Handle> = []
  private var sizes: [Handle: Int] = [:]
  /// What each worker has been asked and has not answered: what it holds, or held until it took too long.
  private var asked: [Handle: [Handle]] = [:]
  private var workers: [Handle] = []
  private var oldAnswers: [(Handle, Handle)] = []

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    dispatcher = Dispatcher(limits, at: now, firstUse: .max)
  }

  mutating func step() {
    now += .milliseconds(Int.random(in: 0...20, using: &generator))
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<40: admit()
    case 40..<80: answer()
    case 80..<82: strangeAnswer()
    case 82..<92: if let worker = workers.randomElement(using: &generator) { dispatcher.hear(from: worker, at: now) }
    case 92..<95: if workers.count < 12 { join() }
    case 95..<97: leave(because: .leaving)
    case 97..<99: leave(because: .lost)
    // Time in which nobody says anything.
    default: now += .milliseconds(Int.random(in: 0...1_500, using: &generator))
    }
    act()
    if dispatcher.requestCount != places.count { fault = "\(places.count) requests, not \(dispatcher.requestCount)" }
    if dispatcher.workerCount != workers.count { fault = "\(workers.count) workers, not \(dispatcher.workerCount)" }
  }

  private mutating func admit() {
    let size = Int.random(in: 0...300, using: &generator)
    switch dispatcher.admit(bytes: size, at: now) {
    case .success(let ticket):
      guard places[ticket] == nil, !over.contains(ticket) else { return fault = "\(ticket) again" }
      places[ticket] = .waiting
      admitted[ticket] = now
      sizes[ticket] = size
    case .failure(let refusal):
      let isRight = workers.isEmpty ? refusal == .noWorker : refusal == .queueFull
      if !isRight { fault = "refused: \(refusal)" }
      note(refusal)
    }
  }

  private mutating func answer() {
    guard let worker = workers.randomElement(using: &generator), let request = asked[worker]?.first else { return }
    settle(request, by: worker)
  }

  /// An answer of a worker that is gone or was not asked, or to a question that was answered long ago.
  private mutating func strangeAnswer() {
    guard let (request, worker) = oldAnswers.randomElement(using: &generator) else { return }
    // It may be the right one after all.
    guard asked[worker]?.contains(request) != true else { return }
    if dispatcher.settle(request, by: worker, at: now) {
      fault = "\(worker) answered \(request), which it was not asked"
    }
  }

  private mutating func settle(_ request: Handle, by worker: Handle) {
    let isPending = places[request] != nil
    let isTaken = dispatcher.settle(request, by: worker, at: now)
    asked[worker]?.removeFirst()
    if oldAnswers.count < 1_000 {
      oldAnswers.append((request, worker))
    } else {
      oldAnswers[Int.random(in: 0..<1_000, using: &generator)] = (request, worker)
    }
    guard isTaken == isPending else { return fault = "an answer to \(request) is \(isTaken ? "" : "not ")taken" }
    if isTaken { end(request) } else { ends.late += 1 }
    if isTaken { ends.answered += 1 }
  }

  private mutating func join() {
    let worker = dispatcher.join(at: now)
    if workers.contains(worker) { fault = "\(worker) joined twice" }
    workers.append(worker)
    asked[worker] = []
  }

  private mutating func leave(because departure: Dispatcher.Departure) {
    guard let worker = workers.randomElement(using: &generator) else { return }
    remove(worker, because: departure)
  }

  private mutating func remove(_ worker: Handle, because departure: Dispatcher.Departure) {
    workers.removeAll { $0 == worker }
    for request in asked.removeValue(forKey: worker) ?? [] where places[request] == .with(worker) {
      places[request] = .waiting
    }
    if let action = dispatcher.remove(worker, because: departure) { carryOut(action) }
  }

  private mutating func act() {
    while fault == nil, let action = dispatcher.next(at: now) { carryOut(action) }
  }

  private mutating func carryOut(_ action: Dispatcher.Action) {
    switch action {
    case .dispatch(let request, let worker):
      guard let place = places[request], workers.contains(worker) else {
        return fault = "\(action) of what is not there"
      }
      if case .with(let other) = place {
        // Given to a second one only when the first has had it for long.
        guard other != worker else { return fault = "\(request) twice to \(worker)" }
      }
      let count = asked[worker]?.count ?? 0
      guard count < limits.depth, count == 0 || !asked.values.contains([]) else {
        return fault = "\(worker) is given another request beside \(count)"
      }
      if count > 0 { ends.behind += 1 }
      places[request] = .with(worker)
      asked[worker]?.append(request)
    case .refuse(let request, let refusal):
      guard places[request] != nil else { return fault = "\(request) is over and refused: \(refusal)" }
      if case .deadline = refusal, let came = admitted[request], now - came < limits.deadline {
        fault = "\(request) is refused before its time"
      }
      end(request)
      note(refusal)
    case .heartbeat(let worker):
      if !workers.contains(worker) { fault = "a heartbeat for \(worker), who is gone" }
      // Most of them answer.
      if Int.random(in: 0..<4, using: &generator) > 0 { dispatcher.hear(from: worker, at: now) }
    case .expire(let worker): remove(worker, because: .lost)
    }
  }

  private mutating func end(_ request: Handle) {
    places[request] = nil
    admitted[request] = nil
    sizes[request] = nil
    over.insert(request)
  }

  private mutating func note(_ refusal: DispatchError) {
    let name =
      switch refusal {
      case .deadline: "deadline"
      case .workersLost: "workersLost"
      default: "\(refusal)"
      }
    ends.refused[name, default: 0] += 1
  }

  /// Counts and sums over all that there is.
  mutating func checkWhole() {
    let late = admitted.values.contains { now - $0 >= limits.deadline }
    if late { fault = "a request is past its deadline" }
    if sizes.values.reduce(0, +) > limits.bytes { fault = "too many bytes" }
    if dispatcher.waitingCount > limits.waiting + workers.count { fault = "too many wait" }
    if asked.values.contains([]), dispatcher.waitingCount > 0 { fault = "a request waits while a worker is idle" }
    for case .with(let worker) in places.values where asked[worker] == nil {
      fault = "\(worker) is gone with a request"
    }
  }

  /// Time passes until nothing is left.
  mutating func finish() {
    for _ in 0..<100 where fault == nil {
      now += .milliseconds(100)
      act()
    }
    if dispatcher.requestCount > 0 || !places.isEmpty { fault = "requests are left" }
  }
}
