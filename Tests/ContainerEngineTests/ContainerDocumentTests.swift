import ContainerNamespaces
import ContainerSystem
import Foundation
import Testing

@testable import ContainerEngine

/// The document that is kept of a container: nothing of a configuration is lost on the way to the disk and back.
@Suite struct ContainerDocumentTests {
    @Test func everythingComesBack() throws {
        let full = Self.full
        let read = try ContainerConfiguration(document: full.document)
        #expect(read == full)
        let bare = Self.bare
        #expect(try ContainerConfiguration(document: bare.document) == bare)
    }

    /// A field that somebody adds to a type and forgets here would be lost without a word.
    @Test func everyFieldIsWritten() throws {
        let json = try JSONSerialization.jsonObject(with: Data(Self.full.document))
        Self.compare(Self.full, json, path: "")
    }

    private static var attachment: NetworkAttachment {
        var attachment = NetworkAttachment("net1", aliases: ["a"])
        attachment.links = [.init("db", alias: "d")]
        (attachment.address, attachment.address6) = ("192.0.2.7", "2001:db8::7")
        (attachment.linkLocalAddresses, attachment.macAddress) = (["169.254.1.1"], "02:00:00:00:00:01")
        (attachment.driverOptions, attachment.gatewayPriority) = (["k": "v"], -3)
        attachment.interfaceName = "lan0"
        return attachment
    }

    @Test func networksComeBack() throws {
        let modes: [(ContainerOptions.NetworkMode, String)] = [
            (.none, "none"), (.host, "host"), (.container("abc"), "container:abc"), (.bridge, "bridge"),
            (.networks([.init("net1")]), "net1"), (.networks([Self.attachment, .init("net2")]), "net1"),
            (.networks([]), "bridge"), (.networks([.init("bridge", aliases: ["x"])]), "bridge"),
        ]
        for (mode, name) in modes {
            var configuration = Self.bare
            configuration.network = mode
            #expect(try ContainerConfiguration(document: configuration.document).network == mode)
            let json = try JSONSerialization.jsonObject(with: Data(configuration.document)) as? [String: Any]
            #expect(json?["network"] as? String == name)
        }
        let text = #"{"attachments":[{"network":"b"}],"network":"bridge"}"#
        #expect(try ContainerConfiguration(document: Array(text.utf8)).network == .networks([.init("b")]))
    }

    @Test func everyFieldOfAnAttachmentIsWritten() throws {
        var configuration = Self.bare
        configuration.network = .networks([Self.attachment])
        let json = try JSONSerialization.jsonObject(with: Data(configuration.document)) as? [String: Any]
        let first = try #require((json?["attachments"] as? [Any])?.first)
        Self.compare(Self.attachment, first, path: "attachments[0]")
    }

    @Test func whatAnEarlierVersionWroteIsRead() throws {
        let text = """
            {"autoRemove":false,"command":["sleep","1"],"environment":["A=b"],"hostname":"h","imageName":"bb",\
            "imageCommand":["sleep","1"],"labels":{"a":"b"},"limits":{"memory":67108864},"network":"bridge",\
            "noNewPrivileges":true,"stdinOpen":true,"terminal":false,"user":"1000",\
            "volumes":[{"source":"/a","target":"/b","readOnly":true}],"workingDirectory":"/w","ofTheFuture":[{}]}
            """
        let read = try ContainerConfiguration(document: Array(text.utf8))
        #expect(read.command == ["sleep", "1"] && read.volumes == [.init(source: "/a", target: "/b", readOnly: true)])
        #expect(read.limits.memory == 67_108_864 && read.network == .bridge && read.noNewPrivileges && read.stdinOpen)
        #expect(read.restart == nil && read.logging == nil && read.user == "1000" && read.labels == ["a": "b"])
    }

