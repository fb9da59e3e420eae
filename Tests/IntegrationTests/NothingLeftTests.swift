import ContainerSystem
import Glibc
import Testing

@Suite struct NothingLeftTests {
    /// Everything that a container takes of its host, counted.
    private struct Census: Equatable, CustomStringConvertible {
        let mounts: Int
        let cgroups: Int
        let links: Int
        let rules: Int
        let leases: String
        let folders: [String]
        let shims: Int

        init(_ box: Sandbox) throws {
            mounts = try box.inside(["cat", "/proc/self/mountinfo"]).lines.count
            cgroups = HostCgroups.containers().count
            links = try box.inside(["ip", "-o", "link"]).lines.count
            rules = try box.inside(["nft", "list", "ruleset"]).lines.count
            leases = try box.inside([
                "sqlite3", box.root + "/metadata.db", "SELECT COUNT(*) FROM lease; SELECT COUNT(*) FROM container",
            ]).output
            folders = try [box.root + "/containers", box.root + "/overlay/snapshots", box.runRoot + "/containers"]
                .flatMap { try Files.list($0) }
            // A supervisor of this sandbox has its plan from this state: its command line is all it shows.
            shims = try Command.run(["pgrep", "-c", "-x", "ck-shim"]).lines.first.flatMap { Int($0) } ?? 0
        }

        var description: String {
            "mounts \(mounts), cgroups \(cgroups), links \(links), rules \(rules), leases \(leases), folders \(folders)"
        }

        /// Other tests run containers at the same time: what is counted on the whole host is compared by whoever is alone.
        func isSameInside(_ other: Census) -> Bool {
            mounts == other.mounts && links == other.links && rules == other.rules && leases == other.leases
                && folders == other.folders
        }
    }

    @Test func twoHundredInARowAndTwentyAtOnceLeaveNothing() throws {
        try Sandbox.with { box in
            // The bridge and the table are made by the first container and stay, as docker's do.
            #expect(try box.shell("true").status == 0)
            let before = try Census(box)
            for _ in 0..<200 {
                let result = try box.ck(["run", "--rm", "bb", "true"])
                #expect(result.status == 0, "\(result)")
            }
            let pids = try (0..<20).map { _ in try box.startCk(["run", "--rm", "bb", "sleep", "1"]) }
            for pid in pids { #expect(try Command.wait(pid, timeout: 60, name: "ck run") == 0) }
            // The kernel takes network namespaces apart on its own time.
            var after = try Census(box)
            for _ in 0..<100 where !after.isSameInside(before) {
                usleep(100_000)
                after = try Census(box)
            }
            #expect(after.isSameInside(before), "\(before) became \(after)")
        }
    }

    @Test func twoWithTheSameNameAtOnceAreOne() throws {
        try Sandbox.with { box in
            let pids = try (0..<8).map { _ in try box.startCk(["run", "-d", "--name", "only", "bb", "sleep", "100"]) }
            let statuses = try pids.map { try Command.wait($0, timeout: 60, name: "ck run") }
            #expect(statuses.filter { $0 == 0 }.count == 1 && statuses.filter { $0 == 125 }.count == 7, "\(statuses)")
            #expect(try Files.list(box.root + "/containers").count == 1)
        }
    }
}
