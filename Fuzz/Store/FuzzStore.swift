import Fuzzer
import Glibc
import StoreTesting

/// Which file of which store is made, the environment says: `FUZZ_FORMAT`.
@main enum FuzzStore {
  static func main() {
    let name = getenv("FUZZ_FORMAT").map { String(cString: $0) } ?? ""
    guard let format = StoreCheck.Format(rawValue: name) else {
      print("FUZZ_FORMAT is one of \(StoreCheck.Format.allCases.map(\.rawValue).joined(separator: ", "))")
      exit(64)
    }
    exit(Fuzzer.run(StoreCheck(format), isOfTheWire: false))
  }
}
