import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerNamespaces

@Suite struct SeccompCacheTests {
    private func withCache(_ name: String, _ body: (SeccompCache) throws -> Void) throws {
        var template = Array("/tmp/containerkit-test-seccomp-\(name).XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        let folder = String(cString: made)
        defer {
            for name in (try? Files.list(folder + "/cache")) ?? [] { unlink("\(folder)/cache/\(name)") }
            rmdir(folder + "/cache")
            rmdir(folder)
        }
        try body(SeccompCache(directory: folder + "/cache"))
    }

    private static let sample = Result {
        try SeccompFilter(program: [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f, 0x06, 0, 0, 0, 1, 0, 5, 0], flags: 4)
    }

    @Test func compilesOnce() throws {
        try withCache("once") { cache in
            let filter = try Self.sample.get()
            var compiled = 0
            for _ in 0..<3 {
                let found = try cache.filter(named: "key") { () throws(ContainerError) in
                    compiled += 1
                    return filter
                }
                #expect(found == filter)
            }
            #expect(compiled == 1)
            var status = stat()
            #expect(stat(cache.directory + "/key.bpf", &status) == 0 && status.st_mode & 0o777 == 0o600)
            #expect(stat(cache.directory, &status) == 0 && status.st_mode & 0o777 == 0o700)
        }
    }

    @Test func aDamagedFileIsCompiledAnew() throws {
        try withCache("damage") { cache in
            let filter = try Self.sample.get()
            let good = SeccompCacheFile(key: []).encode(filter)
            #expect(SeccompCacheFile(key: []).decode(good) == filter)
            let path = cache.directory + "/key.bpf"
            try Files.makeDirectory(cache.directory)
            var bad = (0..<good.count).map { Array(good[..<$0]) }
            for index in good.indices {
                var copy = good
                copy[index] ^= 0x10
                bad.append(copy)
            }
            bad.append(good + good)
            bad.append([UInt8](repeating: 0, count: 4096 * 8 + 24))
            for bytes in bad {
                #expect(SeccompCacheFile(key: []).decode(bytes) == nil)
                try Files.replace(path, with: bytes, mode: 0o600)
                var compiled = 0
                let found = try cache.filter(named: "key") { () throws(ContainerError) in
                    compiled += 1
                    return filter
                }
                #expect(compiled == 1 && found == filter)
                #expect(try Files.read(path) == good)
            }
        }
    }

    @Test func aFileThatOthersMayWriteOrALinkIsNotTrusted() throws {
        try withCache("trust") { cache in
            let filter = try Self.sample.get()
            let other = try SeccompFilter(program: [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f], flags: 0)
            let path = cache.directory + "/key.bpf"
            try Files.makeDirectory(cache.directory)
            try Files.replace(path, with: SeccompCacheFile(key: []).encode(other))
            chmod(path, 0o666)
            #expect(try cache.filter(named: "key") { () throws(ContainerError) in filter } == filter)
            unlink(path)
            try Files.replace(
                cache.directory + "/elsewhere", with: SeccompCacheFile(key: []).encode(other), mode: 0o600)
            symlink("elsewhere", path)
            #expect(try cache.filter(named: "key") { () throws(ContainerError) in filter } == filter)
        }
    }

    @Test func aCacheThatCannotBeWrittenIsNoFailure() throws {
        let cache = SeccompCache(directory: "/proc/containerkit-test")
        let filter = try Self.sample.get()
        #expect(try cache.filter(named: "key") { () throws(ContainerError) in filter } == filter)
        let error = #expect(throws: ContainerError.self) {
            try cache.filter(named: "key") { () throws(ContainerError) in throw ContainerError(.unsupported, "no") }
        }
        #expect(error?.code == .unsupported)
    }

