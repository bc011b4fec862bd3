internal import FileReading
internal import ImageAPI

/// Makes an inventory of an index and the blobs it leads to.
struct OCIListing {
  /// What is known of an image while its names are still being gathered: tools list a manifest once for each name.
  private struct Draft: Sendable {
    let facts: OCIBlob.Facts
    var names = OCIName.Lists()
    var isPinned = false
  }

  /// Where in a layout a walk is: which descriptor of `index.json` it came through.
  private struct Root {
    let descriptor: OCIDescriptor
    let name: OCIName?

    var displayName: String { descriptor.name ?? descriptor.digest.description }
  }

  private let path: String
  private let blobs: OCIBlobs
  private var drafts: [Draft] = []
  /// Where in `drafts` the image of an id is.
  private var places: [Digest: Int] = [:]
  private var inventory = Inventory()
  /// What is no image, each once.
  private var passedOver: Set<BlobDigest> = []
  /// Manifests and indexes that an index names and that are not there, each once.
  private var absent: Set<BlobDigest> = []
  private var followed = 0

  /// The images of `index`, as far as `blobs` has them; `path` is the layout's, for what is said of files in it.
  static func inventory(of index: OCIIndex, blobs: OCIBlobs, path: String) -> Inventory {
    var listing = OCIListing(path: path, blobs: blobs)
    listing.addBroken(index.broken, of: "index.json", as: nil)
    listing.drafts.reserveCapacity(index.manifests.count)
    listing.places.reserveCapacity(index.manifests.count)
    for descriptor in index.manifests {
      listing.add(Root(descriptor: descriptor, name: descriptor.name.map(OCIName.init)))
    }
    listing.inventory.images = listing.drafts.map { draft in
      Image(
        id: draft.facts.id, repoTags: draft.names.tags, repoDigests: draft.names.digests, size: draft.facts.size,
        user: draft.facts.user,
        spec: draft.facts.annotations.isEmpty ? nil : ImageSpec(annotations: draft.facts.annotations),
        pinned: draft.isPinned)
    }
    listing.inventory.passedOver = listing.passedOver.count
    listing.inventory.absent = listing.absent.count
    return listing.inventory
  }

  private init(path: String, blobs: OCIBlobs) {
    self.path = path
    self.blobs = blobs
  }

  private mutating func add(_ root: Root) {
    // Each blob is listed once for each name, however many ways lead to it.
    var met: Set<OCIBlob.Key> = []
    var waiting: [(descriptor: OCIDescriptor, depth: Int)] = []
    var next: (descriptor: OCIDescriptor, depth: Int)? = (root.descriptor, 0)
    var absent: [BlobDigest] = []
    var isAnyThere = false
    while let (descriptor, depth) = next {
      defer { next = waiting.popLast() }
      guard let key = OCIBlob.Key(descriptor), !descriptor.isAttestation else {
        passedOver.insert(descriptor.digest)
        continue
      }
      var file: String { BlobFolder.file(of: descriptor.digest) }
      let blob = blobs[key]
      if depth > 0, let error = blob?.error, error.cause == .missing, error.file == file {
        absent.append(descriptor.digest)
        continue
      }
      guard let blob, depth <= OCILimits.nesting else {
        leave(root, file, "indexes lie more than \(OCILimits.nesting) deep in each other")
        continue
      }
      if case .index = blob {} else { isAnyThere = true }
      if let size = blob.size, size != descriptor.size {
        leave(root, file, "it has \(size) bytes, but what names it says \(descriptor.size)")
        continue
      }
      switch blob {
      case .image(let facts): add(facts, of: descriptor, root)
      case .artifact: passedOver.insert(descriptor.digest)
      case .failed(let error): inventory.leaveOut(root.displayName, at: "\(path)/\(error.file)", error)
      case .index(let index, _):
        addBroken(index.broken, of: file, as: root)
        for child in index.manifests.reversed() {
          if let key = OCIBlob.Key(child), !met.insert(key).inserted { continue }
          followed += 1
          guard followed <= OCILimits.nestedDescriptors else {
            return leave(
              root, file, "the indexes of this layout name more than \(OCILimits.nestedDescriptors) images in all")
          }
          waiting.append((child, depth + 1))
        }
      }
    }
    self.absent.formUnion(absent)
    // One platform of many is what tools copy. None is an image that is lost.
    guard !isAnyThere, let first = absent.last else { return }
    leave(root, BlobFolder.file(of: first), "it does not exist, nor does any other that its index names")
  }

  private mutating func add(_ facts: OCIBlob.Facts, of descriptor: OCIDescriptor, _ root: Root) {
    let place = places[facts.id] ?? drafts.count
    if place == drafts.count {
      places[facts.id] = place
      drafts.append(Draft(facts: facts))
    }
    root.name?.add(to: &drafts[place].names, manifest: descriptor.digest, named: root.descriptor.digest)
    if root.descriptor.isPinned { drafts[place].isPinned = true }
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
