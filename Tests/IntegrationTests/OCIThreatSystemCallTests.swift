import ContainerSystem
import Glibc
import Testing

/// System calls that a container must not make, by every way into the kernel. Rows 15 and 16 of the threats.
@Suite struct OCIThreatSystemCallTests {
    /// The errno of each call that a container makes.
    private func calls(_ word: String, _ names: [String]) throws -> [String: CInt] {
        try Sandbox.with { box, results in
            try Files.makeDirectory(box.folder + "/tool")
            try Files.replace(box.folder + "/tool/attacker", with: Attacker.program(), mode: 0o755)
            let tool = ["-v", "\(box.folder)/tool:/tool"]
            let run = try box.ck(["run", "--rm"] + tool + ["bb", "/tool/attacker", word] + names)
            try #require(try box.ck(["run", "-d", "--name", "long"] + tool + ["bb", "sleep", "600"]).status == 0)
            let exec = try box.ck(["exec", "long", "/tool/attacker", word] + names)
            #expect(run.output == exec.output && run.lines.count == names.count, "\(run)\n\(exec)")
            for line in run.lines {
                let parts = line.split(separator: " ")
                results[String(parts[0])] = CInt(parts[1])
            }
        }
    }

    #if arch(x86_64)
    private static let (socket, clone3, unshare, keyctl) = (41, 435, 272, 250)
    #else
    private static let (socket, clone3, unshare, keyctl) = (198, 435, 97, 219)
    #endif

    @Test func row15FamiliesThatReachIntoTheKernel() throws {
        let high = (1 << 32)
        let denied = [38, 40, high + 38, high + 40, (1 << 63) + 38].map { "\(Self.socket):\($0)" }
        let allowed = [1, 2, 16].map { "\(Self.socket):\($0)" }
        let found = try calls("calls", denied + allowed)
        for call in denied { #expect(found[call] == EPERM, "\(call)") }
        for call in allowed { #expect(found[call] != EPERM && found[call] != nil, "\(call)") }
    }

    @Test func row16TheCallWithoutVisibleFlagsIsUnknown() throws {
        let found = try calls("calls", ["\(Self.clone3)", "\(Self.unshare):0x10000000", "\(Self.keyctl)"])
        #expect(found["\(Self.clone3)"] == ENOSYS)
        #expect(found["\(Self.unshare):0x10000000"] == EPERM)
        #expect(found["\(Self.keyctl)"] == EPERM)
    }

    #if arch(x86_64)
    /// By the way in of 32-bit programs, with their numbers: the same calls are denied, and others mean what they mean there.
    @Test func row16TheFilterHoldsForOtherArchitectures() throws {
        let names = [
            20: "getpid", 21: "mount", 52: "umount2", 310: "unshare", 288: "keyctl", 217: "pivot_root", 435: "clone3",
            346: "setns", 357: "bpf", 128: "init_module", 283: "kexec_load", 88: "reboot", 103: "syslog",
        ]
        let found = try calls("old-calls", names.keys.map(String.init))
        for (number, name) in names {
            let expected = name == "getpid" ? [0] : name == "clone3" ? [ENOSYS] : [EPERM]
            #expect(expected.contains(found["\(number)"] ?? -1), "\(name): \(found["\(number)"] ?? -1)")
        }
        // With the bit of x32: the kernel's own numbers, and those that only x32 has.
        let x32 = 0x4000_0000
        let denied = [165, 166, 272, 250, 155, 308, 321, 175, 246, 169, 103].map { "\(x32 + $0)" }
        let other = try calls("calls", denied + ["\(x32 + 41):38", "\(x32 + 435)"])
        for call in denied { #expect(other[call] == EPERM, "\(call)") }
        #expect(other["\(x32 + 41):38"] == EPERM && other["\(x32 + 435)"] == ENOSYS, "\(other)")
    }
    #endif
}

extension Sandbox {
    /// Collects what a test finds in a sandbox.
    fileprivate static func with<Result>(_ body: (Sandbox, inout [String: Result]) throws -> Void) throws -> [String:
        Result]
    {
        var results: [String: Result] = [:]
        try with { box in try body(box, &results) }
        return results
    }
}
