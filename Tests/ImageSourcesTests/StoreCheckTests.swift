import Foundation
import StoreTesting
import Testing
import WireTesting

/// What the fuzzer checks of the readers of stores, for the files that it starts from and those that it found.
@Suite struct StoreCheckTests {
  private static let fuzz = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz")
    .standardized

  @Test(arguments: StoreCheck.Format.allCases)
  func holdsForWhatIsKept(format: StoreCheck.Format) throws {
    let check = StoreCheck(format)
    for folder in ["Seeds/\(format.rawValue)", "Regressions"] {
      let files = try FileManager.default.contentsOfDirectory(
        at: Self.fuzz.appending(path: folder), includingPropertiesForKeys: nil)
      for file in files where file.pathExtension != "md" {
        let bytes = [UInt8](try Data(contentsOf: file))
        // Whole, and cut off anywhere.
        for count in stride(from: bytes.count, through: 0, by: -max(bytes.count / 50, 1)) {
          #expect(throws: Never.self, "\(file.lastPathComponent), \(count) bytes") {
            try check.check(bytes.span.extracting(..<count).bytes)
          }
        }
      }
    }
  }

  /// A format that is added needs a file to start from.
  @Test func eachFormatHasSeeds() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.fuzz.appending(path: "Seeds").path)
    #expect(Set(folders) == Set(StoreCheck.Format.allCases.map(\.rawValue)))
  }
}
