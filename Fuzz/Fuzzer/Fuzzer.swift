internal import CLibFuzzer
internal import Glibc
package import WireTesting

/// Hands the inputs of libFuzzer to a check, for ever or as long as the command line says.
package enum Fuzzer {
  nonisolated(unsafe) private static var check: any WireCheck = DecoderCheck()
  /// Whether inputs are messages, of which some are made by a grammar.
  nonisolated(unsafe) private(set) static var isOfTheWire = true

  /// Runs libFuzzer with the arguments of the process.
  ///
  /// - Parameters:
  ///   - check: What must hold for each input.
  ///   - isOfTheWire: Whether inputs are messages, rather than files.
  /// - Returns: The exit code of the process.
  package static func run(_ check: some WireCheck, isOfTheWire: Bool = true) -> CInt {
    self.check = check
    self.isOfTheWire = isOfTheWire
    Heap.install()
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    return LLVMFuzzerRunDriver(&count, &arguments) { data, size in
      let bytes = UnsafeRawBufferPointer(start: data, count: size)
      Heap.counting { Fuzzer.run(on: bytes) }
      return 0
    }
  }

  private static func run(on input: UnsafeRawBufferPointer) {
    do throws(Violation) {
      try check.check(input.bytes)
    } catch {
      stop(error.description)
    }
  }
}

/// Ends the process in the way that makes libFuzzer keep the input and show it.
func stop(_ reason: String) -> Never {
  let text = Array("\n== \(reason) ==\n".utf8)
  _ = write(STDERR_FILENO, text, text.count)
  abort()
}
