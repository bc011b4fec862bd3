// swift-tools-version: 6.2
import PackageDescription

// A program of its own that asks waybill: `swift run --package-path Examples/swift list-images [ENDPOINT]`.
let package = Package(
  name: "list-images",
  dependencies: [.package(name: "waybill", path: "../..")],
  targets: [
    .executableTarget(name: "list-images", dependencies: [.product(name: "WaybillClient", package: "waybill")])
  ]
)
