import CKSeccomp
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerNamespaces

@Suite struct SeccompPolicyTests {
    private static func compile(_ capabilities: UInt64, kernel: KernelVersion = KernelVersion(6, 1)) throws
        -> SeccompInterpreter
    {
        let policy = DefaultSeccompPolicy.make(capabilities: capabilities, kernel: kernel)
        return SeccompInterpreter(filter: try SeccompFilter.compile(policy))
    }

    private static let standard = Result { try compile(Capabilities.standard) }
    private static let admin = Result { try compile(Capabilities.standard | Capability.sysAdmin.mask) }

    #if arch(x86_64)
    @Test func everydayCallsAreAllowed() throws {
        let run = try Self.standard.get()
        for number: UInt32 in [0, 1, 2, 9, 16, 39, 41, 56, 57, 59, 101, 158, 161, 231, 257, 317, 435 - 1] {
            #expect(try run(number) == .allow, "\(number)")
        }
        #expect(try run(452) == .allow, "fchmodat2, which libseccomp may be too old for")
        #expect(try run(462) == .allow, "mseal")
    }

    @Test(arguments: [
        ("mount", 165), ("umount2", 166), ("unshare", 272), ("setns", 308), ("keyctl", 250), ("add_key", 248),
        ("request_key", 249), ("bpf", 321), ("io_uring_setup", 425), ("userfaultfd", 323), ("kexec_load", 246),
        ("pivot_root", 155), ("swapon", 167), ("init_module", 175), ("reboot", 169), ("iopl", 172), ("kcmp", 312),
        ("open_by_handle_at", 304), ("settimeofday", 164), ("perf_event_open", 298), ("get_kernel_syms", 177),
        ("mbind", 237), ("syslog", 103), ("acct", 163), ("fsopen", 430),
    ])
    func privilegedCallsAreNot(name: String, number: UInt32) throws {
        #expect(try Self.standard.get()(number) == .errno(1))
    }

    @Test func addressFamilies() throws {
        let run = try Self.standard.get()
        for family: UInt64 in [0, 1, 2, 10, 16, 17, 37, 39, 41, 44, 45] {
            #expect(try run(41, family) == .allow, "\(family)")
        }
        for family: UInt64 in [38, 40] {
            #expect(try run(41, family) == .errno(1))
            // The kernel drops the upper half of the argument.
            #expect(try run(41, family | 1 << 32) == .errno(1))
            #expect(try run(41, family | 0xffff_ffff << 32) == .errno(1))
            #expect(try run(41 | SeccompInterpreter.x32, family) == .errno(1))
            #expect(try run(359, family, architecture: SeccompInterpreter.i386) == .errno(1))
        }
    }

    @Test func newNamespacesNeedSysAdmin() throws {
        let run = try Self.standard.get()
        let namespaces: [UInt64] = [
            0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]
        for flag in namespaces {
            #expect(try run(56, flag | 17) == .errno(1))
            #expect(try run(56, flag | 1 << 40) == .errno(1))
            #expect(try run(120, flag, architecture: SeccompInterpreter.i386) == .errno(1))
            #expect(try run(56 | SeccompInterpreter.x32, flag) == .errno(1))
            #expect(try Self.admin.get()(56, flag) == .allow)
        }
        #expect(try run(56, 0x3d_0f00) == .allow, "a thread")
        #expect(try run(435) == .errno(38), "clone3")
        #expect(try run(435, architecture: SeccompInterpreter.i386) == .errno(38))
        #expect(try Self.admin.get()(435) == .allow)
    }

