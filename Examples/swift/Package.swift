// swift-tools-version: 6.2
import PackageDescription

// A program of its own that asks waybill: `swift run --package-path Examples/swift list-images [ENDPOINT]`.
let package = Package(
  name: "list-images",
  // Without traits nothing is fetched that only the worker needs.
  dependencies: [.package(name: "waybill", path: "../..", traits: [])],
  targets: [
    .executableTarget(name: "list-images", dependencies: [.product(name: "WaybillClient", package: "waybill")])
  ]
)
