import ContainerSystem
import Glibc
import Testing

/// The arrows of Documentation/Architecture.md, held against the imports.
@Suite struct ArrowsTests {
    private static let ground: Set = ["Glibc", "Dispatch", "Synchronization", "FoundationEssentials", "CKLinux"]
    private static let allowed: [String: Set<String>] = [
        "ContainerSystem": [],
        "OCISpec": ["ContainerSystem"],
        "TextTemplate": [],
        "ContainerNamespaces": ["ContainerSystem", "OCISpec", "CKSeccomp"],
        "ContainerCgroups": ["ContainerSystem", "OCISpec"],
        "ContainerStorage": ["ContainerSystem", "OCISpec", "CKArchive", "CKCrypto", "CKInflate"],
        "ContainerRegistryClient": ["ContainerSystem", "OCISpec", "CKCurl"],
        "ContainerNetworking": ["ContainerSystem"],
        "ContainerNames": ["ContainerSystem", "OCISpec", "ContainerNetworking"],
        // GRDB's blobs are Foundation's.
        "ContainerDatabase": ["ContainerSystem", "GRDB", "CKSQLite", "Foundation"],
        "ContainerRuntime": ["ContainerSystem", "OCISpec", "ContainerNamespaces", "ContainerCgroups"],
        "ContainerImages": [
            "ContainerSystem", "OCISpec", "ContainerStorage", "ContainerRegistryClient", "ContainerDatabase",
        ],
        "ContainerEngine": [
            "ContainerSystem", "OCISpec", "ContainerNamespaces", "ContainerCgroups", "ContainerStorage",
            "ContainerRegistryClient", "ContainerNetworking", "ContainerDatabase", "ContainerRuntime",
            "ContainerImages", "ContainerNames",
        ],
        "ContainerBuilder": ["ContainerSystem", "OCISpec"],
        "ContainerKit": ["ContainerSystem", "ContainerEngine"],
        "ContainerKitTesting": [
            "ContainerSystem", "OCISpec", "ContainerNamespaces", "ContainerCgroups", "ContainerStorage",
            "ContainerRegistryClient", "ContainerNetworking", "ContainerNames", "ContainerKit",
        ],
    ]

    private static let sources: String = {
        let file = #filePath
        return file.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Sources/ContainerKit"
    }()

    @Test(arguments: allowed.keys.sorted()) func aModuleImportsOnlyWhatIsBelow(_ module: String) throws {
        let folder = "\(Self.sources)/\(module)"
        let files = try Files.list(folder).filter { $0.hasSuffix(".swift") }
        #expect(!files.isEmpty)
        let fine = Self.ground.union(Self.allowed[module] ?? [])
        for file in files {
            let lines = try Files.readText("\(folder)/\(file)").split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count <= 451, "\(module)/\(file) has \(lines.count) lines: is there a second idea in it?")
            for line in lines where line.hasPrefix("import ") || line.contains(" import ") && line.hasPrefix("@") {
                let name = line.split(separator: " ").last?.split(separator: ".").first.map(String.init) ?? ""
                #expect(fine.contains(name), "\(module)/\(file) imports \(name)")
            }
        }
    }
}