    @Test func capabilitiesOpenTheirCalls() throws {
        for number: UInt32 in [165, 166, 272, 308, 321, 430] { #expect(try Self.admin.get()(number) == .allow) }
        #expect(try Self.admin.get()(250) == .errno(1), "keyctl stays closed")
        #expect(try Self.admin.get()(155) == .errno(1), "pivot_root stays closed")
        let groups: [(Capability, UInt32)] = [
            (.dacReadSearch, 304), (.sysBoot, 169), (.sysChroot, 161), (.sysModule, 313), (.sysPacct, 163),
            (.sysPtrace, 312), (.sysRawio, 172), (.sysTime, 227), (.sysTtyConfig, 153), (.sysNice, 237),
            (.syslog, 103), (.bpf, 321), (.perfmon, 298),
        ]
        let none = try Self.compile(0)
        for (capability, number) in groups {
            #expect(try none(number) == .errno(1), "\(capability.name)")
            #expect(try Self.compile(capability.mask)(number) == .allow, "\(capability.name)")
        }
    }

    @Test func personalities() throws {
        let run = try Self.standard.get()
        for value: UInt64 in [0, 8, 0x20000, 0x20008, 0xffff_ffff] { #expect(try run(135, value) == .allow) }
        for value: UInt64 in [4, 0x40000, 0x400000] { #expect(try run(135, value) == .errno(1)) }
    }

    @Test func otherArchitectures() throws {
        let run = try Self.standard.get()
        #expect(try run(4, architecture: SeccompInterpreter.i386) == .allow, "write")
        #expect(try run(21, architecture: SeccompInterpreter.i386) == .errno(1), "mount")
        #expect(try run(310, architecture: SeccompInterpreter.i386) == .errno(1), "unshare")
        #expect(try run(288, architecture: SeccompInterpreter.i386) == .errno(1), "keyctl")
        #expect(try run(1 | SeccompInterpreter.x32) == .allow)
        #expect(try run(165 | SeccompInterpreter.x32) == .errno(1))
        #expect(try run(0, architecture: SeccompInterpreter.arm64) == .killProcess)
        #expect(try run(452, architecture: SeccompInterpreter.arm64) == .killProcess)
        #expect(try run(0xffff_ffff) != .allow)
    }

    @Test func ptraceNeedsAKernelThatChecksAfterIt() throws {
        #expect(try Self.standard.get()(101) == .allow)
        #expect(try Self.compile(0, kernel: KernelVersion(4, 7))(101) == .errno(1))
        #expect(try Self.compile(Capability.sysPtrace.mask, kernel: KernelVersion(4, 7))(101) == .allow)
    }
    #endif

    /// The kernel takes the program and does as it says, on a thread of its own that ends with the test.
    @Test func kernelEnforcesIt() throws {
        let filter = try SeccompFilter.compile(DefaultSeccompPolicy.make(capabilities: Capabilities.standard))
        #expect(filter.instructionCount < 2000)
        let box = Box(filter)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { pointer in
                let box = Unmanaged<Box>.fromOpaque(pointer!).takeUnretainedValue()
                box.results = box.filter.program.withUnsafeBytes { program in
                    var results = [ck_seccomp_load(program.baseAddress, UInt16(program.count / 8), box.filter.flags)]
                    results.append(socket(38, 5, 0) == -1 ? errno : 0)
                    results.append(socket(40, 1, 0) == -1 ? errno : 0)
                    results.append(umount("/nowhere") == -1 ? errno : 0)
                    results.append(mount("none", "/nowhere", "tmpfs", 0, nil) == -1 ? errno : 0)
                    // The C library asks for clone3, and falls back.
                    var inner = pthread_t()
                    results.append(pthread_create(&inner, nil, { _ in nil }, nil))
                    if results.last == 0 { pthread_join(inner, nil) }
                    let plain = socket(1, 1, 0)
                    results.append(plain == -1 ? errno : 0)
                    close(plain)
                    return results
                }
                return nil
            }, Unmanaged.passUnretained(box).toOpaque())
        pthread_join(thread, nil)
        #expect(box.results == [0, EPERM, EPERM, EPERM, EPERM, 0, 0])
    }

    private final class Box {
        let filter: SeccompFilter
        var results: [CInt] = []
        init(_ filter: SeccompFilter) { self.filter = filter }
    }
}
