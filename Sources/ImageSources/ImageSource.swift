/// A store of images that is looked at again and again.
///
/// Whoever owns a source calls ``read(reporting:)`` about twice a second, from one thread, and hands each inventory on
/// whole: what changed between two is not the source's business.
package protocol ImageSource: Sendable {
  /// The source as a command line names it, such as `oci:/srv/images`.
  var name: String { get }

  /// The whole contents, or nil if nothing has changed since the last inventory.
  ///
  /// Cheap while nothing changes. A nil after an error means that the store can be read again and is what it was.
  ///
  /// - Parameter progress: told of what is read, of how much.
  /// - Returns: the inventory, or nil.
  /// - Throws: ``SourceError`` if the store as a whole cannot be read. The last inventory then stands; the next call
  ///   tries again.
  mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory?
}

extension ImageSource {
  /// Reads as ``read(reporting:)`` does, and tells nobody how far it has come.
  ///
  /// - Returns: the whole contents, or nil if nothing has changed.
  /// - Throws: ``SourceError`` if the store as a whole cannot be read.
  package mutating func read() throws(SourceError) -> Inventory? { try read(reporting: ReadingProgress()) }
}
