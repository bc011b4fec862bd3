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

/// `make install`, `make dist` and `make deb` set this. Swift takes no texts from a build, C does.
let commit = (Context.environment["WAYBILL_COMMIT"] ?? "").filter(\.isHexDigit)

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqliteLibrary = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")

/// What takes longer to build than all the rest is left out without the trait GRPC.
let withGRPC = TargetDependencyCondition.when(traits: ["GRPC"])
let grpc: [Target.Dependency] = [
  .product(name: "GRPCCore", package: "grpc-swift-2", condition: withGRPC),
  .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport", condition: withGRPC),
  .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf", condition: withGRPC),
]
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio", condition: withGRPC),
  .product(name: "NIOHPACK", package: "swift-nio-http2", condition: withGRPC),
  .product(name: "NIOHTTP2", package: "swift-nio-http2", condition: withGRPC),
  .product(name: "NIOPosix", package: "swift-nio", condition: withGRPC),
]
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf", condition: withGRPC)

/// Which target may import which is in `Sources/check-imports`, and CONTRIBUTING.md says what lives where.
func room(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// What tests of several rooms share.
func testing(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

let package = Package(
  name: "waybill",
  products: [
    .executable(name: "waybill", targets: ["WaybillCommand"]),
    .library(name: "WaybillClient", targets: ["WaybillClient", "ImageAPI", "CurveSecurity"]),
    .library(name: "ZeroMQ", targets: ["ZeroMQ"]),
    .library(name: "MessagePack", targets: ["MessagePack"]),
  ],
  traits: [
    .trait(name: "GRPC", description: "CRI over gRPC: the source cri: and the option --cri of a worker."),
    .default(enabledTraits: ["GRPC"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.96.0"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.42.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.0"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.0"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
  ],
  targets: [
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CMessagePack", providers: [.apt(["libmsgpack-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CGlibc"),
    .target(name: "CBuild", cSettings: [.define("WAYBILL_COMMIT", to: "\"\(commit)\"")]),
    room("Diagnostics"),
    room("Concurrency", ["CGlibc"]),
    room("ZeroMQ", ["CZeroMQ"]),
    room("MessagePack", ["CMessagePack", "Diagnostics"]),
    room("FileReading", ["Concurrency", crypto]),
    room("ImageAPI", ["Diagnostics", crypto]),
    room("ImageWire", ["ImageAPI", "MessagePack", "Diagnostics"]),
    room("ImageRegistry", ["Concurrency", "Diagnostics", "ImageAPI", "ImageWire", "MessagePack"]),
    room(
      "ImageSources",
      [
        "CArchive", "Concurrency", "Diagnostics", "FileReading", "ImageAPI", "ImageRegistry", crypto, lifecycle,
        logging, sqlite, sqliteLibrary,
        .product(name: "OrderedCollections", package: "swift-collections"),
      ]),
    room("CRIProtocol", [protobuf], exclude: ["cri.proto"]),
    room(
      "CRI",
      [
        "CRIProtocol", "Concurrency", "Connections", "Diagnostics", "ImageAPI", "ImageRegistry", "ImageSources",
        protobuf, lifecycle, logging,
      ] + grpc + nio),
    room("EtcdProtocol", [protobuf], exclude: ["etcd.proto"]),
    room(
      "Cluster",
      [
        "CGlibc", "Concurrency", "Connections", "Diagnostics", "EtcdProtocol", "ImageAPI", "ImageRegistry",
        "ImageSources", "ImageWire", "MessagePack", protobuf, lifecycle, logging,
      ] + grpc + nio),
    room("CurveSecurity", ["Concurrency", "Diagnostics", "FileReading", "ZeroMQ", logging]),
    room("Connections", ["Concurrency", "CurveSecurity", "Diagnostics", "ZeroMQ"]),
    room("Operations", ["Concurrency", "Connections", "Diagnostics", logging]),
    room(
      "WaybillClient",
      [
        "Concurrency", "Connections", "CurveSecurity", "Diagnostics", "ImageAPI", "ImageWire", "MessagePack", "ZeroMQ",
        tracing,
      ]),
    room(
      "WaybillServer",
      [
        "CBuild", "CGlibc", "Concurrency", "Connections", "CurveSecurity", "Diagnostics", "ImageAPI", "ImageRegistry",
        "ImageWire", "MessagePack", "ZeroMQ", logging,
      ]),
    room(
      "WaybillWorker",
      [
        "Concurrency", "Connections", "CurveSecurity", "Diagnostics", "ImageAPI", "ImageRegistry", "ImageWire",
        "MessagePack", "WaybillServer", "ZeroMQ", lifecycle, logging,
      ]),
    room(
      "WaybillBroker",
      [
        "Concurrency", "CurveSecurity", "Diagnostics", "ImageAPI", "ImageWire", "MessagePack", "WaybillServer",
        "ZeroMQ", lifecycle, logging,
      ]),
    .executableTarget(
      name: "WaybillCommand",
      dependencies: [
        "Concurrency", "Connections", "CurveSecurity", "Diagnostics", "FileReading", "ImageAPI", "ImageRegistry",
        "ImageSources", "ImageWire", "Operations", "WaybillBroker", "WaybillClient", "WaybillServer", "WaybillWorker",
        "Yams", "ZeroMQ",
        arguments, lifecycle, logging,
        .target(name: "CRI", condition: withGRPC), .target(name: "Cluster", condition: withGRPC),
      ], swiftSettings: settings),
    // What tests of the wire share with the fuzzer.
    testing("WireTesting", ["CMessagePack", "ImageAPI", "ImageRegistry", "ImageWire", "MessagePack", "WaybillServer"]),
    // What tests of stores share with the fuzzer.
    testing("StoreTesting", ["ImageAPI", "ImageSources", "WireTesting"]),
    testing(
      "ServiceTesting",
      [
        "Concurrency", "ImageAPI", "ImageRegistry", "ImageWire", "MessagePack", "WaybillClient", "WaybillWorker",
        "ZeroMQ", lifecycle, logging,
      ]),
    tests("DiagnosticsTests", ["Diagnostics"]),
    tests("OperationsTests", ["Diagnostics", "Operations", logging]),
    tests("ConcurrencyTests", ["Concurrency"]),
    tests("ZeroMQTests", ["ZeroMQ"]),
    tests("MessagePackTests", ["MessagePack", "WireTesting"]),
    tests("FileReadingTests", ["FileReading"]),
    tests("ImageAPITests", ["ImageAPI", "WireTesting"]),
    tests("ImageWireTests", ["ImageAPI", "ImageWire", "MessagePack", "WireTesting"]),
    tests("ImageRegistryTests", ["ImageAPI", "ImageRegistry", "ImageWire", "MessagePack", "WireTesting"]),
    tests(
      "ImageSourcesTests",
      [
        "Concurrency", "FileReading", "ImageAPI", "ImageRegistry", "ImageSources", "ServiceTesting",
        "StoreTesting", "WireTesting", lifecycle, logging, sqlite,
      ]),
    tests(
      "CRITests",
      ["CRI", "CRIProtocol", "ImageAPI", "ImageRegistry", "ImageSources", "WireTesting", logging, protobuf] + grpc),
    tests(
      "ClusterTests",
      ["Cluster", "ImageAPI", "ImageRegistry", "ImageSources", "ImageWire", "MessagePack", "WireTesting"]),
    tests("CurveSecurityTests", ["CurveSecurity", "ZeroMQ"]),
    tests("ConnectionsTests", ["Connections", "CurveSecurity", "ZeroMQ"]),
    tests(
      "WaybillClientTests",
      [
        "Concurrency", "ImageAPI", "ImageWire", "MessagePack", "ServiceTesting", "WaybillClient", "ZeroMQ", tracing,
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
      ]),
    tests(
      "WaybillServerTests",
      [
        "Concurrency", "ImageAPI", "ImageRegistry", "ImageWire", "MessagePack", "ServiceTesting", "WaybillServer",
        "ZeroMQ", logging,
      ]),
    tests(
      "WaybillWorkerTests",
      [
        "Concurrency", "Connections", "CurveSecurity", "ImageAPI", "ImageRegistry", "ImageWire", "MessagePack",
        "ServiceTesting", "WaybillClient", "WaybillServer", "WaybillWorker", "WireTesting", "ZeroMQ", lifecycle,
        logging,
      ]),
    tests(
      "WaybillBrokerTests",
      [
        "CurveSecurity", "ImageAPI", "ImageRegistry", "ImageWire", "MessagePack", "ServiceTesting", "WaybillBroker",
        "WaybillClient",
        "WaybillServer",
        "ZeroMQ", lifecycle, logging,
      ]),
    tests(
      "SchemaTests",
      [
        "ImageAPI", "ImageRegistry", "ImageWire", "MessagePack", "ServiceTesting", "WaybillClient", "WaybillServer",
        "WaybillWorker",
        "WireTesting",
      ], exclude: ["Programs"]),
    // Programs that run: the command is built for them, not linked. Only the lock is shared, and the feed of a runtime.
    tests(
      "IntegrationTests",
      [
        "Cluster", "Concurrency", "CRI", "EtcdProtocol", "ImageRegistry", "ImageSources", "Operations",
        "ServiceTesting",
        "WaybillCommand", logging, protobuf,
      ],
      exclude: ["Expected", "Scripts"]),
  ],
  swiftLanguageModes: [.v6]
)

/// What measures is built together with what it measures, and with nothing else: `make bench`, `make bench-micro` and
/// `make check-perf` set this.
if let benchmarks = Context.environment["BENCHMARKS"] {
  package.targets += [
    .target(
      name: "Workloads",
      dependencies: ["ImageAPI", "ImageRegistry", "ImageWire", "MessagePack", "WaybillServer"],
      path: "Benchmarks/Sources/Workloads", swiftSettings: settings),
    .executableTarget(
      name: "RegistryBench",
      dependencies: [
        "CGlibc", "Concurrency", "ImageAPI", "ImageRegistry", "ImageWire", "WaybillWorker", "Workloads", arguments,
        lifecycle, logging, signals,
      ], path: "Benchmarks/Sources/RegistryBench", swiftSettings: settings),
    .executableTarget(
      name: "FixedFace", dependencies: [arguments] + grpc, path: "Benchmarks/Sources/FixedFace",
      swiftSettings: settings),
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

/// `make docs` sets this.
if Context.environment["DOCS"] == "1" {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
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
    .executableTarget(
      name: "fuzz-store", dependencies: ["Fuzzer", "StoreTesting"], path: "Fuzz/Store", swiftSettings: settings,
      linkerSettings: linking),
  ]
}
