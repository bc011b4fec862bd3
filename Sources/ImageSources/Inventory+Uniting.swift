internal import ImageAPI

extension Inventory {
  /// Sorts the images by their ids and makes one of those that share an id, names united.
  mutating func uniteImages() {
    images.sort { $0.id < $1.id }
    guard zip(images, images.dropFirst()).contains(where: { $0.id == $1.id }) else { return }
    var united: [Image] = []
    united.reserveCapacity(images.count)
    for image in images {
      if let last = united.last, last.id == image.id {
        united[united.count - 1] = last.united(with: image)
      } else {
        united.append(image)
      }
    }
    images = united
  }
}
