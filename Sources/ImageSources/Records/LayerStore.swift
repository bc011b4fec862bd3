internal import FileReading
internal import ImageAPI

/// The layers of one storage driver, each of which but the lowest lies on a parent.
protocol LayerStore {
  /// The record of a layer.
  func layer(_ id: Digest) throws(ReadingError) -> LayerRecord
  /// The file, in the folder of the layers, that describes a layer.
  func file(of id: Digest) -> String
}

extension LayerStore {
  /// The image under those of its names that it has, with the size of its layers, each counted once.
  ///
  /// An image whose layers are gone or go round in a circle cannot be run, even where its size is known without them.
  func listed(_ image: RecordedImage, named names: [String]) throws(ReadingError) -> Image {
    let size = try size(of: image.layers)
    guard let listed = image.listed(named: names, layersSize: size) else { throw tooLarge(image.layers[0]) }
    return listed
  }

  private func size(of tops: [Digest]) throws(ReadingError) -> UInt64 {
    var total: UInt64 = 0
    /// By which of `tops` a layer was met first.
    var met: [Digest: Int] = [:]
    for (number, top) in tops.enumerated() {
      var next: Digest? = top
      var count = 0
      while let id = next {
        if let first = met.updateValue(number, forKey: id) {
          // What lies below was counted with the earlier one.
          if first < number { break }
          throw ReadingError(file(of: top), "the layer \(id.hex) is its own ancestor")
        }
        count += 1
        guard count <= RecordLimits.chainLength else {
          throw ReadingError(file(of: top), "it has more than \(RecordLimits.chainLength) layers")
        }
        let layer = try layer(id)
        let (sum, overflow) = total.addingReportingOverflow(layer.size)
        guard !overflow else { throw tooLarge(id) }
        total = sum
        next = layer.parent
      }
    }
    return total
  }

  private func tooLarge(_ id: Digest) -> ReadingError {
    ReadingError(file(of: id), "the sizes of the layers are more than 64 bits hold")
  }
}
