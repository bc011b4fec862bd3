import Foundation
import Testing

/// An OCI layout of many images, which takes a worker a while to read.
final class LargeStore: Sendable {
  let path: String
  private let folder: TemporaryFolder

  private static let making = Task { try await LargeStore(images: 100_000) }

  /// One of 100,000 images, made once for all tests.
  static func shared() async throws -> LargeStore { try await making.value }

  init(images: Int) async throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/layout"
    let made = try await Tool.finish(
      [Python.interpreter(), "\(Repository.root)/Benchmarks/make-layout", "\(images)", path], within: .seconds(120))
    try #require(made.exitCode == 0, "\(made.errors)")
  }
}
