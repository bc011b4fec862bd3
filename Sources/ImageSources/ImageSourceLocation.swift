internal import Diagnostics

/// Where a source is, as a command line says it: `oci:/srv/images`.
///
/// The part before the first colon is the kind of the source, all the rest is the path, colons in it included: there is
/// no `oci:PATH:TAG`, as a source is always a whole store.
package struct ImageSourceLocation: Sendable, Hashable {
  /// The kinds of source: stores that can be read, named as Skopeo and Podman name them, and runtimes that can be asked.
  package enum Transport: String, Sendable, CaseIterable {
    /// An OCI image layout, a folder.
    case oci
    /// The graph of iSulad, a folder.
    case isulad
    /// An embedded image's manifest, or a folder of them.
    case embedded
    /// The store of Podman, Buildah and CRI-O, a folder.
    case containersStorage = "containers-storage"
    /// An archive of images as `docker save` writes it, a file.
    case dockerArchive = "docker-archive"
    /// A runtime that speaks Kubernetes' Container Runtime Interface, a socket.
    case cri
    /// The nodes of a cluster, as etcd has them: members and a prefix.
    case etcd

    /// How a source of the kind is written.
    var form: String { self == .etcd ? "etcd:HOST:PORT" : "\(rawValue):PATH" }

    /// Where the source is if no path is given; nil if there is no such place.
    var defaultPath: String? {
      switch self {
      case .oci, .embedded, .dockerArchive, .etcd: nil
      case .isulad: ISuladGraph.defaultPath
      case .containersStorage: ContainersStorage.defaultPath
      case .cri: "/run/containerd/containerd.sock"
      }
    }
  }

  /// The kind of the source.
  package let transport: Transport
  /// The source's path, as it was given, or the usual one.
  package let path: String

  /// Parses `TRANSPORT:PATH`.
  ///
  /// - Throws: ``SourceError`` with the code ``SourceError/Code/badLocation``, naming the value and what is known.
  package init(_ text: String) throws(SourceError) {
    let known = Transport.allCases.map(\.form).joined(separator: ", ")
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw SourceError(.badLocation, "\(quoted(text)) does not say what kind of source it is: write one of \(known)")
    }
    guard let transport = Transport(rawValue: String(parts[0])) else {
      throw SourceError(
        .badLocation,
        "\(quoted(String(parts[0]))) in \(quoted(text)) is not a kind of source that is known: write one of \(known)")
    }
    let path = parts[1].isEmpty ? transport.defaultPath ?? "" : String(parts[1])
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw SourceError(.badLocation, "\(quoted(text)) has no path: write \(transport.form)")
    }
    self.transport = transport
    self.path = path
  }

  /// Opens the store.
  ///
  /// - Parameter layers: Those of all stores of containers/storage that are read together.
  /// - Returns: The store.
  /// - Throws: ``SourceError`` if there is no such store at the path.
  package func open(sharing layers: LayerPool = LayerPool()) throws(SourceError) -> any ImageSource {
    switch transport {
    case .oci: try OCILayout(path: path)
    case .isulad: try ISuladGraph(path: path)
    case .embedded: try EmbeddedImages(path: path)
    case .containersStorage: try ContainersStorage(path: path, layers: layers)
    case .dockerArchive: try DockerArchive(path: path)
    case .cri, .etcd: throw .noStore(self)
    }
  }
}

extension ImageSourceLocation {
  /// The store, which is opened as soon as it is there.
  ///
  /// - Parameter layers: Those of all stores of containers/storage that are read together.
  /// - Returns: The store.
  /// - Throws: ``SourceError`` if it is no store.
  package func openLater(sharing layers: LayerPool) throws(SourceError) -> any ImageSource {
    guard transport != .cri, transport != .etcd else { throw .noStore(self) }
    return LateSource(self, sharing: layers)
  }
}

extension ImageSourceLocation: CustomStringConvertible {
  /// The location as the command line has it.
  package var description: String { "\(transport.rawValue):\(path)" }
}
