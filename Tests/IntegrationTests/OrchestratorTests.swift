import ContainerSystem
import Glibc
import Testing

/// Engines of others, with our OCI runtime in place of theirs. What is checked is in the example's parts.
@Suite struct OrchestratorTests {
    private static let program =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Examples/Orchestrators/run"

    /// What the host has of a part: mounts and control groups that bear its name.
    private static func traces(_ name: String) throws -> [String] {
        let mounts = try Files.readText("/proc/self/mountinfo").split(separator: "\n").filter { $0.contains(name) }
        let trees = HostCgroups.isUnified ? [""] : try Files.list("/sys/fs/cgroup").map { "/" + $0 }
        let groups = trees.flatMap { tree in
            ((try? Files.list("/sys/fs/cgroup" + tree)) ?? []).filter { $0.hasPrefix(name) }
        }
        return mounts.map(String.init) + groups
    }

    @Test(arguments: ["podman", "containerd", "docker", "swarm"])
    func anEngineRunsItsContainersOnTheRuntime(part: String) throws {
        var template = Array("/var/tmp/ck-it-\(part)-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(folder) }
        chmod(folder, 0o755)
        let runtime = folder + "/ck-runtime"
        try #require(symlink(Sandbox.binFolder + "/ck", runtime) == 0)
        let state = folder + "/state"
        try Files.makeDirectory(state)
        let result = try Command.run(
            [Self.program, "--runtime", runtime, part], environment: ["TMPDIR=" + state], timeout: 300)
        #expect(result.status == 0, "\(result)")
        #expect(try Files.list(state).isEmpty, "its folder is gone")
        #expect(try Self.traces("ck-engines-\(part)-").isEmpty)
    }
}
