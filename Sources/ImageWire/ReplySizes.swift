/// How many bytes of a reply decide how it is kept, sent and counted. CONTRIBUTING.md says what was measured.
package enum ReplySizes {
  /// Up to so many bytes libzmq is given a copy. Lending costs more, as libzmq's thread must say when it is done.
  package static let maxCopied = 4 << 10
  /// Up to so many bytes a handler writes into memory that it keeps. A larger reply has memory of its own, and is lent.
  package static let maxKept = 16 << 10
  /// From so many bytes on, a reply counts among those that clients have yet to read. Smaller ones are bounded well
  /// enough by libzmq's high-water marks, which count messages.
  package static let minCounted = 64 << 10
  /// From so many bytes on, the list of every image is shared for a moment after images changed.
  package static let minShared = 1_000_000
}
