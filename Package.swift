// swift-tools-version: 6.1
import PackageDescription

// One folder per module under Sources/ContainerKit; arrows point down only (Documentation/Architecture.md).

// A static shim holds a quarter of the memory and starts four times as fast, but the flag that makes it is allowed only
// in a package that is the root or a dependency by path. Elsewhere the same shim is linked as usual.
let isVersionedDependency = Context.packageDirectory.contains("/checkouts/")

let folder = "Sources/ContainerKit/"

func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: folder + name, resources: resources,
        swiftSettings: [.enableUpcomingFeature("ExistentialAny")])
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.target(name: name)] + dependencies,
        path: "Tests/\(name)Tests", exclude: exclude)
}

let libraries = [
    "ContainerSystem", "OCISpec", "ContainerNamespaces", "ContainerCgroups", "ContainerStorage",
    "ContainerRegistryClient", "ContainerNetworking", "ContainerNames", "ContainerDatabase", "ContainerRuntime",
    "ContainerImages", "ContainerBuilder", "ContainerEngine", "ContainerKit", "ContainerKitTesting", "TextTemplate",
]

let package = Package(
    name: "ContainerKit",
    products: libraries.map { .library(name: $0, targets: [$0]) } + [
        .executable(name: "ck", targets: ["ck"]),
        // Declared as a product so that SwiftPM builds it beside every program that imports the library.
        .executable(name: "ck-shim", targets: ["ContainerShim"]),
        .executable(name: "ck-dns", targets: ["ck-dns"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Ground
        .target(name: "CKLinux", path: folder + "CKLinux"),
        // Without pkgConfig, which would put -lcurl and the others on every link, and 5 ms on every start: each is
        // loaded when it is first needed, and the headers stand where compilers look.
        .systemLibrary(name: "CKArchive", path: folder + "CKArchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CKCurl", path: folder + "CKCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CKSeccomp", path: folder + "CKSeccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CKCrypto", path: folder + "CKCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CKInflate", path: folder + "CKInflate", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CKSQLite", path: folder + "CKSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .executableTarget(
            name: "ContainerShim", dependencies: ["CKLinux"], path: folder + "ContainerShim",
            linkerSettings: isVersionedDependency ? [] : [.unsafeFlags(["-static-executable"])]),
        module("ContainerSystem", ["CKLinux"]),
        module("OCISpec", ["ContainerSystem"]),
        module("TextTemplate"),

        // Mechanism
        module("ContainerNamespaces", ["ContainerSystem", "OCISpec", "CKLinux", "CKSeccomp", "ContainerShim"]),
        module("ContainerCgroups", ["ContainerSystem", "OCISpec", "CKLinux"]),
        module("ContainerStorage", ["ContainerSystem", "OCISpec", "CKLinux", "CKArchive", "CKCrypto", "CKInflate"]),
        module("ContainerRegistryClient", ["ContainerSystem", "OCISpec", "CKCurl"]),
        module("ContainerNetworking", ["ContainerSystem", "CKLinux"]),
        module("ContainerNames", ["ContainerSystem", "OCISpec", "ContainerNetworking", "CKLinux"]),
        module("ContainerDatabase", ["ContainerSystem", "CKSQLite", .product(name: "GRDB", package: "GRDB.swift")]),

        // Services
        module(
            "ContainerRuntime",
            ["ContainerSystem", "OCISpec", "ContainerNamespaces", "ContainerCgroups", "CKLinux"]),
        module(
            "ContainerImages",
            ["ContainerSystem", "OCISpec", "ContainerStorage", "ContainerRegistryClient", "ContainerDatabase"]),

        // Engine and facade
        module(
            "ContainerEngine",
            [
                "ContainerSystem", "OCISpec", "ContainerRuntime", "ContainerNamespaces", "ContainerCgroups",
                "ContainerStorage", "ContainerRegistryClient", "ContainerNetworking", "ContainerDatabase",
                "ContainerImages", "ContainerNames",
                "CKLinux", "ck-dns",
            ]),
        module("ContainerBuilder", ["ContainerSystem", "OCISpec"]),
        module("ContainerKit", ["ContainerEngine", "ContainerSystem"]),

        // For the tests of those who import the library: its seams without root, network or kernel.
        module(
            "ContainerKitTesting",
            [
                "ContainerSystem", "OCISpec", "ContainerNamespaces", "ContainerCgroups", "ContainerStorage",
                "ContainerRegistryClient", "ContainerNetworking", "ContainerNames", "ContainerKit",
            ]),

        // Tools
        .executableTarget(
            name: "ck-dns", dependencies: ["ContainerNames", "ContainerSystem"], path: "Sources/ck-dns",
            // Static as the shim, and for the same reasons; but tests link it too. OCISpec names Foundation, which names the
            // other two.
            linkerSettings: isVersionedDependency
                ? []
                : [
                    .unsafeFlags(
                        ["-static-executable"]
                            + ["_FoundationCollections", "_FoundationCShims"].flatMap { ["-Xlinker", "-l" + $0] },
                        .when(configuration: .release))
                ]),
        .executableTarget(
            name: "ck",
            dependencies: [
                "ContainerKit", "ContainerEngine", "ContainerRuntime", "ContainerNamespaces", "ContainerCgroups",
                "ContainerRegistryClient", "ContainerSystem", "OCISpec", "TextTemplate",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/ck",
            // A run pays for every library that is loaded and every relocation: 10 ms of it without these.
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-static-stdlib", "-Xclang-linker", "-no-pie",
                        "-Xclang-linker", "--ld-path=\(Context.packageDirectory)/Scripts/link",
                        "-Xlinker", "--no-export-dynamic",
                    ]
                        + ["CoreFoundation", "_FoundationICU", "_FoundationCShims", "_FoundationCollections", "stdc++"]
                        .flatMap { ["-Xlinker", "-l" + $0] },
                    .when(configuration: .release))
            ]),
        .testTarget(
            name: "ckTests",
            dependencies: [
                "ck", "ContainerCgroups", "ContainerRuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/ckTests", exclude: ["Fixtures"]),

        // What a user sees of ck on a real kernel, as root.
        .testTarget(
            name: "IntegrationTests", dependencies: ["ck", "ck-dns", "ContainerShim", "ContainerSystem"],
            path: "Tests/IntegrationTests", exclude: ["Fixtures"]),
        .testTarget(
            name: "ArchitectureTests", dependencies: ["ContainerSystem"], path: "Tests/ArchitectureTests"),
        tests("ContainerBuilder"),
        tests("ContainerDatabase"),
        tests("ContainerEngine", ["ContainerCgroups", "ContainerKitTesting", "ContainerRuntime", "ContainerStorage"]),
        tests("ContainerImages", ["ContainerKitTesting"]),
        tests("ContainerKit", ["ContainerKitTesting"]),
        tests("ContainerSystem"),
        tests("OCISpec", exclude: ["Fixtures"]),
        tests("TextTemplate"),
        tests("ContainerNamespaces", exclude: ["Fixtures"]),
        tests("ContainerCgroups", ["ContainerKitTesting"]),
        tests("ContainerStorage"),
        tests("ContainerRegistryClient", ["ContainerKitTesting"]),
        tests("ContainerNetworking", ["ContainerKitTesting"]),
        tests("ContainerNames", ["ck-dns", "ContainerNetworking"]),
        tests("ContainerRuntime", ["ContainerKitTesting"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)
