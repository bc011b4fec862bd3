import Foundation
import Testing
import WaybillServer

/// How much memory a process may have.
@Suite struct MemoryBudgetTests {
  @Test(
    "The least of the limits of the process's control group and those above it counts, in both versions",
    arguments: [
      ("0::/a/b", ["a/memory.max": "268435456", "a/b/memory.max": "max"], 268_435_456),
      ("0::/a/b", ["a/memory.max": "max", "a/b/memory.max": "134217728\n"], 134_217_728),
      // In a container with a name space of its own the group is the root of the mount.
      ("0::/", ["memory.max": "536870912"], 536_870_912),
      ("0::/not/mounted", ["memory.max": "536870912"], 536_870_912),
      (
        "12:cpu,cpuacct:/a\n9:memory:/docker/x\n0::/a",
        ["memory/memory.limit_in_bytes": "67108864", "memory/docker/memory.limit_in_bytes": "9223372036854771712"],
        67_108_864
      ),
    ] as [(String, [String: String], Int)])
  func limits(_ groups: String, _ files: [String: String], _ expected: Int) throws {
    #expect(try budget(groups, files).total == expected)
  }

  @Test(
    "Where there is no limit, it is what the machine has",
    arguments: [
      ("0::/", ["memory.max": "max"]), ("0::/", [:]), ("", [:]), ("nonsense", ["memory.max": "nonsense"]),
      ("9:memory:/", ["memory/memory.limit_in_bytes": "9223372036854771712"]),
    ] as [(String, [String: String])])
  func noLimit(_ groups: String, _ files: [String: String]) throws {
    #expect(try budget(groups, files).total == Int(ProcessInfo.processInfo.physicalMemory))
  }

  @Test("What is unread takes an eighth, of a broker a quarter, and never more than is of use")
  func shares() {
    let small = MemoryBudget(total: 256 << 20)
    #expect(small.unreadReplies == 32 << 20 && small.heldLists == 32 << 20 && small.unreadRepliesOfBroker == 64 << 20)
    let large = MemoryBudget(total: 64 << 30)
    #expect(large.unreadReplies == 512 << 20 && large.heldLists == 1 << 30 && large.unreadRepliesOfBroker == 512 << 20)
  }

  private func budget(_ groups: String, _ files: [String: String]) throws -> MemoryBudget {
    let root = FileManager.default.temporaryDirectory.appending(path: "memory-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let all = [("proc/self/cgroup", groups)] + files.map { ("sys/fs/cgroup/\($0)", $1) }
    for (path, text) in all {
      let file = root.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return MemoryBudget(ofProcessBelow: root.path)
  }
}
