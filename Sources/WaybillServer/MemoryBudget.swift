internal import Foundation
internal import Glibc

/// How much memory this process may have, and how much of it may wait for clients that do not read.
///
/// A bound that is a number of its own kills the process where the machine, or the container, has less.
package struct MemoryBudget: Sendable, Hashable {
  /// In bytes.
  package let total: Int

  /// A budget that somebody has set.
  package init(total: Int) {
    self.total = total
  }

  /// What the machine has, or less where the process is in a control group with a limit.
  ///
  /// - Parameter root: Where `/proc` and `/sys` are.
  package init(ofProcessBelow root: String = "/") {
    let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    total = Self.limits(below: root).min().map { min($0, machine) } ?? machine
  }

  /// The bytes of large replies of a worker's own, such as pages, that may be unread.
  package var unreadReplies: Int { min(512 << 20, total / 8) }
  /// The bytes of whole lists, of states that are past or present, that a worker's clients may have yet to read.
  package var heldLists: Int { min(1 << 30, total / 8) }
  /// The bytes of large replies that a broker's clients may have yet to read. A broker has no images.
  package var unreadRepliesOfBroker: Int { min(512 << 20, total / 4) }

  /// The limits of the control groups, of the process and those above it, of both versions; cgroups(7).
  private static func limits(below root: String) -> [Int] {
    let groups = (try? String(contentsOfFile: "\(root)/proc/self/cgroup", encoding: .utf8)) ?? ""
    return groups.split(separator: "\n").flatMap { line -> [Int] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      if fields[1].isEmpty { return limits(in: "\(root)/sys/fs/cgroup", group: fields[2], file: "memory.max") }
      guard fields[1].split(separator: ",").contains("memory") else { return [] }
      return limits(in: "\(root)/sys/fs/cgroup/memory", group: fields[2], file: "memory.limit_in_bytes")
    }
  }

  /// In a container the group may be shown by a path that is not mounted there: then the mount is the group.
  private static func limits(in mount: String, group: Substring, file: String) -> [Int] {
    let names = group.split(separator: "/")
    return (0...names.count).compactMap { count in
      let path = ([mount] + names.prefix(count).map(String.init)).joined(separator: "/")
      let text = (try? String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)) ?? ""
      // `max`, and in version 1 a number larger than any memory, is no limit.
      return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}
