import Diagnostics
import ImageAPI

/// The differences between two lists of images.
struct ImageChanges {
  private(set) var lines: [String] = []
  private let showsNames: Bool

  /// Compares two lists, each in id order.
  init(from before: [Image], to after: [Image], showsNames: Bool) {
    self.showsNames = showsNames
    var old = before[...]
    var new = after[...]
    while true {
      switch (old.first, new.first) {
      case (nil, nil): return
      case (let image?, nil): note("removed", image, &old)
      case (nil, let image?): note("added", image, &new)
      case (let was?, let image?):
        if was.id < image.id {
          note("removed", was, &old)
        } else if image.id < was.id {
          note("added", image, &new)
        } else {
          if was != image { lines.append(line("changed", image)) }
          old.removeFirst()
          new.removeFirst()
        }
      }
    }
  }

  private mutating func note(_ change: String, _ image: Image, _ list: inout ArraySlice<Image>) {
    lines.append(line(change, image))
    list.removeFirst()
  }

  private func line(_ change: String, _ image: Image) -> String {
    let names = image.repoTags.isEmpty ? image.repoDigests : image.repoTags
    let words = [change, image.id.description] + (showsNames ? names : [])
    return words.joined(separator: " ").escaped
  }
}
