internal import FileReading
internal import ImageAPI

/// Makes an inventory of an index and the blobs it leads to.
struct OCIListing {
  /// Where in a layout a walk is: which descriptor of `index.json` it came through.
  private struct Root {
    let descriptor: OCIDescriptor
    let name: OCIName?

    var displayName: String { descriptor.name ?? descriptor.digest.description }
  }

  private let path: String
  private let blobs: OCIBlobs
  private var inventory = Inventory()
  private var followed = 0

  /// The images of `index`, as far as `blobs` has them, one for each name; `path` is the layout's, for what is said of
  /// files in it.
  static func inventory(of index: OCIIndex, blobs: OCIBlobs, path: String) -> Inventory {
    var listing = OCIListing(path: path, blobs: blobs)
    listing.addBroken(index.broken, of: "index.json", as: nil)
    listing.inventory.images.reserveCapacity(index.manifests.count)
    for descriptor in index.manifests where !descriptor.isAttestation {
      listing.add(Root(descriptor: descriptor, name: descriptor.name.map(OCIName.init)))
    }
    return listing.inventory
  }

  private init(path: String, blobs: OCIBlobs) {
    self.path = path
    self.blobs = blobs
  }

  private mutating func add(_ root: Root) {
    // Each blob is listed once for each name, however many ways lead to it.
    var met: Set<OCIBlob.Key> = []
    var waiting = [(descriptor: root.descriptor, depth: 0)]
    while let (descriptor, depth) = waiting.popLast() {
      guard let key = OCIBlob.Key(descriptor) else { continue }
      guard let blob = blobs[key], depth <= OCILimits.nesting else {
        leave(
          root, BlobFolder.file(of: descriptor.digest), "indexes lie more than \(OCILimits.nesting) deep in each other")
        continue
      }
      if let size = blob.size, size != descriptor.size {
        leave(
          root, BlobFolder.file(of: descriptor.digest),
          "it has \(size) bytes, but what names it says \(descriptor.size)")
        continue
      }
      switch blob {
      case .image(let facts): add(facts, of: descriptor, root)
      case .artifact: break
      case .failed(let error): leave(root, error.file, error.reason)
      case .index(let index, _):
        addBroken(index.broken, of: BlobFolder.file(of: descriptor.digest), as: root)
        for child in index.manifests.reversed() where !child.isAttestation {
          guard let key = OCIBlob.Key(child), met.insert(key).inserted else { continue }
          followed += 1
          guard followed <= OCILimits.nestedDescriptors else {
            return leave(
              root, BlobFolder.file(of: descriptor.digest),
              "the indexes of this layout name more than \(OCILimits.nestedDescriptors) images in all")
          }
          waiting.append((child, depth + 1))
        }
      }
    }
  }

  private mutating func add(_ facts: OCIBlob.Facts, of descriptor: OCIDescriptor, _ root: Root) {
    var names = OCIName.Lists()
    root.name?.add(to: &names, manifest: descriptor.digest, named: root.descriptor.digest)
    inventory.images.append(
      Image(
        id: facts.id, repoTags: names.tags, repoDigests: names.digests, size: facts.size, user: facts.user,
        spec: facts.annotations.isEmpty ? nil : ImageSpec(annotations: facts.annotations),
        pinned: root.descriptor.isPinned))
  }

  private mutating func addBroken(_ broken: [BrokenElement], of file: String, as root: Root?) {
    for entry in broken {
      let place = "manifests[\(entry.position)]"
      inventory.leftOut.append(
        SkippedImage(root.map { "\($0.displayName) \(place)" } ?? place, at: "\(path)/\(file)", entry.reason))
    }
  }

  private mutating func leave(_ root: Root, _ file: String, _ reason: String) {
    inventory.leftOut.append(SkippedImage(root.displayName, at: "\(path)/\(file)", reason))
  }
}
