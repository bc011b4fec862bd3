internal import CLibFuzzer
internal import WireTesting

/// Makes the next input: libFuzzer finds it by its name. One in eight is a request of the grammar, most of them with one
/// thing wrong, as changing bytes at random seldom keeps to it; the rest is what libFuzzer makes of an earlier input.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ seed: UInt32) -> Int {
  guard Fuzzer.isOfTheWire, seed % 8 == 0 else { return LLVMFuzzerMutate(data, size, capacity) }
  var grammar = RequestGrammar(seed: UInt64(seed))
  let request = seed % 32 == 0 ? grammar.request().bytes : grammar.wrongRequest().bytes
  guard request.count <= capacity else { return LLVMFuzzerMutate(data, size, capacity) }
  data.update(from: request, count: request.count)
  return request.count
}
