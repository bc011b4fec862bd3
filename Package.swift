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
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
  ],
  targets: [
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CMessagePack", providers: [.apt(["libmsgpack-dev"])]),
    .target(
      name: "ImageAPI", dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
