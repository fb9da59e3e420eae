import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerEngine

/// From what a caller asks for and what an image says to the document of a container.
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
        #expect(error { $0.volumes = [twice, twice] }.contains("Duplicate mount point"))
    }

    @Test func onlyAnEmptyEntrypointIsNone() throws {
        let shell = image {
            $0.entrypoint = ["sh", "-c", ""]; $0.cmd = [""]
        }
        #expect(try build(shell).command == ["sh", "-c", "", ""], "an empty argument is an argument")
        let none = image {
            $0.entrypoint = [""]; $0.cmd = ["c"]
        }
        #expect(try build(none).command == ["c"])
        #expect(try build(none).imageEntrypoint == nil)
        #expect(error { $0.entrypoint = [""] }.contains("no command specified"))
    }

    @Test func whatACommitWritesBackIsKeptApart() throws {
        let both = image {
            $0.cmd = ["c"]; $0.entrypoint = ["e"]
        }
        let plain = try build(both)
        #expect(plain.imageCommand == ["c"] && plain.imageEntrypoint == ["e"])
        let changed = try build(both) {
            $0.entrypoint = ["mine"]; $0.command = ["x", "y"]
        }
        #expect(changed.imageCommand == ["x", "y"] && changed.imageEntrypoint == ["mine"])
        #expect(try build(both) { $0.entrypoint = ["mine"] }.imageCommand == nil)
    }

    @Test func anImageMaySayNothing() throws {
        let made = try ConfigurationBuilder.build(
            ContainerOptions(image: "it", command: ["x"]), image: ImageConfig(rootfs: .init(diffIDs: [])),
            imageName: "shown", id: id)
        #expect(made.imageName == "shown" && made.command == ["x"] && made.environment.isEmpty)
        #expect(made.workingDirectory == "/" && made.user.isEmpty && made.labels.isEmpty && made.stopSignal == nil)
        #expect(made.network == .bridge && !made.terminal && !made.stdinOpen && !made.autoRemove)
    }

    @Test(arguments: [
        ("", "/"), ("/", "/"), ("rel", "/rel"), ("/a//b/", "/a/b"), ("/../../x", "/x"), ("..", "/"), ("/a/.", "/a"),
        ("a/../..", "/"),
    ])
    func anImagesWorkingDirectoryStaysBelowTheRoot(path: String, made: String) throws {
        let image = image {
            $0.cmd = ["x"]; $0.workingDir = path
        }
        #expect(try build(image).workingDirectory == made)
        #expect(try build(image) { $0.workingDirectory = "/mine/../own" }.workingDirectory == "/own")
    }

    @Test func theCallersEnvironmentGoesBeforeTheImages() throws {
        setenv("CK_TEST_PASSED_ON", "its value=", 1)
        defer { unsetenv("CK_TEST_PASSED_ON") }
        try #require(getenv("NO_SUCH_VARIABLE_AT_ALL") == nil && getenv("C") == nil)
        let made = try build(
            image {
                $0.cmd = ["x"]; $0.env = ["A=first", "A=second", "B=", "C=gone"]
            }
        ) { $0.environment = ["A=mine", "CK_TEST_PASSED_ON", "NO_SUCH_VARIABLE_AT_ALL", "D==", "C"] }
        #expect(made.environment == ["A=mine", "B=", "CK_TEST_PASSED_ON=its value=", "D=="])
        #expect(error { $0.environment = [""] }.contains("invalid environment variable"))
        #expect(error { $0.environment = ["A\0=x"] }.contains("invalid environment variable"))
    }

    @Test func limitsHaveTheirBounds() throws {
        func refused(_ fill: (inout ContainerOptions.Limits) -> Void) -> Bool {
            !error { fill(&$0.limits) }.isEmpty
        }
        #expect(refused { $0.memory = (6 << 20) - 1 } && !refused { $0.memory = 6 << 20 })
        #expect(refused { $0.memory = -1 } && refused { $0.memory = 0 } && !refused { $0.memory = .max })
        #expect(refused { $0.cpuShares = 1 } && !refused { $0.cpuShares = 2 })
        #expect(refused { $0.cpuShares = 262_145 } && !refused { $0.cpuShares = 262_144 })
        #expect(refused { $0.nanoCPUs = 9_999_999 } && !refused { $0.nanoCPUs = 10_000_000 })
        #expect(refused { $0.nanoCPUs = -1 } && refused { $0.nanoCPUs = .max })
        #expect(!refused { $0.nanoCPUs = 1_000_000_000 })
    }

    @Test func aMountTargetIsWhatItMeans() throws {
        for target in ["/.", "//", "/./proc", "/proc/./x", "//proc", "/.//."] {
            #expect(error { $0.volumes = [.init(source: "/a", target: target)] }.contains("invalid mount target"))
        }
        for other in ["/b/", "//b", "/./b/."] {
            let volumes = ["/b", other].map { VolumeBind(source: "/a", target: $0) }
            #expect(error { $0.volumes = volumes }.contains("Duplicate mount point"), "\(other)")
        }
        let fine = ["/b", "/b/c", "/process", "/a.b"].map { VolumeBind(source: "/", target: $0, readOnly: true) }
        #expect(try build(image { $0.cmd = ["x"] }) { $0.volumes = fine }.volumes == fine)
    }

    @Test func aHostnameHasTheKernelsLength() throws {
        let longest = String(repeating: "h", count: 64)
        #expect(try build(image { $0.cmd = ["x"] }) { $0.hostname = longest }.hostname == longest)
        #expect(error { $0.hostname = longest + "h" }.contains("invalid hostname"))
        #expect(error { $0.hostname = String(repeating: "ä", count: 33) }.contains("invalid hostname"))
        #expect(error { $0.hostname = "a\0" }.contains("invalid hostname"))
    }
}
