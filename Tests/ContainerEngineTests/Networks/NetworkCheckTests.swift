import ContainerSystem
import OCISpec
import Testing

@testable import ContainerEngine

/// What is said of networks and ports before anything is made, in docker's words, and what becomes of ports.
@Suite struct NetworkCheckTests {
    private func message(_ fill: (inout ContainerOptions) -> Void) -> String? {
        var options = ContainerOptions(image: "bb")
        fill(&options)
        do { try OptionsCheck.check(options) } catch { return error.message }
        return nil
    }

    private func message(_ network: String = "net1", of fill: (inout NetworkAttachment) -> Void) -> String? {
        var attachment = NetworkAttachment(network)
        fill(&attachment)
        return message { $0.network = .networks([attachment]) }
    }

    @Test func joiningAnother() {
        func joined(_ fill: (inout ContainerOptions) -> Void) -> String? {
            message {
                $0.network = .container("x")
                fill(&$0)
            }
        }
        #expect(joined { _ in } == nil)
        #expect(joined { $0.hostname = "h" } == "conflicting options: hostname and the network mode")
        #expect(joined { $0.names.servers = ["192.0.2.1"] } == "conflicting options: dns and the network mode")
        #expect(
            joined { $0.names.hosts = ["a:192.0.2.1"] }
                == "conflicting options: custom host-to-IP mapping and the network mode")
        #expect(
            joined { $0.ports = [.init(80)] }
                == "conflicting options: port publishing and the container type network mode")
        #expect(
            joined { $0.publishesAll = true }
                == "conflicting options: port publishing and the container type network mode")
        #expect(
            joined { $0.exposedPorts = ["80/tcp"] }
                == "conflicting options: port exposing and the container type network mode")
        #expect(
            message { $0.network = .container("") }
                == "invalid network mode: invalid container format container:<name|id>")
        #expect(
            message {
                $0.network = .host; $0.ports = [.init(80)]; $0.hostname = "h"
            } == nil)
    }

    @Test func endsOfNetworks() {
        #expect(message { $0.address = "192.0.2.7" } == nil)
        #expect(message { $0.address = "192.0.2" } == "invalid IPv4 address: 192.0.2")
        #expect(message { $0.address = "::1" } == "invalid IPv4 address: ::1")
        #expect(message { $0.address6 = "192.0.2.7" } == "invalid IPv6 address: 192.0.2.7")
        #expect(message { $0.linkLocalAddresses = ["fe80::1", "x"] } == "invalid link-local IP address: x")
        #expect(message { $0.aliases = [""] }?.hasPrefix("invalid network alias") == true)
        #expect(message { $0.macAddress = "02:00:00:00:00:0G" } == "02:00:00:00:00:0G is not a valid mac address")
        #expect(message { $0.macAddress = "02:00:00:00:00" } == "02:00:00:00:00 is not a valid mac address")
        #expect(message { $0.macAddress = "02:00:00:00:00:fF" } == nil)
        for name in ["", "lo", "a/b", "a b", "..", "sixteen_letters_"] {
            #expect(message { $0.interfaceName = name }?.hasPrefix("invalid interface name") == true, "\(name)")
        }
        #expect(message { $0.interfaceName = "lan0.5" } == nil)
        #expect(message("") { _ in } == "no name set for network")
        #expect(
            message("bridge") { $0.aliases = ["a"] }
                == "network-scoped alias is supported only for containers in user defined networks")
        for fill: (inout NetworkAttachment) -> Void in [
            { $0.address = "192.0.2.7" }, { $0.address6 = "::7" }, { $0.linkLocalAddresses = ["fe80::1"] },
        ] {
            #expect(
                message("bridge", of: fill)
                    == "user specified IP address is supported on user defined networks only")
        }
        #expect(
            message { $0.network = .networks([.init("a"), .init("b"), .init("a")]) }
                == "network \"a\" is specified multiple times")
    }

    @Test func ports() {
        #expect(message { $0.ports = [.init(0)] } == "invalid containerPort: 0")
        #expect(message { $0.ports = [.init(80, hostPorts: 0...5)] } == "invalid hostPort: 0")
        #expect(message { $0.exposedPorts = ["80/mail"] } == "invalid exposed port: 80/mail")
        #expect(message { $0.ports = [.init(80, hostAddress: "here")] } == "invalid IP address: here")
        #expect(message { $0.ports = [.init(80, hostAddress: "::1"), .init(80, hostAddress: "127.0.0.1")] } == nil)
    }

    @Test func whatAContainerExposes() throws {
        var options = ContainerOptions(image: "bb")
        (options.exposedPorts, options.ports) = (["90/tcp", "80/tcp"], [.init(53, .udp), .init(80)])
        let image = ["80/tcp", "7000-7001/udp", "99", "x", "70000", "-1"].map { ($0, EmptyObject()) }
        let exposed = ExposedPorts.all(options, image: Dictionary(uniqueKeysWithValues: image))
        #expect(exposed == ["90/tcp", "80/tcp", "53/udp", "7000/udp", "7001/udp", "99/tcp"])
        #expect(ExposedPorts.all(ContainerOptions(image: "bb"), image: nil).isEmpty)
        var execution = ImageConfig.Execution()
        (execution.cmd, execution.exposedPorts) = (["x"], ["80/tcp": EmptyObject()])
        let made = try ConfigurationBuilder.build(
            options, image: ImageConfig(config: execution, rootfs: .init(diffIDs: [])), imageName: "bb", id: "0")
        #expect(made.exposedPorts == ["90/tcp", "80/tcp", "53/udp"] && made.ports == options.ports)
    }

    @Test func whatIsPublished() throws {
        var options = ContainerOptions(image: "bb", command: ["x"])
        (options.exposedPorts, options.ports) = (["90/tcp", "80/tcp"], [.init(80, hostPorts: 1...1)])
        options.ports.append(.init(53, .udp, hostAddress: "192.0.2.1"))
        options.publishesAll = true
        let made = try ConfigurationBuilder.build(
            options, image: ImageConfig(config: nil, rootfs: .init(diffIDs: [])), imageName: "bb", id: "0")
        #expect(
            made.portsToPublish(standard: "127.0.0.1") == [
                .init(80, hostAddress: "127.0.0.1", hostPorts: 1...1), .init(53, .udp, hostAddress: "192.0.2.1"),
                .init(90, hostAddress: "127.0.0.1"),
            ])
        #expect(made.portsToPublish(standard: nil).map(\.hostAddress) == [nil, "192.0.2.1", nil])
    }
}
