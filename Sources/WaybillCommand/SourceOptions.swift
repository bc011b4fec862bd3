import ArgumentParser
import Diagnostics
import ImageRegistry
import ImageSources
import Logging

#if GRPC
  import CRI
  import Cluster
#endif

/// Which stores and runtimes are read.
struct SourceOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("What to read, such as oci:/srv/images.", valueName: "source"))
  var sources: [String]

  @Flag(help: "Exit where a store is not there or cannot be read, rather than wait for it.")
  var requireSources = false

  func validate() throws {
    guard !sources.isEmpty else { throw ValidationError("Name at least one source, such as oci:/srv/images.") }
    guard sources.count <= ImageRegistry.maxSources else {
      throw ValidationError("There may be \(ImageRegistry.maxSources) sources at the most, not \(sources.count).")
    }
    var seen: Set<String> = []
    for source in sources where !seen.insert(source).inserted {
      throw ValidationError("The source \(source.escaped) is given twice.")
    }
  }

  /// Refuses what is no source.
  func check() throws(CommandError) {
    do throws(SourceError) {
      _ = try locations
    } catch {
      throw CommandError(error, of: "sources")
    }
  }

  /// The sources as they are written.
  var locations: [ImageSourceLocation] {
    get throws(SourceError) { try sources.map { text throws(SourceError) in try ImageSourceLocation(text) } }
  }

  /// What reads the sources and tells a registry of them.
  ///
  /// - Parameters:
  ///   - locations: The ``locations``.
  ///   - etcd: How to ask etcd.
  ///   - logger: Where to say what changed and what is wrong.
  ///   - bar: Where to show progress.
  /// - Returns: A feed of each, in their order.
  /// - Throws: ``SourceError`` and ``CommandError``.
  func feeds(
    from locations: [ImageSourceLocation], askingEtcdAs etcd: EtcdOptions, logger: Logger, bar: ProgressBar?
  ) throws -> [any ImageFeed] {
    let layers = LayerPool()
    return try locations.enumerated().map { index, location in
      #if GRPC
        switch location.transport {
        case .cri: return try runtimeFeed(location, index, logger)
        case .etcd: return try clusterFeed(location, index, etcd, logger)
        default: break
        }
      #endif
      let store = try requireSources ? location.open(sharing: layers) : location.openLater(sharing: layers)
      return PollingFeed(store, index: index, logger: logger, showing: bar.map { $0.display(of: store.name) })
    }
  }

  #if GRPC
    private func runtimeFeed(_ location: ImageSourceLocation, _ index: Int, _ logger: Logger) throws -> RuntimeFeed {
      let feed = RuntimeFeed(location, index: index, logger: logger)
      if requireSources { try feed.check() }
      return feed
    }

    private func clusterFeed(
      _ location: ImageSourceLocation, _ index: Int, _ etcd: EtcdOptions, _ logger: Logger
    ) throws -> ClusterFeed {
      ClusterFeed(
        try ClusterLocation(location.path), as: try etcd.access(), index: index,
        log: SourceLog(of: location.description, in: logger))
    }
  #endif
}
