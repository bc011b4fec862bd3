internal import WaybillServer

extension Dispatcher {
  /// What happened.
  enum Event {
    /// A client asks. The request takes so many bytes of memory until it is over.
    case request(PendingRequest, bytes: Int, from: ClientID)
    /// A worker joins the pool.
    case ready(RegisteredWorker)
    /// A worker gives a sign of life.
    case heartbeat(Handle)
    /// A worker answers a request.
    case answer(to: Handle, by: Handle)
    /// A worker could not be sent a request that was dispatched to it.
    case undeliverable(Handle, to: Handle)
    /// A request that was dispatched to a worker is not sent, as its client leaves too much unread.
    case reject(Handle, to: Handle)
    /// A worker is gone.
    case gone(Handle, Departure)
    /// Time has passed, and everything that workers said before has been handled: what is overdue now stays overdue.
    case tick
    /// The broker stops.
    case stop
  }

  /// What to do now.
  enum Action {
    /// Send a request to a worker.
    case dispatch(Handle, to: Handle)
    /// Give the client the answer that has just come. The request is over.
    case answer(PendingRequest)
    /// Drop the answer that has just come: nobody waits for it.
    case dropAnswer
    /// Tell the client why it gets no answer. The request is over.
    case refuse(PendingRequest, DispatchError)
    /// Note that a worker has joined, and what names it from now on.
    case welcome(Handle)
    /// Tell a worker that the broker is there.
    case heartbeat(Handle)
    /// Note that a worker is gone.
    case forget(RegisteredWorker, Departure)
    /// Tell a worker to leave.
    case dismiss(Handle)
  }
}
