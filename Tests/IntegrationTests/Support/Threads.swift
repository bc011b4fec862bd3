import Foundation

/// The threads of a process, as the kernel knows them.
struct Threads {
  struct Thread {
    let name: String
    /// The nice value.
    let nice: Int
  }

  let all: [Thread]

  init(of process: ChildProcess) throws {
    let folder = "/proc/\(process.pid)/task"
    all = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { id in
      // A thread may end meanwhile.
      guard let text = try? String(contentsOfFile: "\(folder)/\(id)/stat", encoding: .utf8),
        let start = text.firstIndex(of: "("), let end = text.lastIndex(of: ")")
      else { return nil }
      // The nice value is field 19, and the name, in parentheses, is field 2.
      let fields = text[text.index(after: end)...].split(separator: " ")
      guard fields.count > 16, let nice = Int(fields[16]) else { return nil }
      return Thread(name: String(text[text.index(after: start)..<end]), nice: nice)
    }
  }
}
