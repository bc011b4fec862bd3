import ArgumentParser

/// A number of bytes as people write it: `512MiB`, `2G`, `1000000`.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  private static let units: [(suffix: String, factor: Int)] = [
    ("", 1), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
    ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40),
  ]

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let suffix = argument.dropFirst(digits.count)
    guard let number = Int(digits),
      let unit = Self.units.first(where: { suffix == $0.suffix || suffix == "\($0.suffix)B" })
    else { return nil }
    let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: unit.factor)
    guard !isTooLarge else { return nil }
    self.bytes = bytes
  }
}
