import ContainerNamespaces
import ContainerSystem
import FoundationEssentials
import OCISpec
import Testing

@testable import ContainerEngine

/// From options that few ask for to a container's document and its specification.
@Suite struct OptionsTests {
    private func configuration(
        image: ImageConfig.Execution = .init(), settings: EngineSettings = EngineSettings(),
        _ fill: (inout ContainerOptions) -> Void = { _ in }
    ) throws -> ContainerConfiguration {
        var options = ContainerOptions(image: "i", command: ["x"])
        fill(&options)
        let config = ImageConfig(config: image, rootfs: .init(diffIDs: []))
        return try ConfigurationBuilder.build(
            options, image: config, imageName: "i", id: String(repeating: "a", count: 64), settings: settings)
    }

    private func spec(
        _ fill: (inout ContainerOptions) -> Void, host change: (inout SpecBuilder.Host) -> Void = { _ in }
    )
        throws -> RuntimeSpec
    {
        var host = SpecBuilder.Host(
            rootPath: "/r", folder: "/f", identity: .init(user: .init(), home: "/"), cgroupsPath: "/c", deviceRules: [])
        change(&host)
        return try SpecBuilder.spec(try configuration(fill), host)
    }

    private func message(_ fill: (inout ContainerOptions) -> Void) -> String {
        do {
            _ = try configuration(fill)
            return ""
        } catch { return "\(error)" }
    }

    // MARK: - Defaults

    @Test func processesAreLimitedUnlessSomebodySaysOtherwise() throws {
        #expect(try configuration().limits.pids == 4096)
        #expect(try configuration { $0.limits.pids = -1 }.limits.pids == nil)
        #expect(try configuration { $0.limits.pids = 9 }.limits.pids == 9)
        var settings = EngineSettings()
        settings.pidsLimit = nil
        #expect(try configuration(settings: settings).limits.pids == nil)
    }

    @Test func theHostsFileOfSettings() throws {
        func read(_ text: String) throws(ContainerError) -> EngineSettings {
            try EngineSettings(json: Array(text.utf8), name: "f")
        }
        let all = try read(#"{"default-pids-limit":-1,"log-driver":"local","log-opts":{"max-size":"-1"}}"#)
        #expect(all.pidsLimit == nil && all.logging == LogConfiguration(driver: .local, options: ["max-size": "-1"]))
        #expect(try read("{}") == EngineSettings())
        #expect(try configuration(settings: all).logging == all.logging)
        let networks = try read(
            #"{"ip":"127.0.0.1","default-address-pools":[{"base":"172.30.0.0/16","size":24}]}"#)
        #expect(networks.hostAddress == "127.0.0.1")
        #expect(networks.addressPools == [.init(base: "172.30.0.0/16", size: 24)])
        let badPools = [
            #"{"ip":"x"}"#, #"{"ip":5}"#, #"{"default-address-pools":5}"#, #"{"default-address-pools":[{"size":5}]}"#,
            #"{"default-address-pools":[{"base":"172.30.0.0/16","size":8}]}"#,
            #"{"default-address-pools":[{"base":"172.30.0.0","size":24}]}"#,
            #"{"default-address-pools":[{"base":"172.30.0.0/16","size":33}]}"#,
            #"{"default-address-pools":[{"base":"x/16","size":24}]}"#,
        ]
        for bad in badPools { #expect(throws: ContainerError.self, "\(bad)") { try read(bad) } }
        for bad in ["[", "[]", #"{"log-driver":"x"}"#, #"{"log-opts":5}"#, #"{"default-pids-limit":"x"}"#, #"{"a":1}"#]
        {
            #expect(throws: ContainerError.self, "\(bad)") { try read(bad) }
        }
    }

    @Test func aHealthCheckIsCompletedByTheImage() throws {
        var image = ImageConfig.Execution()
        image.healthcheck = .init()
        image.healthcheck?.test = ["CMD", "check"]
        image.healthcheck?.interval = 5_000_000_000
        image.healthcheck?.retries = 7
        let own = try configuration(image: image).health
        #expect(own?.test == ["CMD", "check"] && own?.interval == 5_000_000_000 && own?.retries == 7)
        let mixed = try configuration(image: image) {
            $0.health = HealthCheck(test: ["CMD-SHELL", "mine"])
            $0.health?.retries = 2
        }.health
        #expect(mixed?.test == ["CMD-SHELL", "mine"] && mixed?.interval == 5_000_000_000 && mixed?.retries == 2)
        #expect(try configuration(image: image) { $0.health = HealthCheck(test: ["NONE"]) }.health == nil)
        #expect(try configuration { $0.health = HealthCheck(test: []) }.health == nil, "there is nothing to run")
        let short = message {
            $0.health = HealthCheck(test: ["CMD", "x"])
            $0.health?.interval = 1000
        }
        #expect(short == "Interval in Healthcheck cannot be less than 1ms")
    }

    @Test func whatCannotBeIsToldInDockersWords() {
        #expect(message { $0.stopSignal = "FOO" } == "invalid signal: FOO")
        #expect(message { $0.oomScoreAdjustment = 1001 }.contains("range for oom score adj is [-1000, 1000]"))
        #expect(message { $0.limits.memorySwap = 50 << 20 }.contains("always set the Memory limit"))
        #expect(
            message {
                $0.limits.memory = 100 << 20; $0.limits.memorySwap = 50 << 20
            }.contains("larger than memory"))
        #expect(message { $0.limits.cpuPeriod = 5 }.contains("CPU cfs period can not be less than 1ms"))
        #expect(message { $0.limits.cpusetCPUs = "x" } == "invalid value x for cpuset cpus: invalid format: x")
        #expect(message { $0.limits.blockIOWeight = 5 }.contains("from 10 to 1000"))
        #expect(message { $0.sysctls = ["kernel.panic": "1"] } == "sysctl 'kernel.panic' is not allowed")
        #expect(message { $0.sysctls = ["vm.swappiness": "1"] } == "sysctl 'vm.swappiness' is not allowed")
        #expect(
            message {
                $0.autoRemove = true; $0.restart = .always
            }.contains("'AutoRemove'"))
        #expect(
            message { $0.volumes = [.init(source: "a b", target: "/x", kind: .volume)] }.contains(
                "includes invalid characters"))
        #expect(
            message { $0.logging = .init(options: ["foo": "x"]) } == "unknown log opt 'foo' for json-file log driver")
    }

