import ContainerSystem
import Glibc
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
            let good = SeccompCache.encode(filter)
            #expect(SeccompCache.decode(good) == filter)
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
                #expect(SeccompCache.decode(bytes) == nil)
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
            try Files.replace(path, with: SeccompCache.encode(other))
            chmod(path, 0o666)
            #expect(try cache.filter(named: "key") { () throws(ContainerError) in filter } == filter)
            unlink(path)
            try Files.replace(cache.directory + "/elsewhere", with: SeccompCache.encode(other), mode: 0o600)
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

    @Test func kernelVersions() {
        #expect(KernelVersion(release: "6.1.0-18-amd64") == KernelVersion(6, 1))
        #expect(KernelVersion(release: "5.10-rc3") == KernelVersion(5, 10))
        #expect(KernelVersion(release: "4.19+") == KernelVersion(4, 19))
        #expect(KernelVersion(release: "linux") == nil)
        #expect(KernelVersion(4, 19) < KernelVersion(5, 1))
        #expect(KernelVersion.current > KernelVersion(3, 0))
    }
}
