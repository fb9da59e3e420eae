// swift-tools-version: 6.1
import PackageDescription

// A service of its own that uses the library: nothing but `swift build` is needed, the shim comes along.
let package = Package(
    name: "RunContainer",
    dependencies: [.package(name: "ContainerKit", path: "../..")],
    targets: [
        .executableTarget(
            name: "RunContainer", dependencies: [.product(name: "ContainerKit", package: "ContainerKit")]),
        .executableTarget(
            name: "PullImage", dependencies: [.product(name: "ContainerKit", package: "ContainerKit")]),
    ],
    swiftLanguageModes: [.v6]
)
