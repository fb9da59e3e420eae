import ContainerSystem
import Glibc
import Testing

@Suite struct NothingLeftTests {
    /// Everything that the containers of a sandbox take of their host. Other tests run containers at the same time, so
    /// control groups are counted by the containers' ids, and supervisors by the sandbox's mount namespace.
    private struct Census: Equatable, CustomStringConvertible {
        let mounts: Int
        let cgroups: [String]
        let links: Int
        let rules: Int
        let records: String
        let folders: [String]
        let shims: [Int32]

        init(_ box: Sandbox, ids: Set<String>) throws {
            mounts = try box.inside(["cat", "/proc/self/mountinfo"]).lines.count
            cgroups = HostCgroups.containers().filter { path in ids.contains { path.contains($0) } }
            links = try box.inside(["ip", "-o", "link"]).lines.count
            rules = try box.inside(["nft", "list", "ruleset"]).lines.count
            records = try box.inside([
                "sqlite3", box.root + "/metadata.db", "SELECT COUNT(*) FROM endpoint; SELECT COUNT(*) FROM container",
            ]).output
            folders = try [box.root + "/containers", box.root + "/overlay/snapshots", box.runRoot + "/containers"]
                .flatMap { try Files.list($0) }
            shims = box.processes(named: "ck-shim")
        }

        var description: String {
            "mounts \(mounts), cgroups \(cgroups), links \(links), rules \(rules), leases and containers \(records), "
                + "folders \(folders), supervisors \(shims)"
        }

        /// The kernel takes network namespaces apart on its own time.
        static func settled(_ box: Sandbox, ids: Set<String>, _ isSettled: (Census) -> Bool) throws -> Census {
            var census = try Census(box, ids: ids)
            for _ in 0..<100 where !isSettled(census) {
                usleep(100_000)
                census = try Census(box, ids: ids)
            }
            return census
        }
    }

    @Test func twoHundredInARowAndTwentyAtOnceLeaveNothing() throws {
        try Sandbox.with { box in
            // The bridge and the table are made by the first container and stay, as docker's do.
            #expect(try box.shell("true").status == 0)
            let before = try Census.settled(box, ids: []) { $0.links == 2 }
            #expect(before.links == 2 && before.rules > 0 && before.shims.isEmpty, "\(before)")
            var ids = Set<String>()
            for _ in 0..<200 {
                let result = try box.ck(["run", "--rm", "bb", "hostname"])
                #expect(result.status == 0 && result.line(0).count == 12, "\(result)")
                ids.insert(result.line(0))
            }
            let gate = box.folder + "/gate"
            try Files.makeDirectory(gate)
            let wait = [
                "run", "--rm", "-v", gate + ":/gate", "bb", "sh", "-c", "until [ -e /gate/go ]; do sleep 0.1; done",
            ]
            let pids = try (0..<20).map { _ in try box.startCk(wait) }
            var together = Set<String>()
            for _ in 0..<1000 where together.count < 20 {
                together.formUnion(try box.ck(["ps", "-q"]).lines.map(String.init))
                usleep(50_000)
            }
            let during = try Census(box, ids: together)
            #expect(together.count == 20 && !during.cgroups.isEmpty && during.shims.count == 20, "\(during)")
            try Files.replace(gate + "/go", with: [])
            for pid in pids { #expect(try Command.wait(pid, timeout: 60, name: "ck run") == 0) }
            let after = try Census.settled(box, ids: ids.union(together)) { $0 == before }
            #expect(after == before, "\(before) became \(after)")
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
