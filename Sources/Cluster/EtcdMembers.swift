internal import Concurrency

/// The members of an etcd cluster, of which any may be asked.
package struct EtcdMembers: Sendable {
  package let endpoints: [EtcdEndpoint]
  package let access: EtcdAccess

  package init(_ endpoints: [EtcdEndpoint], as access: EtcdAccess) {
    self.endpoints = endpoints
    self.access = access
  }

  /// Asks one member after the other, each for as long as it answers, until the task is cancelled. Which one is the first
  /// is left to chance, so that many clients do not ask the same one.
  ///
  /// - Parameters:
  ///   - ask: Asks a member. What it is given besides is to be called when the member has answered: if it fails later, the
  ///     next one is asked soon.
  ///   - note: Is told of each failure.
  /// - Throws: What `note` throws.
  package func keepAsking(
    _ ask: (_ client: EtcdClient, _ noteAnswer: () -> Void) async throws -> Void,
    noting note: (EtcdError) throws -> Void
  ) async throws {
    var backoff = Backoff()
    // Members that are slow are given more time.
    var patience = access
    var isTokenNew = true
    let first = Int.random(in: endpoints.indices)
    for turn in 0... {
      let endpoint = endpoints[(first + turn) % endpoints.count]
      do {
        try await EtcdClient.withConnection(to: endpoint, as: patience) { client in
          try await ask(client) { (backoff, patience, isTokenNew) = (Backoff(), access, false) }
        }
      } catch {
        guard !Task.isCancelled else { return }
        let failure = EtcdError(error, at: endpoint)
        // A token lasts for some minutes: a new connection has a new one.
        if failure.code == .invalidToken, !isTokenNew {
          isTokenNew = true
          continue
        }
        try note(failure)
        if failure.isTimeout { patience.callTimeout = min(patience.callTimeout * 2, access.timeout) }
      }
      // Every member has its turn before one is asked again.
      guard turn % endpoints.count == endpoints.count - 1 else { continue }
      do { try await Task.sleep(for: backoff.next()) } catch { return }
    }
  }
}
