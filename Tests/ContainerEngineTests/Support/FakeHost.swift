import ContainerCgroups
import ContainerKitTesting
import ContainerNamespaces
import ContainerNetworking
import ContainerRuntime
import ContainerSystem
import Glibc

@testable import ContainerEngine

/// An engine on a host that is none: it starts nothing, and has no kernel to tell of links, rules or control groups.
final class FakeHost {
    let network: FakeHostNetwork
    let launcher: FakeLauncher
    let names = FakeNames()
    let engine: Engine
    private let folder: String

    /// - Parameter script: how the starts end; 0 when there is none.
    static func with(
        routes: [String] = [], firewall: FakeFirewall = FakeFirewall(), script: [Result<Int32, ContainerError>] = [],
        _ body: (FakeHost) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let host = try FakeHost(folder, try routes.map { try IPSubnet($0) }, firewall, script)
            // An engine may outlive the test by a moment.
            defer { try? Files.removeTree(host.network.sysctls) }
            try body(host)
        }
    }

    private init(
        _ folder: String, _ routes: [IPSubnet], _ firewall: FakeFirewall,
        _ script: [Result<Int32, ContainerError>]
    ) throws {
        self.folder = folder
        network = try FakeHostNetwork(routes: routes, firewall: firewall)
        launcher = FakeLauncher(script)
        engine = try Engine(
            Engine.Configuration(root: folder + "/root", runRoot: folder + "/run"),
            runtime: Runtime(
                launcher: launcher, cacheFolder: folder + "/seccomp", cgroups: FakeCgroupTree.unified().0),
            network: network, names: names)
        try Files.makeDirectory(folder + "/image/bin")
        try Files.replace(folder + "/image/bin/server", with: "#!".utf8, mode: 0o755)
        _ = try engine.makeImage(fromDirectory: folder + "/image", name: "server")
    }

    /// Makes and starts a container that "runs" from then on: this test's own process stands for it.
    @discardableResult
    func start(
        _ name: String, on networks: [String] = [], ports: [PortBinding] = [],
        _ change: (inout ContainerOptions) -> Void = { _ in }
    ) throws -> RunningContainer {
        var options = ContainerOptions(image: "server", command: ["/bin/server"])
        options.name = name
        if !networks.isEmpty { options.network = .networks(networks.map { NetworkAttachment($0) }) }
        options.ports = ports
        change(&options)
        let running = try engine.runContainer(options, streams: nil)
        let own = ProcessIdentity.current
        try Files.replace(
            folder + "/run/containers/\(running.id)/pids",
            with: "\(own.pid) \(own.startTime) \(own.pid) \(own.startTime) 1\n".utf8, mode: 0o600)
        return running
    }

    /// The container is over, and nobody has told us.
    func end(_ container: RunningContainer) throws {
        unlink(folder + "/run/containers/\(container.id)/pids")
        try Files.replace(
            folder + "/root/containers/\(container.id)/exit", with: "0 1 2 0 0\n".utf8, mode: 0o600)
    }

    /// The steps of the last plan that was carried out, a line each.
    var plan: [String] {
        launcher.plans.last?.description.split(separator: "\n").map(String.init) ?? []
    }

    /// What is published, by what it is and where it leads.
    var published: [String] { (try? network.packetFilter.published().map(\.description).sorted()) ?? [] }
}