    @Test func theStandardPolicyIsCachedUnderAReadableName() throws {
        try withCache("standard") { cache in
            let kernel = KernelVersion(6, 1)
            let first = try cache.standard(capabilities: Capabilities.standard, kernel: kernel)
            #expect(
                try Files.list(cache.directory) == ["default-1-\(DefaultSeccompPolicy.architecture)-a80425fb-6.1.bpf"])
            #expect(try cache.standard(capabilities: Capabilities.standard, kernel: kernel) == first)
            #expect(try cache.standard(capabilities: 0, kernel: kernel) != first)
        }
    }

    private static func policy(_ name: String, _ action: String = "SCMP_ACT_ALLOW") -> RuntimeSpec.Seccomp {
        .init(defaultAction: "SCMP_ACT_ERRNO", syscalls: [.init(names: [name], action: action)])
    }

    @Test func aPolicyOfAnyOriginIsCompiledOnce() throws {
        try withCache("policy") { cache in
            let read = try #require(try cache.filter(for: Self.policy("read")))
            let names = try Files.list(cache.directory)
            #expect(names.count == 1 && names[0].hasPrefix("policy-1-\(DefaultSeccompPolicy.architecture)-"))
            let path = "\(cache.directory)/\(names[0])"
            // Something else with the same key in the file shows that the file is what is taken.
            let file = SeccompCacheFile(key: SeccompPolicyBytes.make(Self.policy("read")))
            let other = try Self.sample.get()
            try Files.replace(path, with: file.encode(other), mode: 0o600)
            #expect(try cache.filter(for: Self.policy("read")) == other)
            // Under the same name a file for another policy does not count.
            let foreign = SeccompCacheFile(key: SeccompPolicyBytes.make(Self.policy("pipe")))
            #expect(foreign.key.count == file.key.count)
            try Files.replace(path, with: foreign.encode(other), mode: 0o600)
            #expect(try cache.filter(for: Self.policy("read")) == read)
            #expect(try Files.read(path) == file.encode(read))
            #expect(try cache.filter(for: Self.policy("pipe")) != read)
            #expect(try Files.list(cache.directory).count == 2)
        }
    }

    @Test func everythingAboutAPolicyCounts() {
        let base = RuntimeSpec.Seccomp(
            defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1, architectures: ["SCMP_ARCH_X86_64"], flags: [],
            syscalls: [
                .init(
                    names: ["read", "write"], action: "SCMP_ACT_ALLOW",
                    args: [.init(index: 0, value: 1, valueTwo: 2, op: "SCMP_CMP_EQ")])
            ])
        var variants = [base]
        func vary(_ change: (inout RuntimeSpec.Seccomp) -> Void) {
            var copy = base
            change(&copy)
            variants.append(copy)
        }
        vary { $0.defaultAction = "SCMP_ACT_KILL" }
        vary { $0.defaultErrnoRet = nil }
        vary { $0.defaultErrnoRet = 2 }
        vary { $0.architectures = nil }
        vary { $0.architectures = [] }
        vary { $0.flags = nil }
        vary { $0.flags = ["SECCOMP_FILTER_FLAG_LOG"] }
        vary { $0.listenerPath = "/x" }
        vary { $0.listenerMetadata = "x" }
        vary { $0.syscalls = nil }
        vary { $0.syscalls?[0].names = ["readwrite"] }
        vary { $0.syscalls?[0].names = ["readw", "rite"] }
        vary { $0.syscalls?[0].action = "SCMP_ACT_LOG" }
        vary { $0.syscalls?[0].errnoRet = 1 }
        vary { $0.syscalls?[0].args = nil }
        vary { $0.syscalls?[0].args?[0].index = 1 }
        vary { $0.syscalls?[0].args?[0].value = 2 }
        vary { $0.syscalls?[0].args?[0].valueTwo = 3 }
        vary { $0.syscalls?[0].args?[0].op = "SCMP_CMP_NE" }
        #expect(Set(variants.map(SeccompPolicyBytes.make)).count == variants.count)
        var elsewhere = base
        elsewhere.listenerPath = "/a"
        var there = base
        there.listenerPath = "/b"
        #expect(SeccompPolicyBytes.make(elsewhere) == SeccompPolicyBytes.make(there))
    }

    @Test func aPolicyThatLetsEverythingPassIsNoFilter() throws {
        try withCache("none") { cache in
            let without = try cache.filter(for: RuntimeSpec.Seccomp(defaultAction: "SCMP_ACT_ALLOW"))
            let empty = try cache.filter(for: RuntimeSpec.Seccomp(defaultAction: "SCMP_ACT_ALLOW", syscalls: []))
            let logging = try cache.filter(for: RuntimeSpec.Seccomp(defaultAction: "SCMP_ACT_LOG"))
            #expect(without == nil && empty == nil && logging != nil)
        }
    }

    @Test func whatIsWrongIsNotCached() throws {
        try withCache("wrong") { cache in
            #expect(
                throws: ContainerError(
                    .invalidArgument, "linux.seccomp.syscalls[0].names[0]: \"foo\" is not a system call")
            ) { try cache.filter(for: Self.policy("foo")) }
            let names = try Files.list(cache.directory)
            #expect(names.isEmpty)
        }
    }

    @Test func oldPoliciesGo() throws {
        try withCache("prune") { cache in
            try Files.makeDirectory(cache.directory)
            for number in 0..<256 { try Files.replace("\(cache.directory)/policy-1-x-\(number).bpf", with: [1]) }
            try Files.replace("\(cache.directory)/default-1.bpf", with: [1])
            #expect(try cache.filter(for: Self.policy("read")) != nil)
            #expect(try Files.list(cache.directory).count == 2)
        }
    }

    @Test func kernelVersions() {
        #expect(KernelVersion(release: "6.1.0-18-amd64") == KernelVersion(6, 1))
        #expect(KernelVersion(release: "5.10-rc3") == KernelVersion(5, 10))
        #expect(KernelVersion(release: "4.19+") == KernelVersion(4, 19))
        #expect(KernelVersion(release: "linux") == nil)
        #expect(KernelVersion(4, 19) < KernelVersion(5, 1))
        #expect(KernelVersion.current > KernelVersion(3, 0))
    }
}
