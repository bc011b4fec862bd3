internal import ImageAPI

/// What a listing needs of an image's configuration.
struct OCIConfig: Sendable {
  let user: ImageUser

  private enum Field: String, CaseIterable {
    case config
  }

  private enum ExecutionField: String, CaseIterable {
    case user = "User"
  }

  private static let fields = JSONFields<Field>()
  private static let executionFields = JSONFields<ExecutionField>()

  /// Reads a configuration.
  ///
  /// - Throws: ``JSONError`` if it is none.
  init(_ bytes: [UInt8]) throws(JSONError) {
    let user = try JSONReader.read(bytes) { reader throws(JSONError) -> String in
      var user = ""
      try reader.object(Self.fields) { reader, _ throws(JSONError) in
        try reader.object(Self.executionFields) { reader, _ throws(JSONError) in
          user = try reader.string("User")
        }
      }
      return user
    }
    guard user.utf8.count <= OCILimits.userLength else {
      throw .content("its user has \(user.utf8.count) bytes, more than \(OCILimits.userLength)")
    }
    self.user = ImageUser(configUser: user)
  }
}
