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
  /// - Throws: ``FileError`` if the operating system does not say what is in the folder.
  static func looks(_ folder: Folder, path: String) throws(FileError) -> String? {
    func has(_ name: String) throws(FileError) -> Bool { try folder.status(of: name) != nil }
    if try has("oci-layout") { return "looks like an OCI image layout: write oci:\(path)" }
    if try isContainersStorage(folder) {
      return "looks like containers/storage, the store of Podman and Buildah: write containers-storage:\(path)"
    }
    if let storage = try folder.subfolder("storage") {
      if try isContainersStorage(storage) {
        return "looks like the folder above containers/storage: write containers-storage:\(path)/storage"
      }
      if try hasImages(storage) { return "looks like the graph of iSulad: write isulad:\(path)" }
    }
    if try has("sqlite.db") { return "looks like the graph of iSulad: write isulad:\(path)" }
    if try hasImages(folder) { return "looks like the folder storage of an iSulad graph: name the folder above it" }
    if try has("io.containerd.metadata.v1.bolt") { return "looks like the store of containerd, which is not read" }
    if try has("overlay2"), try has("image") { return "looks like the store of Docker, which is not read" }
    return nil
  }

  /// Whether the folder has a list of all images where iSulad has a file for each.
  static func isContainersStorage(_ folder: Folder) throws(FileError) -> Bool {
    for driver in try DriverName.all(in: folder) {
      if try folder.subfolder(driver.imagesFolder)?.status(of: "images.json") != nil { return true }
    }
    return false
  }

  private static func hasImages(_ folder: Folder) throws(FileError) -> Bool {
    try !DriverName.all(in: folder).isEmpty
  }
}
