internal import Glibc

/// How many descriptors this process may have open (`ulimit -n`), and which of them connections may take.
package enum DescriptorLimit {
  /// Who connects. Clients leave room for workers: a broker that its clients have filled still lets its workers join.
  package enum Peers: Sendable {
    case clients
    case workers
  }

  /// Raises the soft limit to the hard one, as a server needs a descriptor for each connection.
  ///
  /// The soft limit is low for the sake of programs that use `select`, which neither waybill nor its libraries do.
  package static func raise() {
    var limit = read()
    limit.rlim_cur = limit.rlim_max
    // Where the kernel refuses, the limit stays what it was, and connections are bounded by that.
    _ = setrlimit(resource, &limit)
  }

  /// The limit in force. Read anew each time, as `prlimit` changes it while the process runs.
  static var current: Int { Int(clamping: min(read().rlim_cur, UInt(Int32.max))) }

  /// Connections take only descriptors below this number.
  static func bound(of peers: Peers) -> Int {
    let limit = current
    let reserve = reserve(of: limit, cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    return peers == .clients ? limit - reserve : limit - reserve / 2
  }

  /// How many descriptors are kept from connections, for what the process opens while it is full: the files of sources,
  /// which a thread for each core reads, the lists of keys, and the connections that it makes itself.
  static func reserve(of limit: Int, cores: Int) -> Int {
    min(max(64, 4 * cores, limit / 8), limit / 2)
  }

  private static var resource: __rlimit_resource_t { CInt(RLIMIT_NOFILE.rawValue) }

  private static func read() -> rlimit {
    var limit = rlimit()
    _ = getrlimit(resource, &limit)
    return limit
  }
}
