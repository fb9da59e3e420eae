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
        .executableTarget(
            name: "WatchContainer", dependencies: [.product(name: "ContainerKit", package: "ContainerKit")]),
        // Images and registries alone: no engine, no shim.
        .executableTarget(
            name: "CopyImage",
            dependencies: [
                .product(name: "ContainerImages", package: "ContainerKit"),
                .product(name: "ContainerRegistryClient", package: "ContainerKit"),
                .product(name: "OCISpec", package: "ContainerKit"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