    @Test(arguments: [
        ("{", "line 1, column 2"), (#"{"network":""}"#, "network: a network has a name"),
        (#"{"ports":[{"transport":"mail"}]}"#, "ports[0].transport: no transport is called \"mail\""),
        (#"{"ports":[{"hostPorts":"9-8"}]}"#, "ports[0].hostPorts: \"9-8\" is no range of ports"),
        (#"{"command":[1]}"#, "command[0]: a number where a string belongs"),
        (#"{"restart":{"name":"often"}}"#, "restart: no restart policy is called \"often\""),
        (#"{"volumes":[{"kind":"cloud"}]}"#, "volumes[0].kind"),
        (#"{"logging":{"driver":"tape"}}"#, "logging.driver: no log driver is called \"tape\""), ("null", "null"),
    ]) func whatIsDamagedIsNamed(_ text: String, _ fault: String) {
        let error = #expect(throws: ContainerError.self) {
            _ = try ContainerConfiguration(document: Array(text.utf8))
        }
        #expect(error?.message.contains(fault) == true, "\(error?.message ?? "")")
    }

    private static func compare(_ value: Any, _ json: Any, path: String) {
        guard let object = json as? [String: Any] else {
            if let list = json as? [Any], let first = list.first, first is [String: Any] {
                let child = Mirror(reflecting: value).children.first
                if let child { compare(child.value, first, path: path + "[0]") }
            }
            return
        }
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            if let child = mirror.children.first { compare(child.value, json, path: path) }
            return
        }
        guard mirror.displayStyle == .struct else { return }
        for child in mirror.children {
            let name = child.label ?? ""
            guard let member = object[name] else {
                Issue.record("\(path).\(name) is not written")
                continue
            }
            compare(child.value, member, path: "\(path).\(name)")
        }
    }

    private static var bare: ContainerConfiguration {
        ContainerConfiguration(
            imageName: "bb", command: ["true"], environment: [], workingDirectory: "/", user: "", hostname: "h",
            volumes: [], labels: [:], limits: .init(), network: .none, noNewPrivileges: false, terminal: false,
            stdinOpen: false, autoRemove: false)
    }

    /// Every field has a value that is not its default.
    private static var full: ContainerConfiguration {
        var full = bare
        full.command = ["sh", "-c", "echo \"a\"\n\u{1} ü"]
        (full.imageCommand, full.imageEntrypoint) = (["a"], ["b"])
        (full.environment, full.workingDirectory, full.user) = (["A=b"], "/w", "u:g")
        full.labels = ["a": "b", "c": "d\\"]
        (full.limits, full.network, full.security) = (limits, .host, security)
        (full.noNewPrivileges, full.terminal, full.stdinOpen, full.autoRemove) = (true, true, true, true)
        (full.stopSignal, full.stopTimeout, full.restart) = ("SIGINT", -1, .onFailure(maximum: 3))
        var health = HealthCheck(test: ["CMD", "true"])
        (health.interval, health.timeout, health.retries) = (1, 2, 3)
        (health.startPeriod, health.startInterval) = (4, 5)
        full.health = health
        (full.usesInit, full.logging) = (true, .init(driver: .local, options: ["max-size": "1m"]))
        (full.attach, full.detachKeys, full.domainname) = (["stdin"], "ctrl-a", "d")
        (full.groups, full.annotations, full.exposedPorts) = (["wheel"], ["k": "v"], ["80/tcp"])
        full.ports = [.init(80, .udp, hostAddress: "::1", hostPorts: 8000...8010)]
        full.publishesAll = true
        var names = ContainerOptions.NameService()
        (names.servers, names.options) = (["192.0.2.1"], ["ndots:1"])
        (names.search, names.hosts) = (["example.org"], ["a:192.0.2.2"])
        full.names = names
        var namespaces = ContainerOptions.NamespaceModes()
        (namespaces.pid, namespaces.ipc, namespaces.uts) = ("host", "private", "host")
        (namespaces.user, namespaces.cgroup) = ("host", "private")
        full.namespaces = namespaces
        full.devices = .init()
        full.devices?.mappings = [.init(hostPath: "/dev/a", path: "/dev/b", access: "r")]
        full.devices?.rules = ["c 1:3 rwm"]
        full.sysctls = ["net.ipv4.ip_forward": "1"]
        full.ulimits = [.init(name: "nofile", soft: 1, hard: -1)]
        (full.oomScoreAdjustment, full.shmSize, full.readOnlyRoot) = (-500, 1 << 30, true)
        (full.cgroupParent, full.runtime, full.volumesFrom) = ("/p", "/usr/sbin/runc", ["x:ro"])
        var details = VolumeBind.Details()
        (details.propagation, details.isNotRecursive, details.recursiveReadOnly) = ("rshared", true, "writable")
        (details.noCopy, details.subpath, details.labels) = (true, "s", ["l": "m"])
        (details.driverOptions, details.tmpfsOptions) = (["type": "tmpfs"], ["size=1m"])
        (details.sourceMustExist, details.isAnonymous, details.mode) = (true, true, "ro,z")
        full.volumes = [.init(source: "v", target: "/v", readOnly: true, kind: .volume, details: details)]
        return full
    }

    private static var limits: ContainerOptions.Limits {
        var limits = ContainerOptions.Limits()
        (limits.memory, limits.nanoCPUs, limits.cpuShares, limits.pids) = (1, 2, 3, 4)
        (limits.memoryReservation, limits.memorySwap, limits.memorySwappiness) = (5, -1, 7)
        (limits.oomKillDisable, limits.cpuPeriod, limits.cpuQuota) = (true, 8, 9)
        (limits.cpuRealtimePeriod, limits.cpuRealtimeRuntime) = (10, 11)
        (limits.cpusetCPUs, limits.cpusetMemories, limits.blockIOWeight) = ("0-1", "0", 12)
        limits.blockIOWeightDevices = [.init(path: "/dev/a", rate: 13)]
        limits.readBytes = [.init(path: "/dev/a", rate: .max)]
        limits.writeBytes = [.init(path: "/dev/a", rate: 15)]
        limits.readOperations = [.init(path: "/dev/a", rate: 16)]
        limits.writeOperations = [.init(path: "/dev/a", rate: 17)]
        return limits
    }

    private static var security: ContainerOptions.Security {
        var security = ContainerOptions.Security()
        (security.isPrivileged, security.addedCapabilities) = (true, ["NET_ADMIN"])
        (security.droppedCapabilities, security.seccomp, security.appArmor) = (["ALL"], "{}", "p")
        (security.labels, security.unconfinedSystemPaths, security.writableCgroups) = (["disable"], true, false)
        return security
    }
}
