import ContainerSystem
import Glibc
import Testing

/// A service of somebody else's: a package outside of this one, built with nothing but `swift build`.
@Suite struct ExampleTests {
    private static let checkout = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    @Test func aPackageOfItsOwnRunsAContainer() throws {
        try Sandbox.with { box in
            let package = box.folder + "/service"
            try #require(try Command.run(["cp", "-r", Self.checkout + "/Examples/RunContainer", package]).status == 0)
            try Files.removeTree(package + "/.build")
            let manifest = try Files.readText(package + "/Package.swift")
            let elsewhere = manifest.replacing("\"../..\"", with: "\"\(Self.checkout)\"")
            try #require(elsewhere != manifest)
            try Files.replace(package + "/Package.swift", with: Array(elsewhere.utf8))
            let path = getenv("PATH").map { "PATH=" + String(cString: $0) } ?? "PATH=/usr/bin"
            // Kept below the checkout's own build folder, so that a second run is quick.
            let build = [
                "swift", "build", "--package-path", package, "--scratch-path", Self.checkout + "/.build/example",
            ]
            let built = try Command.run(["env", path] + build, timeout: 900)
            try #require(built.status == 0, "\(built)")
            let products = Self.checkout + "/.build/example/debug"
            #expect(access(products + "/ck-shim", X_OK) == 0, "the shim is beside the program")
            let run = try box.inside(
                [
                    "env", "CK_ROOT=" + box.root, "CK_RUN_ROOT=" + box.runRoot, products + "/RunContainer",
                    box.folder + "/bb",
                    "sh", "-c", "echo pid $$; cat \(HostCgroups.memoryFile)",
                ])
            #expect(run.output == "status 0\npid 1\n67108864\n", "\(run)")
        }
    }
}
