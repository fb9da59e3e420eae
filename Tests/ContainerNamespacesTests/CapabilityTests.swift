import ContainerSystem
import Testing

@testable import ContainerNamespaces

@Suite struct CapabilityTests {
    @Test func numbersAreTheKernels() {
        #expect(Capability.allCases.count == 41)
        #expect(Capability.allCases.map { Int($0.rawValue) } == Array(0..<41))
        let some: [(Capability, UInt8, String)] = [
            (.chown, 0, "CAP_CHOWN"), (.setpcap, 8, "CAP_SETPCAP"), (.netBindService, 10, "CAP_NET_BIND_SERVICE"),
            (.sysAdmin, 21, "CAP_SYS_ADMIN"), (.sysTtyConfig, 26, "CAP_SYS_TTY_CONFIG"), (.syslog, 34, "CAP_SYSLOG"),
            (.bpf, 39, "CAP_BPF"), (.checkpointRestore, 40, "CAP_CHECKPOINT_RESTORE"),
        ]
        for (capability, bit, name) in some {
            #expect(capability.rawValue == bit)
            #expect(capability.name == name)
        }
        // Each name is that of its case.
        for capability in Capability.allCases {
            let flat = capability.name.dropFirst(4).filter { $0 != "_" }.lowercased()
            #expect(flat == "\(capability)".lowercased())
        }
    }

    @Test func namesParseInEveryForm() throws {
        for capability in Capability.allCases {
            #expect(Capability(name: capability.name) == capability)
            #expect(Capability(name: capability.name.dropFirst(4).lowercased()) == capability)
        }
        #expect(Capability(name: "cap_Net_raw") == .netRaw)
        for name in ["", "CAP_", "CAP_CAP_CHOWN", "NETRAW", "CAP_FLY"] { #expect(Capability(name: name) == nil) }
    }

    @Test func masks() throws {
        #expect(Capabilities.standard == 0xa804_25fb, "what docker's containers show in /proc/1/status")
        #expect(Capabilities.all == 0x1ff_ffff_ffff)
        #expect(try Capabilities.mask(names: ["CAP_CHOWN", "kill"]) == 0x21)
        #expect(try Capabilities.mask(names: ["all"]) == Capabilities.all)
        #expect(Capabilities.names(Capabilities.standard).count == 14)
        #expect(Capabilities.names(0x21 | 1 << 63) == ["CAP_CHOWN", "CAP_KILL"])
        let error = #expect(throws: ContainerError.self) { try Capabilities.mask(names: ["CHOWN", "CAP_FLY"]) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("CAP_FLY") == true)
    }
}
