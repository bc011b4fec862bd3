import Foundation
import ImageAPI
import ImageRegistry
import ImageWire
import Workloads

/// Changes images of a registry, one at a time, in the order of their ids, and begins again after the last.
///
/// The number of a change is in the changed image's tag. So in any whole list the numbers go up by one from each of
/// these images to the next, with one step back at the most: a list that mixes two states shows.
struct Changes {
  private let registry: ImageRegistry
  private let changing: [GeneratedImage]
  private var next: UInt32 = 0

  /// So many images are changed, and no others: enough that a change finds its shard in no cache.
  private static let most = 1_000

  /// Numbers the images that will be changed, of a registry that holds `images` generated ones.
  init(in registry: ImageRegistry, of images: Int) {
    self.registry = registry
    changing = (0..<min(images, Self.most)).map { GeneratedImage(number: $0) }.sorted { $0.id < $1.id }
    for _ in changing { _ = applyOne() }
  }

  /// Changes the next image, and says how long the registry took.
  mutating func applyOne() -> Duration {
    apply(nextImage())
  }

  private func apply(_ image: Image) -> Duration {
    ContinuousClock().measure { _ = registry.update(source: 0, upserting: [image]) }
  }

  private mutating func nextImage() -> Image {
    var generated = changing[Int(next) % changing.count]
    generated.change = next
    next += 1
    return generated.image
  }

  /// Changes the next image, and says how long the first whole list of the new state then takes.
  mutating func applyOneAndList() throws -> Duration {
    _ = applyOne()
    return try ContinuousClock().measure {
      _ = try registry.snapshot.select(ListImagesRequest()).reply(in: .plain)
    }
  }

  /// Changes the next `count` images, evenly spread over the time; what comes late is caught up with.
  mutating func apply(_ count: Int, perSecond rate: Int) -> [Duration] {
    // Made first, as readers shall notice what the registry does alone.
    let images = (0..<count).map { _ in nextImage() }
    let start = ContinuousClock.now
    return zip(1..., images).map { number, image in
      defer {
        let wait = ContinuousClock.now.duration(to: start + .seconds(1) * number / rate)
        if wait > .zero { Thread.sleep(forTimeInterval: wait / .seconds(1)) }
      }
      return apply(image)
    }
  }
}
