// swift-tools-version: 6.2
import PackageDescription

/// `make` sets this, so that a warning fails `make check` and CI but never the build of somebody with a newer compiler.
let warnings: [SwiftSetting] =
  Context.environment["WARNINGS_AS_ERRORS"] == "1" ? [.treatAllWarnings(as: .error)] : []

/// `make fuzz` sets this: its programs take a build of their own, in which our own code is instrumented.
let isFuzzing = Context.environment["FUZZ"] == "1"
let instrumentation = ["-sanitize=fuzzer,address"]

let settings: [SwiftSetting] =
  warnings + (isFuzzing ? [.unsafeFlags(instrumentation)] : []) + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]

let package = Package(
  name: "waybill",
  products: [
    .executable(name: "waybill", targets: ["waybill"]),
    .library(name: "ZeroMQ", targets: ["ZeroMQ"]),
    .library(name: "MessagePack", targets: ["MessagePack"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
  ],
  targets: [
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CMessagePack", providers: [.apt(["libmsgpack-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CMalloc"),
    .target(name: "ZeroMQ", dependencies: ["CZeroMQ"], swiftSettings: settings),
    .target(name: "MessagePack", dependencies: ["CMessagePack"], swiftSettings: settings),
    .target(
      name: "ImageAPI", dependencies: ["MessagePack", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
    .target(name: "ImageRegistry", dependencies: ["ImageAPI", "MessagePack"], swiftSettings: settings),
    .target(
      name: "ImageSources",
      dependencies: [
        "CArchive", "ImageAPI", "ImageRegistry", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: settings),
    .target(
      name: "Waybill",
      dependencies: [
        "CMalloc", "ZeroMQ", "MessagePack", "ImageAPI", "ImageRegistry", "ImageSources",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: settings),
    .executableTarget(
      name: "waybill",
      dependencies: [
        "Waybill", "ZeroMQ", "ImageAPI", "ImageRegistry", "ImageSources", "Yams",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ], swiftSettings: settings),
    // What tests of the wire share with the fuzzer.
    .target(
      name: "WireTesting", dependencies: ["CMessagePack", "MessagePack", "ImageAPI", "ImageRegistry", "Waybill"],
      path: "Tests/WireTesting", swiftSettings: settings),
    .testTarget(name: "ZeroMQTests", dependencies: ["ZeroMQ"], swiftSettings: settings),
    .testTarget(name: "MessagePackTests", dependencies: ["MessagePack", "WireTesting"], swiftSettings: settings),
    .testTarget(
      name: "SchemaTests", dependencies: ["MessagePack", "ImageAPI", "ImageRegistry", "Waybill", "WireTesting"],
      exclude: ["Programs"], swiftSettings: settings),
    .testTarget(
      name: "ImageSourcesTests",
      dependencies: ["ImageSources", "ImageAPI", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: settings),
    .testTarget(
      name: "ImageAPITests", dependencies: ["ImageAPI", "MessagePack", "WireTesting"], swiftSettings: settings),
    .testTarget(
      name: "ImageRegistryTests", dependencies: ["ImageRegistry", "ImageAPI", "MessagePack", "WireTesting"],
      swiftSettings: settings),
    .testTarget(
      name: "WaybillTests",
      dependencies: [
        "Waybill", "ZeroMQ", "MessagePack", "ImageAPI", "ImageRegistry", "ImageSources", "WireTesting",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: settings),
    // Programs that run: the command is built for them, not linked. Only the lock is shared.
    .testTarget(
      name: "IntegrationTests", dependencies: ["waybill", "ImageRegistry"], exclude: ["Expected", "Scripts"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

/// What measures is built together with what it measures, and with nothing else: `make bench`, `make bench-micro` and
/// `make check-perf` set this.
if let benchmarks = Context.environment["BENCHMARKS"] {
  package.targets += [
    .executableTarget(
      name: "RegistryBench",
      dependencies: [
        "CMalloc", "Waybill", "ImageAPI", "ImageRegistry",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ], path: "Benchmarks/Sources/RegistryBench", swiftSettings: settings),
    .target(
      name: "Workloads", dependencies: ["Waybill", "ImageAPI", "ImageRegistry", "MessagePack"],
      path: "Benchmarks/Sources/Workloads", swiftSettings: settings),
    .executableTarget(
      name: "RequestPath", dependencies: ["Workloads"], path: "Benchmarks/Sources/RequestPath",
      swiftSettings: settings),
  ]
  // A package of its own would see only what is public.
  if benchmarks == "micro" {
    package.dependencies.append(
      .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []))
    package.targets.append(
      .executableTarget(
        name: "Micro", dependencies: ["Workloads", .product(name: "Benchmark", package: "benchmark")],
        path: "Benchmarks/Micro", swiftSettings: settings,
        plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]))
  }
}

if isFuzzing {
  // libFuzzer brings a `main` of its own, which only lld passes over.
  let linking: [LinkerSetting] = [.unsafeFlags(instrumentation + ["-use-ld=lld"])]
  package.targets += [
    .systemLibrary(name: "CLibFuzzer", path: "Fuzz/CLibFuzzer"),
    .target(name: "Fuzzer", dependencies: ["CLibFuzzer", "WireTesting"], path: "Fuzz/Fuzzer", swiftSettings: settings),
    .executableTarget(
      name: "fuzz-decoder", dependencies: ["Fuzzer", "WireTesting"], path: "Fuzz/Decoder", swiftSettings: settings,
      linkerSettings: linking),
    .executableTarget(
      name: "fuzz-handler", dependencies: ["Fuzzer", "WireTesting"], path: "Fuzz/Handler", swiftSettings: settings,
      linkerSettings: linking),
  ]
}
