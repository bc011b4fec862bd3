internal import Diagnostics

/// A reference to an image, normalised by the rule that Docker and containerd share:
/// `[domain/]path[:tag][@digest]`.
///
/// `busybox`, `library/busybox` and `docker.io/library/busybox:latest` are one reference. Names are listed as their
/// source wrote them; normalising is for comparing only.
public struct ImageReference: Sendable, Hashable {
  /// The registry's host, with its port if it has one: `docker.io` when the reference names none. Empty where the first
  /// component has a dot and is no host, as in `foo_bar.com/app`, which is all path.
  public let domain: String
  /// The repository below the domain, such as `library/busybox`.
  public let path: String
  /// Exactly one of a tag and a digest: a reference with both is the digest one.
  public let version: Version

  /// What in a repository a reference means.
  public enum Version: Sendable, Hashable {
    /// A tag, `latest` when the reference names neither tag nor digest.
    case tag(String)
    /// A manifest's digest with its algorithm, such as `sha256:…`.
    case digest(String)
  }

  /// Parses and normalises `text`.
  ///
  /// - Throws: ``APIError`` with the code `INVALID_ARGUMENT`, naming the value and the part of it that is wrong.
  public init(_ text: String) throws(APIError) {
    let bytes = text.utf8.span
    do throws(ReferenceScanner.ScanError) {
      self.init(try ReferenceScanner.scan(bytes), of: bytes)
    } catch {
      throw .invalidArgument("\(quoted(text)) is not an image reference: \(error.reason(in: bytes))")
    }
  }

  package init(domain: String, path: String, version: Version) {
    self.domain = domain
    self.path = path
    self.version = version
  }

  /// The repository with its domain, such as `docker.io/library/busybox`.
  public var repository: String { domain.isEmpty ? path : "\(domain)/\(path)" }
}

extension ImageReference: CustomStringConvertible {
  /// The whole reference, every default written out.
  public var description: String {
    switch version {
    case .tag(let tag): "\(repository):\(tag)"
    case .digest(let digest): "\(repository)@\(digest)"
    }
  }
}
