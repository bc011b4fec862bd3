import Testing
import WaybillServer

@testable import WaybillBroker

/// A dispatcher whose requests and workers are numbers and whose clients are names, by a clock that is set by hand.
struct TestPool: ~Copyable {
  /// An action, with numbers for handles.
  enum Step: Equatable {
    case dispatch(Int, to: Int)
    case answer(Int)
    case dropAnswer
    case refuse(Int, DispatchError)
    case welcome(Int)
    case heartbeat(Int)
    case forget(Int, Departure)
    case dismiss(Int)
  }

  private(set) var dispatcher: Dispatcher
  /// How long ago the pool was made.
  var elapsed = Dispatcher.Time.zero
  /// What each request, once it was dispatched, and each worker is called.
  private(set) var requests: [Int: Handle] = [:]
  private(set) var workers: [Int: Handle] = [:]

  init(_ limits: DispatchLimits) {
    dispatcher = Dispatcher(limits, at: elapsed)
  }

  /// How long after it was made the dispatcher wants to be asked again.
  var wake: Duration { dispatcher.wake }

  mutating func handle(_ event: Dispatcher.Event) -> [Step] {
    dispatcher.handle(event, at: elapsed)
    var steps: [Step] = []
    while let action = dispatcher.nextAction() { steps.append(step(action)) }
    return steps
  }

  mutating func ask(_ request: Int, bytes: Int = 1, from client: String = "client") -> [Step] {
    handle(.request(PendingRequest(number: request), bytes: bytes, from: .user(client)))
  }

  mutating func join(_ worker: Int) -> [Step] { handle(.ready(RegisteredWorker(number: worker))) }

  mutating func answer(_ request: Int, by worker: Int) throws -> [Step] {
    handle(.answer(to: try #require(requests[request]), by: try #require(workers[worker])))
  }

  mutating func hear(from worker: Int) throws -> [Step] { handle(.heartbeat(try #require(workers[worker]))) }

  mutating func lose(_ worker: Int, _ departure: Departure = .unreachable) throws -> [Step] {
    handle(.gone(try #require(workers[worker]), departure))
  }

  /// Lets time pass.
  mutating func pass(_ time: Duration = .zero) -> [Step] {
    elapsed += time
    return handle(.tick)
  }

  private mutating func step(_ action: Dispatcher.Action) -> Step {
    switch action {
    case .dispatch(let request, let worker):
      let number = dispatcher.request(request)?.number ?? -1
      requests[number] = request
      return .dispatch(number, to: dispatcher.worker(worker)?.number ?? -1)
    case .answer(let request): return .answer(request.number)
    case .dropAnswer: return .dropAnswer
    case .refuse(let request, let error): return .refuse(request.number, error)
    case .welcome(let worker):
      let number = dispatcher.worker(worker)?.number ?? -1
      workers[number] = worker
      return .welcome(number)
    case .heartbeat(let worker): return .heartbeat(dispatcher.worker(worker)?.number ?? -1)
    case .forget(let worker, let departure): return .forget(worker.number, departure)
    case .dismiss(let worker): return .dismiss(dispatcher.worker(worker)?.number ?? -1)
    }
  }
}