    // MARK: - The specification

    @Test func capabilitiesAddUpAsDockersDo() throws {
        func bounding(_ added: [String], _ dropped: [String], isPrivileged: Bool = false) throws -> UInt64 {
            var security = ContainerOptions.Security()
            (security.addedCapabilities, security.droppedCapabilities) = (added, dropped)
            security.isPrivileged = isPrivileged
            let permitted = Capabilities.all & ~Capability.sysModule.mask
            let sets = try SpecBuilder.capabilities(security, uid: 0, permitted: permitted)
            return try Capabilities.mask(names: sets.bounding ?? [])
        }
        let all = Capabilities.all & ~Capability.sysModule.mask
        #expect(try bounding([], []) == Capabilities.standard)
        #expect(
            try bounding(["net_admin"], ["CAP_CHOWN"])
                == Capabilities.standard & ~Capability.chown.mask | Capability.netAdmin.mask)
        #expect(try bounding(["all"], ["CHOWN"]) == all & ~Capability.chown.mask)
        #expect(try bounding(["SETUID"], ["ALL"]) == Capability.setuid.mask)
        #expect(try bounding([], ["ALL"], isPrivileged: true) == all)
        #expect(throws: ContainerError.self) { try bounding(["SYS_MODULE"], []) }
    }

    @Test func namespacesAreSharedOrJoined() throws {
        let shared = try spec {
            $0.namespaces.pid = "host"
            $0.namespaces.ipc = "host"
            $0.namespaces.uts = "host"
            $0.namespaces.cgroup = "host"
        }
        #expect(shared.linux.namespaces.map(\.type) == [.mount, .network] && shared.hostname == nil)
        let shm = shared.mounts.first { $0.destination == "/dev/shm" }
        #expect(shm?.type == "bind" && shm?.source == "/dev/shm")
        let joined = try spec({ $0.namespaces.pid = "container:x" }) {
            $0.joined = [.init(.pid, path: "/proc/5/ns/pid")]
        }
        #expect(joined.linux.namespaces.contains(.init(.pid, path: "/proc/5/ns/pid")))
        #expect(try spec { $0.namespaces.ipc = "none" }.mounts.allSatisfy { $0.destination != "/dev/shm" })
    }

    @Test func theCallersMountsTakeThePlaceOfOurs() throws {
        let made = try spec({
            $0.volumes = [
                .init(source: "/h/b", target: "/a/b"), .init(source: "/h", target: "/a"),
                .init(source: "", target: "/dev/shm", kind: .tmpfs), .init(source: "/x", target: "/etc/hosts"),
                .init(source: "vv", target: "/v", readOnly: true, kind: .volume),
            ]
        }) { $0.volumes = ["vv": VolumeSource(source: "/volumes/v")] }
        let targets = made.mounts.map(\.destination)
        #expect(Set(targets).count == targets.count)
        let (outer, inner) = (targets.firstIndex(of: "/a"), targets.firstIndex(of: "/a/b"))
        #expect((outer ?? 9) < (inner ?? 0), "what lies in another comes after it")
        #expect(
            made.mounts.first { $0.destination == "/dev/shm" }?.options == ["noexec", "nosuid", "nodev", "rprivate"])
        let volume = made.mounts.first { $0.destination == "/v" }
        #expect(volume?.source == "/volumes/v" && volume?.options == ["rbind", "rprivate", "rro"])
        let devices = try spec { $0.volumes = [.init(source: "/dev", target: "/dev")] }
        #expect(devices.mounts.filter { $0.destination.hasPrefix("/dev") }.map(\.destination) == ["/dev"])
    }

    @Test func rightsChangeWhatIsHidden() throws {
        let privileged = try spec { $0.security.isPrivileged = true }
        #expect(privileged.linux.maskedPaths == nil && privileged.linux.readonlyPaths == nil)
        #expect(
            privileged.mounts.filter { $0.destination.hasPrefix("/sys") }.allSatisfy {
                $0.options?.contains("ro") == false
            })
        let plain = try spec { $0.readOnlyRoot = true }
        #expect(plain.root.readonly == true && plain.linux.maskedPaths?.isEmpty == false)
        #expect(plain.mounts.first { $0.destination == "/etc/hosts" }?.options?.last == "ro")
        #expect(try spec { $0.security.unconfinedSystemPaths = true }.linux.maskedPaths == nil)
    }

    @Test func limitsArriveAtTheControlGroups() throws {
        let made = try spec({
            $0.limits.memory = 64 << 20
            $0.limits.memorySwap = -1
            $0.limits.memoryReservation = 8 << 20
            $0.limits.memorySwappiness = 5
            $0.limits.cpuQuota = 5000
            $0.limits.cpuPeriod = 10_000
            $0.limits.cpusetCPUs = "0"
            $0.limits.readBytes = [.init(path: "/dev/d", rate: 7)]
            $0.ulimits = [.init(name: "core", soft: -1, hard: -1)]
            $0.annotations = ["a": "b"]
        }) { $0.disks = ["/dev/d": DeviceNumber(major: 8, minor: 1)] }
        let resources = made.linux.resources
        #expect(resources?.memory?.limit == 64 << 20 && resources?.memory?.swap == -1)
        #expect(resources?.memory?.reservation == 8 << 20 && resources?.memory?.swappiness == 5)
        #expect(resources?.cpu?.quota == 5000 && resources?.cpu?.period == 10_000 && resources?.cpu?.cpus == "0")
        #expect(resources?.blockIO?.throttleReadBpsDevice == [.init(major: 8, minor: 1, rate: 7)])
        #expect(made.process.rlimits == [.init(type: "RLIMIT_CORE", soft: .max, hard: .max)])
        #expect(made.annotations == ["a": "b"])
    }

    // MARK: - Filters in docker's form

    @Test func aProfileDependsOnTheContainer() throws {
        let text = """
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"archMap":[
              {"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]},
              {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}],
             "syscalls":[
              {"names":["read"],"action":"SCMP_ACT_ALLOW","comment":"always"},
              {"name":"write","action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
              {"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
              {"names":["clone"],"action":"SCMP_ACT_ALLOW","excludes":{"caps":["CAP_SYS_ADMIN"]}},
              {"names":["ptrace"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8"}},
              {"names":["s390_pci_mmio_read"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["s390x"]}}]}
            """
        let profile = try SeccompProfile(text)
        let plain = try profile.policy(capabilities: Capabilities.standard, kernel: KernelVersion(5, 0))
        #expect(plain.syscalls?.flatMap(\.names) == ["read", "write", "clone", "ptrace"])
        #expect(plain.syscalls?[1].args?.first?.value == 1 && plain.architectures?.count == 2)
        let able = try profile.policy(capabilities: Capabilities.all, kernel: KernelVersion(4, 4))
        #expect(able.syscalls?.flatMap(\.names) == ["read", "write", "mount"])
        for bad in [
            "{", "{}", #"{"defaultAction":"X"}"#,
            #"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86"}]}"#,
            #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"a","names":["b"],"action":"SCMP_ACT_ALLOW"}]}"#,
        ] {
            #expect(throws: ContainerError.self, "\(bad)") { try SeccompProfile.check(bad) }
        }
    }
}
