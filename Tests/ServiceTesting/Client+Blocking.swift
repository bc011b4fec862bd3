internal import Concurrency
internal import Foundation
package import ImageAPI
package import WaybillClient

/// The client for tests on plain threads, which wait for its answers.
extension Client {
  package func listImages(
    _ request: ListImagesRequest = ListImagesRequest()
  ) throws(ClientError) -> ListImagesReply {
    try wait { () async throws(ClientError) in try await listImages(request) }
  }

  package func listAllImages(
    image: String = "", ifNoneMatch etag: String? = nil, pageSize: Int = 10_000
  ) throws(ClientError) -> ListImagesReply {
    try wait { () async throws(ClientError) in
      try await listAllImages(image: image, ifNoneMatch: etag, pageSize: pageSize)
    }
  }

  package func status() throws(ClientError) -> WorkerStatus {
    try wait { () async throws(ClientError) in try await status() }
  }

  private func wait<Value: Sendable>(
    for body: @escaping @Sendable () async throws(ClientError) -> Value
  ) throws(ClientError) -> Value {
    let box = Outcome<Value>()
    let finished = DispatchSemaphore(value: 0)
    Task {
      do throws(ClientError) {
        let value = try await body()
        box.set(.success(value))
      } catch {
        box.set(.failure(error))
      }
      finished.signal()
    }
    finished.wait()
    return try box.get()
  }
}

private final class Outcome<Value: Sendable>: Sendable {
  private let result = Lock<Result<Value, ClientError>?>(nil)

  func set(_ new: Result<Value, ClientError>) { result.withLock { $0 = new } }

  func get() throws(ClientError) -> Value {
    guard let result = result.withLock({ $0 }) else { preconditionFailure("nobody has answered") }
    return try result.get()
  }
}
