import ArgumentParser
import WaybillServer

/// What a worker and a broker both have.
struct ServiceOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      How much memory the process may have, such as 512MiB, and 32MiB at least: what clients leave unread is bounded by it. (default: the \
      limit of the control group, else what the machine has)
      """)
  var maxMemory: ByteCount?

  @Option(
    parsing: .unconditional,
    help: "Seconds between two heartbeats of a broker and a worker, each to the other; 0.05 to 3600.")
  var heartbeatInterval: Double = 0.5

  @Option(
    parsing: .unconditional, help: "After so many intervals without a word the other end counts as gone; 2 to 1000.")
  var heartbeatLiveness: Int = 15

  @OptionGroup var admin: AdminOptions

  @OptionGroup var logging: LogOptions

  private static let leastMemory = 32 << 20

  func validate() throws {
    if let maxMemory, maxMemory.bytes < Self.leastMemory {
      throw ValidationError("--max-memory must be 32MiB or more, not \(maxMemory.bytes) bytes.")
    }
    guard heartbeatInterval >= 0.05, heartbeatInterval <= 3_600 else {
      throw ValidationError("--heartbeat-interval must be 0.05 to 3600 seconds, not \(heartbeatInterval).")
    }
    guard (2...1_000).contains(heartbeatLiveness) else {
      throw ValidationError("--heartbeat-liveness must be 2 to 1000 intervals, not \(heartbeatLiveness).")
    }
  }

  var memory: MemoryBudget { maxMemory.map { MemoryBudget(total: $0.bytes) } ?? MemoryBudget() }

  var heartbeat: Majordomo.Heartbeat {
    Majordomo.Heartbeat(interval: .seconds(heartbeatInterval), liveness: heartbeatLiveness)
  }
}
