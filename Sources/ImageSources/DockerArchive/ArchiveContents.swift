internal import ImageAPI

/// What an archive holds, found in one pass over it: `manifest.json`, which names the rest, often stands at the end.
struct ArchiveContents {
  /// A regular file.
  struct File {
    /// The name, links resolved.
    let name: String
    /// Bytes, as stored.
    let size: UInt64
    /// Nil for what is no JSON object, or too large.
    let config: Config?
  }

  /// A file as the configuration that it perhaps is.
  struct Config {
    let digest: Digest
    let user: Result<ImageUser, JSONError>
  }

  private enum Member {
    case file(size: UInt64, config: Config?)
    /// Another name for this one; nil for what is not in the archive.
    case link(to: String?)
    /// Not to be believed: a clause that goes on from its name.
    case doubtful(String)
  }

  private static let manifestName = "manifest.json"

  private var members: [String: Member] = [:]
  /// Files that are there several times, of one size.
  private var repeated: Set<String> = []
  private var indexSize = 0
  private var manifest: [UInt8]?

  /// Goes through the archive in `file`. Its layers are passed over, unless one is there several times: then the archive
  /// is gone through once more, to compare what they hold.
  init(reading file: ArchiveFile) throws(ArchiveError) {
    var tar = try TarReader(Self.input(file))
    while let member = try tar.next() { try add(member, from: &tar) }
    if !repeated.isEmpty { try compareRepeated(in: file) }
  }

  /// The list of the images.
  ///
  /// - Throws: ``ArchiveError`` that says what the archive is instead, if it has no such list.
  func list() throws(ArchiveError) -> [UInt8] {
    if let manifest { return manifest }
    if members["oci-layout"] != nil {
      throw .wrongKind("is an archive of an OCI image layout: unpack it, and name the folder as oci:PATH")
    }
    if members["repositories"] != nil {
      throw .wrongKind("has no \(Self.manifestName): it is of a Docker before 1.10, save the images anew")
    }
    throw .broken("has no \(Self.manifestName): it is half-written, or no archive of images")
  }

  /// The file called `name`, as `manifest.json` has it.
  ///
  /// - Throws: ``JSONError`` with a clause that goes on from the name.
  func file(_ name: String) throws(JSONError) -> File {
    guard var place = Self.resolve(name) else { throw .content("leads out of the archive") }
    for _ in 0...ArchiveLimits.links {
      switch members[place] {
      case .file(let size, let config): return File(name: place, size: size, config: config)
      case .link(let target?): place = target
      case .link(nil): throw .content("is a link that leads out of the archive")
      case .doubtful(let reason): throw .content(reason)
      case nil: throw .content("is not in the archive")
      }
    }
    throw .content("is a link over more than \(ArchiveLimits.links) others")
  }

  private static func input(_ file: ArchiveFile) throws(ArchiveError) -> any ByteInput {
    let prefix = try file.prefix(6)
    guard !prefix.isEmpty else { throw .broken("is empty") }
    for (first, compression) in compressions where prefix.starts(with: first) {
      throw .wrongKind("is compressed by \(compression): decompress it, or compress it by gzip")
    }
    return prefix.starts(with: [0x1f, 0x8b]) ? try GzipInput(file) : file
  }

  private static let compressions: [(first: [UInt8], name: String)] = [
    (Array("BZh".utf8), "bzip2"), ([0xfd] + Array("7zXZ".utf8), "xz"), ([0x28, 0xb5, 0x2f, 0xfd], "zstd"),
  ]

  private mutating func add(_ member: TarMember, from tar: inout TarReader) throws(ArchiveError) {
    // What cannot be named is not found, and nothing is ever unpacked.
    guard let name = Self.resolve(member.name) else { return }
    let found: Member
    switch member.kind {
    case .file(let size):
      guard name != Self.manifestName else { return try readManifest(size, from: &tar) }
      found = .file(size: size, config: size <= OCILimits.blobSize ? try Self.config(in: &tar) : nil)
    case .hardLink(let target): found = .link(to: Self.resolve(target))
    case .symbolicLink(let target): found = .link(to: Self.resolve(target, from: name))
    case .other: return
    }
    indexSize += name.utf8.count + ArchiveLimits.memberSize
    if case .link(let target?) = found { indexSize += target.utf8.count }
    guard indexSize <= ArchiveLimits.indexSize else {
      throw .broken("holds more files than are believed: their names take more than \(ArchiveLimits.indexSize) bytes")
    }
    let problem = member.problem ?? members[name].flatMap { Self.contradiction(of: found, to: $0) }
    if case .file(_, config: nil) = found, members[name] != nil { repeated.insert(name) }
    members[name] = problem.map { .doubtful($0) } ?? found
  }

  /// Why a file is not to be believed that is there a second time; nil if it is the same, as far as is known. A program
  /// that writes the images of several names one after the other writes what they share each time.
  private static func contradiction(of second: Member, to first: Member) -> String? {
    switch (first, second) {
    case (.file(let size, let config), .file(let otherSize, let other))
    where size == otherSize && config?.digest == other?.digest:
      nil
    case (.link(let target), .link(let other)) where target == other: nil
    case (.doubtful(let reason), _): reason
    default: different
    }
  }

  private static let different = "is in the archive twice, and not the same"

  /// Tells apart what is the same and what is not of the files that are there several times.
  private mutating func compareRepeated(in file: ArchiveFile) throws(ArchiveError) {
    file.rewind()
    var digests: [String: Digest] = [:]
    var tar = try TarReader(Self.input(file))
    while let member = try tar.next() {
      guard let name = Self.resolve(member.name), repeated.contains(name), case .file = members[name],
        case .file = member.kind
      else { continue }
      let digest = try tar.digest()
      if let first = digests.updateValue(digest, forKey: name), first != digest {
        members[name] = .doubtful(Self.different)
      }
    }
  }

  private mutating func readManifest(_ size: UInt64, from tar: inout TarReader) throws(ArchiveError) {
    var bytes: [UInt8]?
    if size <= ArchiveLimits.manifestSize { bytes = try tar.contents(limit: ArchiveLimits.manifestSize) }
    guard let bytes else {
      throw .broken(
        "has a \(Self.manifestName) of \(size) bytes, more than the limit of \(ArchiveLimits.manifestSize)")
    }
    guard manifest.map({ $0 == bytes }) ?? true else {
      throw .broken("has \(Self.manifestName) twice, and not the same")
    }
    manifest = bytes
  }

  private static func config(in tar: inout TarReader) throws(ArchiveError) -> Config? {
    guard let bytes = try tar.contents(limit: OCILimits.blobSize, startingWith: UInt8(ascii: "{")) else { return nil }
    return Config(
      digest: Digest(sha256Of: bytes),
      user: Result { () throws(JSONError) in try OCIConfig(bytes).user })
  }

  /// The name that `path` has in the archive, seen from the folder of `link` or from the top; nil if it leads out.
  private static func resolve(_ path: String, from link: String = "") -> String? {
    guard path.utf8.first != UInt8(ascii: "/") else { return nil }
    var components = link.split(separator: "/").dropLast()
    for component in path.split(separator: "/") where component != "." {
      if component != ".." {
        components.append(component)
      } else if components.popLast() == nil {
        return nil
      }
    }
    return components.joined(separator: "/")
  }
}
