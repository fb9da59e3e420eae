import ContainerSystem
import Glibc
import Testing

/// A service of somebody else's: a package outside of this one, built with nothing but `swift build`.
@Suite struct ExampleTests {
    private static let checkout = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    /// Once for all tests: one that is running must not be linked anew.
    private static let products = Result { try build() }

    /// Builds the package outside of this one.
    /// - Returns: the folder of its products.
    private static func build() throws -> String {
        try Sandbox.with(image: false) { box in try build(box) }
        return checkout + "/.build/example/debug"
    }

    private static func build(_ box: Sandbox) throws {
        let package = box.folder + "/service"
        try #require(try Command.run(["cp", "-r", checkout + "/Examples/RunContainer", package]).status == 0)
        try Files.removeTree(package + "/.build")
        let manifest = try Files.readText(package + "/Package.swift")
        let elsewhere = manifest.replacing("\"../..\"", with: "\"\(checkout)\"")
        try #require(elsewhere != manifest)
        try Files.replace(package + "/Package.swift", with: Array(elsewhere.utf8))
        let path = getenv("PATH").map { "PATH=" + String(cString: $0) } ?? "PATH=/usr/bin"
        // Kept below the checkout's own build folder, so that a second run is quick.
        let build = ["swift", "build", "--package-path", package, "--scratch-path", checkout + "/.build/example"]
        let built = try Command.run(["env", path] + build, timeout: 900)
        try #require(built.status == 0, "\(built)")
    }

    @Test func aPackageOfItsOwnRunsAContainer() throws {
        try Sandbox.with { box in
            let products = try Self.products.get()
            for name in ["ck-shim", "ck-dns"] { #expect(access(products + "/\(name)", X_OK) == 0, "\(name)") }
            let run = try box.inside(
                [
                    "env", "CK_ROOT=" + box.root, "CK_RUN_ROOT=" + box.runRoot, products + "/RunContainer",
                    box.folder + "/bb",
                    "sh", "-c", "echo pid $$; cat \(HostCgroups.memoryFile)",
                ])
            #expect(run.output == "status 0\npid 1\n67108864\n", "\(run)")
        }
    }

    @Test func aServiceListensToAContainerInEveryWay() throws {
        try Sandbox.with { box in
            let products = try Self.products.get()
            let state = ["CK_ROOT=" + box.root, "CK_RUN_ROOT=" + box.runRoot]
            let seen = try box.inside(["env"] + state + [products + "/WatchContainer", box.folder + "/bb"])
            let lines = [
                "attached: got one", "exec: RunResult(status: 0, output: \"through cat\\n\", errors: \"\")",
                "stats: 1 true", "stats: 1 true", "logs: cancelled", "wait: cancelled", "status: 7", "log: got one",
            ]
            #expect(Array(seen.lines.prefix(lines.count)) == lines.map { $0[...] }, "\(seen)")
            let events = seen.lines.dropFirst(lines.count).map { String($0.dropFirst("event: ".count)) }
            #expect(
                events.filter { ["create", "start", "die", "destroy"].contains($0) } == [
                    "create", "start", "die", "destroy",
                ], "\(seen)")
            #expect(seen.status == 0 && seen.errors.isEmpty, "\(seen)")
        }
    }

    @Test func aServiceSeesHowAPullGoesAndGivesItUp() throws {
        try Sandbox.with(image: false) { box in
            let products = try Self.products.get()
            let registry = try Registry(box)
            let noise = box.folder + "/noise"
            try box.inside(["dd", "if=/dev/urandom", "of=" + noise, "bs=1M", "count=4"])
            try registry.publish(["layers": [[["name": "noise", "path": noise]]]], as: "it:1")
            let proxy = try registry.faults()
            func pull(_ arguments: String...) throws -> CommandResult {
                let state = ["CK_ROOT=" + box.root, "CK_RUN_ROOT=" + box.runRoot]
                return try box.inside(
                    ["env"] + state + [products + "/PullImage", proxy.address + "/it:1"] + arguments)
            }
            // A minute's worth of delays.
            try proxy.set([["match": "GET .*/blobs/", "delay": 1]])
            let start = ContinuousClock.now
            let given = try pull("hurry")
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(given.output.contains("no image: the transfer was given up"), "\(given)")
            #expect(try !box.ck(["images"]).output.contains("it"))
            try proxy.set([["match": "GET .*/blobs/", "delay": 0.05]])
            let whole = try pull()
            #expect(whole.status == 0 && whole.lines.last?.hasPrefix("sha256:") == true, "\(whole)")
            #expect(whole.lines.filter { $0.contains(" downloading ") }.count > 3, "\(whole)")
            for status in ["Pulling fs layer", "Download complete", "Pull complete"] {
                #expect(whole.lines.filter { $0.hasSuffix(status) }.count == 1, "\(whole)")
            }
        }
    }

    @Test func imagesNeedNoEngine() throws {
        try Sandbox.with(image: false) { box in
            let products = try Self.products.get()
            let registry = try Registry(box)
            let other = try Registry(box, port: 5001)
            try registry.publish(["layers": [[["name": "f", "content": "x"]]]], as: "it:1")
            let copy = try box.inside([
                products + "/CopyImage", box.folder + "/images", registry.address + "/it:1", other.address + "/copy:2",
            ])
            #expect(copy.status == 0 && copy.lines.last?.hasPrefix("same sha256:") == true, "\(copy)")
            #expect(
                copy.lines.contains { $0.hasSuffix("Pull complete") } && copy.lines.contains { $0.hasSuffix("Pushed") })
            let there = try box.inside([
                "skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}",
                "docker://\(other.address)/copy:2",
            ])
            #expect(copy.lines.last.map { $0.dropFirst("same ".count) } == there.lines.first, "\(there)")
        }
    }
}
