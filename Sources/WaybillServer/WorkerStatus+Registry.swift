package import ImageAPI
package import ImageRegistry

extension WorkerStatus {
  /// The status of the worker that lists what a registry holds.
  package init(of registry: ImageRegistry, _ meter: RequestMeter) {
    let snapshot = registry.snapshot
    self.init(
      node: meter.identity.node,
      instance: meter.identity.instance,
      version: WaybillServer.version,
      uptime: UInt64(meter.started.duration(to: .now).components.seconds),
      isReady: snapshot.pendingSources.isEmpty,
      images: snapshot.count,
      etag: snapshot.etag,
      requests: meter.counts,
      sources: registry.sources)
  }
}
