import ContainerSystem
import OCISpec
import Testing

@testable import ContainerNamespaces

/// The policies that engines send, of today and as their sources have them for what comes next.
@Suite struct SeccompProfileTests {
    private func policy(_ path: String, near file: String = #filePath) throws -> RuntimeSpec.Seccomp {
        let folder = String(file[..<file.lastIndex(of: "/")!])
        let spec = try RuntimeSpec(json: try Files.read("\(folder)/\(path).json"))
        return try #require(spec.linux.seccomp)
    }

    @Test(arguments: [
        "Fixtures/moby-plain", "Fixtures/moby-all", "Fixtures/podman-plain", "Fixtures/podman-all",
        "../OCISpecTests/Fixtures/docker-plain", "../OCISpecTests/Fixtures/podman-plain",
        "../OCISpecTests/Fixtures/kubernetes-sandbox",
    ]) func profilesOfEnginesAreTaken(_ path: String) throws {
        let filter = try SeccompFilter.compile(try policy(path))
        #expect(filter.instructionCount > 20 && !filter.needsListener)
        #if arch(x86_64)
        let run = SeccompInterpreter(filter: filter)
        #expect(try run(0) == .allow)
        #expect(try run(1) == .allow)
        // The first number that nobody has yet.
        #expect(try run(9999) == .errno(38))
        #endif
    }

    #if arch(x86_64)
    @Test func newCallsOfAProfileAreAllowed() throws {
        let run = SeccompInterpreter(filter: try SeccompFilter.compile(try policy("Fixtures/moby-plain")))
        for name in ["mseal", "statmount", "listmount", "setxattrat", "removexattrat"] {
            let number = try #require(SystemCalls.recent[name])
            #expect(try run(number) == .allow, "\(name)")
        }
        // open_tree_attr, which it does not name.
        #expect(try run(467) != .allow)
        // mount
        #expect(try run(165) == .errno(1))
        let all = SeccompInterpreter(filter: try SeccompFilter.compile(try policy("Fixtures/moby-all")))
        #expect(try all(165) == .allow)
    }
    #endif
}
