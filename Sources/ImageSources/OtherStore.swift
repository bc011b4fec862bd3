internal import FileReading

/// A store that is perhaps not of the kind it was named as, recognised by its files.
enum OtherStore {
  /// What the folder looks like.
  ///
  /// - Parameters:
  ///   - folder: the folder that was named.
  ///   - path: its path, as it was given.
  /// - Returns: a clause that goes on from "it" and says what to write instead; nil if the folder looks like nothing that
  ///   is known.
  static func looks(_ folder: Folder, path: String) -> String? {
    func has(_ name: String) -> Bool { folder.stamp(name) != nil }
    if has("oci-layout") { return "looks like an OCI image layout: write oci:\(path)" }
    if isContainersStorage(folder) {
      return "looks like containers/storage, the store of Podman and Buildah: write containers-storage:\(path)"
    }
    if has("storage"), let storage = try? Folder("storage", in: folder) {
      if isContainersStorage(storage) {
        return "looks like the folder above containers/storage: write containers-storage:\(path)/storage"
      }
      if hasImages(storage) { return "looks like the graph of iSulad: write isulad:\(path)" }
    }
    if has("sqlite.db") { return "looks like the graph of iSulad: write isulad:\(path)" }
    if hasImages(folder) { return "looks like the folder storage of an iSulad graph: name the folder above it" }
    if has("io.containerd.metadata.v1.bolt") { return "looks like the store of containerd, which is not read" }
    if has("overlay2"), has("image") { return "looks like the store of Docker, which is not read" }
    return nil
  }

  /// Whether the folder has a list of all images where iSulad has a file for each.
  static func isContainersStorage(_ folder: Folder) -> Bool {
    drivers(folder).contains { driver in
      (try? Folder(driver.imagesFolder, in: folder))?.stamp("images.json") != nil
    }
  }

  private static func hasImages(_ folder: Folder) -> Bool { !drivers(folder).isEmpty }

  private static func drivers(_ folder: Folder) -> [DriverName] { (try? DriverName.all(in: folder)) ?? [] }
}
