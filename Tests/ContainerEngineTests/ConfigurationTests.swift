import ContainerSystem
import OCISpec
import Testing

@testable import ContainerEngine

/// From what a caller asks for and what an image says to a runtime specification.
@Suite struct ConfigurationTests {
    private let id = "0123456789abcdef" + String(repeating: "0", count: 48)

    private func image(_ fill: (inout ImageConfig.Execution) -> Void) -> ImageConfig {
        var execution = ImageConfig.Execution()
        fill(&execution)
        return ImageConfig(config: execution, rootfs: .init(diffIDs: []))
    }

    private func build(
        _ image: ImageConfig, _ fill: (inout ContainerOptions) -> Void = { _ in }
    ) throws(ContainerError) -> ContainerConfiguration {
        var options = ContainerOptions(image: "it")
        fill(&options)
        return try ConfigurationBuilder.build(options, image: image, imageName: "it", id: id)
    }

    private func error(_ fill: (inout ContainerOptions) -> Void) -> String {
        do {
            _ = try build(image { $0.cmd = ["x"] }, fill)
            return ""
        } catch { return error.description }
    }

    @Test func commandAndEntrypointCombineAsDockersDo() throws {
        let both = image {
            $0.cmd = ["c"]; $0.entrypoint = ["e", "f"]
        }
        #expect(try build(both).command == ["e", "f", "c"])
        #expect(try build(both) { $0.command = ["mine"] }.command == ["e", "f", "mine"])
        #expect(try build(both) { $0.entrypoint = ["other"] }.command == ["other"], "the image's command goes with it")
        #expect(
            try build(both) {
                $0.entrypoint = [""]; $0.command = ["only"]
            }.command == ["only"])
        #expect(throws: ContainerError.self) { try build(image { _ in }) }
    }

    @Test func environmentDirectoryAndNamesAreMerged() throws {
        let made = try build(
            image {
                $0.cmd = ["x"]
                $0.env = ["A=1", "B=2"]
                $0.workingDir = "/a/./b/../c/"
                $0.user = "u"
                $0.labels = ["k": "image", "o": "kept"]
                $0.stopSignal = "SIGINT"
            }
        ) {
            $0.environment = ["B=3", "C=", "NO_SUCH_VARIABLE_AT_ALL"]
            $0.labels = ["k": "mine"]
        }
        #expect(made.environment == ["A=1", "B=3", "C="])
        #expect(made.workingDirectory == "/a/c" && made.user == "u" && made.stopSignal == "SIGINT")
        #expect(made.hostname == "0123456789ab")
        #expect(made.labels == ["k": "mine", "o": "kept"])
    }

    @Test func whatCannotBeIsRefusedBeforeAnythingIsMade() {
        #expect(error { $0.workingDirectory = "relative" }.contains("absolute path"))
        #expect(error { $0.hostname = "" }.contains("invalid hostname"))
        #expect(error { $0.environment = ["=x"] }.contains("invalid environment variable"))
        #expect(error { $0.limits.memory = 1 << 20 }.contains("6MB"))
        #expect(error { $0.limits.cpuShares = 1 }.contains("cpu shares"))
        #expect(error { $0.limits.nanoCPUs = 1 << 60 }.contains("CPUs"))
        #expect(error { $0.volumes = [.init(source: "a", target: "/b")] }.contains("absolute"))
        for target in ["/", "/proc", "/proc/sys", "/a/../../b"] {
            #expect(error { $0.volumes = [.init(source: "/a", target: target)] }.contains("invalid mount target"))
        }
        let twice = VolumeBind(source: "/a", target: "/b")
        #expect(error { $0.volumes = [twice, twice] }.contains("duplicate mount point"))
    }

    @Test func theSpecificationHasDockersDefaults() throws {
        var configuration = try build(image { $0.cmd = ["x"] }) {
            $0.limits.memory = 64 << 20
            $0.limits.nanoCPUs = 500_000_000
            $0.terminal = true
        }
        let host = SpecBuilder.Host(
            rootPath: "/root", folder: "/state",
            identity: .init(user: .init(uid: 7, gid: 8), home: "/home/x"), cgroupsPath: "/cg", deviceRules: [])
        let spec = SpecBuilder.spec(configuration, host)
        #expect(
            spec.process.env == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=0123456789ab",
                "TERM=xterm", "HOME=/home/x",
            ])
        #expect(spec.process.capabilities?.bounding?.count == 14 && spec.process.capabilities?.effective == [])
        #expect(spec.linux.resources?.memory?.limit == 64 << 20 && spec.linux.resources?.memory?.swap == 128 << 20)
        #expect(spec.linux.resources?.cpu?.quota == 50_000 && spec.linux.resources?.cpu?.period == 100_000)
        #expect(spec.linux.namespaces.count == 6 && spec.linux.sysctl?.isEmpty == false)
        #expect(spec.linux.maskedPaths?.contains("/proc/kcore") == true)
        #expect(spec.linux.readonlyPaths?.contains("/proc/sys") == true)
        configuration.network = .host
        let shared = SpecBuilder.spec(configuration, host)
        #expect(shared.linux.namespaces.count == 5 && shared.linux.sysctl?.isEmpty != false)
    }

    @Test func environmentsMergeByName() {
        #expect(SpecBuilder.merge(["A=1", "B=2"], ["B=3", "A", "C=4"]) == ["B=3", "C=4"])
        #expect(SpecBuilder.merge(["AB=1"], ["A=2"]) == ["AB=1", "A=2"])
    }
}
