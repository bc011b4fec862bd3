import ImageAPI
import ImageSources

extension Inventory {
  /// The inventory as the registry lists it: in the order of the ids, each once, with the names united.
  var united: Inventory {
    let images = Dictionary(grouping: images, by: \.id).values.map { same in
      same.dropFirst().reduce(same[0]) { $0.united(with: $1) }
    }
    return Inventory(images: images.sorted { $0.id < $1.id }, leftOut: leftOut)
  }
}
