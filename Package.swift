// swift-tools-version: 6.2
import PackageDescription

/// `make` sets this, so that a warning fails `make check` and CI but never the build of somebody with a newer compiler.
let warnings: [SwiftSetting] =
  Context.environment["WARNINGS_AS_ERRORS"] == "1" ? [.treatAllWarnings(as: .error)] : []

let settings: [SwiftSetting] =
  warnings + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]

let package = Package(
  name: "waybill",
  products: [
    .library(name: "ZeroMQ", targets: ["ZeroMQ"]),
    .library(name: "MessagePack", targets: ["MessagePack"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0")
  ],
  targets: [
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CMessagePack", providers: [.apt(["libmsgpack-dev"])]),
    .target(name: "ZeroMQ", dependencies: ["CZeroMQ"], swiftSettings: settings),
    .target(name: "MessagePack", dependencies: ["CMessagePack"], swiftSettings: settings),
    .target(
      name: "ImageAPI", dependencies: ["MessagePack", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
    .target(name: "ImageRegistry", dependencies: ["ImageAPI", "MessagePack"], swiftSettings: settings),
    .target(
      name: "ImageSources", dependencies: ["ImageAPI", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
    .testTarget(name: "ZeroMQTests", dependencies: ["ZeroMQ"], swiftSettings: settings),
    .testTarget(name: "MessagePackTests", dependencies: ["MessagePack"], swiftSettings: settings),
    .testTarget(name: "ImageSourcesTests", dependencies: ["ImageSources", "ImageAPI"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
