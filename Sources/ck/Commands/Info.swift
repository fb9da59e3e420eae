import ArgumentParser
import ContainerEngine

struct Info: Command {
    static let synopsis = Synopsis(
        name: "info", operands: "", abstract: "Display system-wide information", count: 0...0, flags: DockerFlags.info)

    func run(in session: Session) throws -> Int32 {
        session.console.out(Self.text(try session.engine().information()))
        return 0
    }

    static func text(_ host: HostInformation) -> String {
        """
        Client:
         Version:    \(Tool.version)

        Server:
         Containers: \(host.containers)
          Running: \(host.running)
          Paused: \(host.paused)
          Stopped: \(host.stopped)
         Images: \(host.images)
         Server Version: \(Tool.version)
         Storage Driver: \(host.storageDriver)
         Logging Driver: json-file
         Cgroup Driver: cgroupfs
         Cgroup Version: \(host.cgroupVersion)
         Security Options:
        \(host.securityOptions.map { "  \($0)" }.joined(separator: "\n"))
         Kernel Version: \(host.kernelVersion)
         Operating System: \(host.operatingSystem)
         OSType: linux
         Architecture: \(host.architecture)
         CPUs: \(host.cpus)
         Total Memory: \(HumanUnits.binarySize(host.memory))
         Name: \(host.name)
         Root Dir: \(host.root)
        """
    }
}
