import Fuzzer
import Glibc
import WireTesting

@main enum FuzzDecoder {
  static func main() {
    exit(Fuzzer.run(DecoderCheck()))
  }
}
