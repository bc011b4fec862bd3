/// The address of the client in a command to a worker: it names the request and the worker that is given it.
///
/// With it the broker finds both without a search when the answer comes. The client's own envelope never leaves the broker.
struct ReturnAddress: Equatable {
  let request: Handle
  let worker: Handle

  init(request: Handle, worker: Handle) {
    self.request = request
    self.worker = worker
  }

  /// Reads an address that came back; nil for one that the broker cannot have sent.
  init?(_ bytes: RawSpan) {
    guard bytes.byteCount == MemoryLayout<Words>.size else { return nil }
    func word(_ index: Int) -> UInt32 { bytes.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self) }
    request = Handle(slot: Int(word(0)), use: word(1))
    worker = Handle(slot: Int(word(2)), use: word(3))
  }

  private typealias Words = [4 of UInt32]

  /// Gives the bytes to `body`. Only this process reads them, so they are in the byte order of the machine.
  func withBytes<Failure: Error>(_ body: (RawSpan) throws(Failure) -> Void) throws(Failure) {
    let words: Words = [UInt32(request.slot), request.use, UInt32(worker.slot), worker.use]
    try body(words.span.bytes)
  }
}
