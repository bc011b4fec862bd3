internal import Diagnostics
package import ImageSources

/// Which etcd has a cluster's inventories, and where in it: `HOST:PORT[,HOST:PORT…][/PREFIX]`.
package struct ClusterLocation: Sendable {
  package let endpoints: [EtcdEndpoint]
  package let keys: ClusterKeys

  private static let defaultPrefix = "/waybill"

  /// Parses what follows `etcd:`.
  ///
  /// - Throws: ``SourceError``, naming the value.
  package init(_ text: String) throws(SourceError) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var endpoints: [EtcdEndpoint] = []
    for part in parts[0].split(separator: ",", omittingEmptySubsequences: false) {
      guard let endpoint = EtcdEndpoint(part) else {
        throw SourceError(
          .badLocation, "\(quoted(String(part))) in \(quoted("etcd:\(text)")) is no member of etcd: write HOST:PORT")
      }
      endpoints.append(endpoint)
    }
    let prefix = parts.count == 2 && !parts[1].isEmpty ? "/\(parts[1])" : Self.defaultPrefix
    guard !prefix.hasSuffix("/") else {
      throw SourceError(.badLocation, "the prefix in \(quoted("etcd:\(text)")) ends with a slash: leave it out")
    }
    self.endpoints = endpoints
    keys = ClusterKeys(prefix: prefix)
  }
}
