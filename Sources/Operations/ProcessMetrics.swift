internal import Foundation
internal import Glibc

/// What the kernel says of this process, by the names that Prometheus' own libraries use.
package enum ProcessMetrics {
  package static let cpu = MetricFamily(
    "process_cpu_seconds_total", .counter, "Time that the process has used on processors, user and system.")
  package static let resident = MetricFamily(
    "process_resident_memory_bytes", .gauge, "Memory of the process that is in RAM.")
  package static let virtual = MetricFamily("process_virtual_memory_bytes", .gauge, "Address space of the process.")
  package static let threads = MetricFamily("process_threads", .gauge, "Threads of the process.")
  package static let start = MetricFamily(
    "process_start_time_seconds", .gauge, "When the process started, since 1970 in UTC.")
  package static let descriptors = MetricFamily("process_open_fds", .gauge, "Descriptors that the process has open.")
  package static let maxDescriptors = MetricFamily(
    "process_max_fds", .gauge, "Descriptors that the process may have open.")

  /// Writes those that can be read now.
  package static func write(to metrics: inout MetricText) {
    if let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8) { write(stat, to: &metrics) }
    if let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      // One of them is that of the folder.
      metrics.write(Self.descriptors, descriptors.count - 1)
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      metrics.write(maxDescriptors, limit.rlim_cur)
    }
  }

  /// Reads proc(5)'s fields, of which the second, the name in brackets, may have blanks.
  private static func write(_ stat: String, to metrics: inout MetricText) {
    guard let end = stat.lastIndex(of: ")") else { return }
    let fields = stat[stat.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
    guard fields.count > 21 else { return }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    metrics.write(cpu, (fields[11] + fields[12]) / ticks)
    metrics.write(resident, fields[21] * Double(sysconf(Int32(_SC_PAGESIZE))))
    metrics.write(virtual, fields[20])
    metrics.write(threads, fields[17])
    if let bootTime { metrics.write(start, bootTime + fields[19] / ticks) }
  }

  private static let bootTime: Double? = {
    let lines = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8))?.split(separator: "\n") ?? []
    return lines.first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst("btime ".count)) }
  }()
}
