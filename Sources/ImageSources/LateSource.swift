/// A store that need not be there yet. Until it can be opened each reading is an error, and tries again.
struct LateSource: ImageSource {
  private let location: ImageSourceLocation
  private let layers: LayerPool
  private var opened: (any ImageSource)?

  init(_ location: ImageSourceLocation, sharing layers: LayerPool) {
    self.location = location
    self.layers = layers
  }

  var name: String { location.description }

  mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    if opened == nil {
      do throws(SourceError) {
        opened = try location.open(sharing: layers)
      } catch {
        throw SourceError(error.code, "\(error.message); it is read as soon as that can be")
      }
    }
    return try opened?.read(reporting: progress)
  }
}
