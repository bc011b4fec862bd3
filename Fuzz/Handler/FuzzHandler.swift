import Fuzzer
import Glibc
import WireTesting

@main enum FuzzHandler {
  static func main() {
    exit(Fuzzer.run(HandlerCheck()))
  }
}
