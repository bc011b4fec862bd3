import Workloads

/// Does one kind of work so many times, and ends: what `make check-perf` counts the instructions of.
@main
struct RequestPath {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let kind = Workload.Kind(rawValue: arguments[1]), let images = Int(arguments[2]),
      let times = Int(arguments[3])
    else {
      let kinds = Workload.Kind.allCases.map(\.rawValue).joined(separator: "|")
      return print("usage: RequestPath \(kinds) IMAGES TIMES")
    }
    Workload(kind, images: images).run(times: times)
  }
}
