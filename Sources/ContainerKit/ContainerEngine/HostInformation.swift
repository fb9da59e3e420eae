import ContainerCgroups
import ContainerSystem
import Glibc

/// What `ck info` tells of the host and the state.
public struct HostInformation: Sendable {
    public var containers = 0
    public var running = 0
    public var paused = 0
    public var stopped = 0
    public var images = 0
    public var storageDriver = "overlay"
    public var cgroupVersion = ""
    public var kernelVersion = ""
    public var operatingSystem = ""
    public var architecture = ""
    public var cpus = 0
    /// Bytes.
    public var memory: Int64 = 0
    public var name = ""
    public var root = ""
    public var securityOptions = ["seccomp"]
}

extension Engine {
    public func information() throws(ContainerError) -> HostInformation {
        var information = HostInformation()
        let containers = try containers()
        information.containers = containers.count
        information.running = containers.count { $0.state.isRunning }
        information.paused = containers.count { $0.state.name == "paused" }
        information.stopped = information.containers - information.running - information.paused
        information.images = try imageStore.list().count
        information.cgroupVersion = try CgroupHost.detect().kind == .unified ? "2" : "1"
        var name = utsname()
        uname(&name)
        information.kernelVersion = Self.text(name.release)
        information.architecture = Self.text(name.machine)
        information.name = Self.text(name.nodename)
        information.operatingSystem = Self.operatingSystem()
        information.cpus = sysconf(CInt(_SC_NPROCESSORS_ONLN))
        information.memory = Int64(sysconf(CInt(_SC_PHYS_PAGES))) * Int64(sysconf(CInt(_SC_PAGESIZE)))
        information.root = configuration.root
        return information
    }

    private static func text<Tuple>(_ tuple: Tuple) -> String {
        withUnsafeBytes(of: tuple) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// os-release(5)
    private static func operatingSystem() -> String {
        let text = (try? Files.readText("/etc/os-release", limit: 1 << 16)) ?? ""
        let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("PRETTY_NAME=") }
        return line.map { String($0.dropFirst(12)).filter { $0 != "\"" } } ?? "Linux"
    }
}
