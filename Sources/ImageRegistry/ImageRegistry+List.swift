package import ImageAPI
package import ImageWire
package import MessagePack

extension ImageRegistry {
  /// Answers ListImages from what the registry holds now.
  ///
  /// While images change, the list of every image in the plain form may be older, by a millisecond for each megabyte if
  /// it is larger than one, so that readers share it. With `request.ifNoneMatch` it never is.
  ///
  /// - Parameters:
  ///   - request: What to list.
  ///   - envelope: The form of the reply.
  ///   - packer: Takes the reply, unless that is the list of every image in the plain form.
  /// - Returns: As ``RegistrySnapshot/reply(to:in:into:)``.
  /// - Throws: As ``RegistrySnapshot/reply(to:in:into:)``.
  package func reply(
    to request: ListImagesRequest, in envelope: Envelope, into packer: inout Packer
  ) throws(APIError) -> PackedBytes? {
    try snapshot.reply(to: request, in: envelope, into: &packer, orRecentList: request.ifNoneMatch == nil)
  }
}
