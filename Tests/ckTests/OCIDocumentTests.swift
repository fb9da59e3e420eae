import ContainerCgroups
import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import Foundation
import OCISpec
import Testing

@testable import ck

@Suite struct OCIDocumentTests {
    @Test func textKeepsItsOrder() {
        let document = JSONText.object([
            ("b", .array([.number(-1), .bool(false)])), ("a", .string("q\"\\\n\u{1}é")), ("c", .array([])),
            ("d", .object([])), ("e", .unsigned(.max)),
        ])
        #expect(
            document.compact
                == #"{"b":[-1,false],"a":"q\"\\\n\u0001é","c":[],"d":{},"e":18446744073709551615}"#)
        #expect(
            document.text(indent: "  ")
                == "{\n  \"b\": [\n    -1,\n    false\n  ],\n  \"a\": \"q\\\"\\\\\\n\\u0001é\",\n  \"c\": [],\n  \"d\": {},\n"
                + "  \"e\": 18446744073709551615\n}")
    }

    private let state = OCIState(
        id: "one", status: .running, pid: 42, bundle: "/b", annotations: ["z": "1", "a": "2"], rootfs: "/b/rootfs",
        created: 1_700_000_000_120_000_000, owner: 4_000_000_000)

    @Test func statesLookLikeRuncs() {
        #expect(
            OCIStateText.json(state, owner: "").text(indent: "  ") == """
                {
                  "ociVersion": "1.2.0",
                  "id": "one",
                  "pid": 42,
                  "status": "running",
                  "bundle": "/b",
                  "rootfs": "/b/rootfs",
                  "created": "2023-11-14T22:13:20.12Z",
                  "annotations": {
                    "a": "2",
                    "z": "1"
                  },
                  "owner": ""
                }
                """)
        let header = "ID          PID         STATUS      BUNDLE      CREATED                   OWNER"
        #expect(
            OCIStateText.table([state])
                == header + "\none         42          running     /b          2023-11-14T22:13:20.12Z   #4000000000")
        #expect(OCIStateText.table([]) == "ID          PID         STATUS      BUNDLE      CREATED     OWNER")
        #expect(OCIStateText.time(1_700_000_000_000_000_001) == "2023-11-14T22:13:20.000000001Z")
        #expect(OCIStateText.time(0) == "1970-01-01T00:00:00Z")
        #expect(OCIStateText.name(of: 0) == "root")
    }

    @Test func theLogIsLogruss() throws {
        #expect(
            OCILog.line(level: "error", "it \"broke\"\nhere", isJSON: false, at: 1_700_000_000)
                == #"time="2023-11-14T22:13:20Z" level=error msg="it \"broke\"\nhere""#)
        #expect(
            OCILog.line(level: "error", "it \"broke\"", isJSON: true, at: 1_700_000_000)
                == #"{"level":"error","msg":"it \"broke\"","time":"2023-11-14T22:13:20Z"}"#)
    }

    @Test func failuresGoToTheLogToo() throws {
        let path = "\(NSTemporaryDirectory())/ck-oci-log-\(UUID().uuidString)"
        defer { unlink(path) }
        let kill = ["kill", "x", "NOSUCH"]
        #expect(
            ckRuntime(["--log", path, "--log-format", "json"] + kill).error == "ck-runtime: unknown signal \"NOSUCH\"\n"
        )
        #expect(ckRuntime(["--log", path] + kill).status == 1)
        #expect(ckRuntime(["--debug", "--log", path] + kill).error == "ck-runtime: unknown signal \"NOSUCH\"\n")
        let lines = try Files.readText(path).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[0].hasPrefix(#"{"level":"error","msg":"unknown signal \"NOSUCH\"","time":"2"#))
        #expect(lines[1].hasSuffix(#"level=error msg="unknown signal \"NOSUCH\"""#))
        #expect(lines[2].hasSuffix(#"level=debug msg="ck-runtime kill x NOSUCH""#))
        #expect(lines[4].contains("level=debug msg=\"exit status 1 after "))
        // Without a file, a program that wants JSON reads standard error.
        #expect(ckRuntime(["--log-format", "json"] + kill).error.hasPrefix(#"{"level":"error","msg":"unknown signal"#))
        let nowhere = ckRuntime("--log", "/nonexistent/log", "features")
        #expect(nowhere.status == 1)
        #expect(nowhere.error.hasPrefix("ck-runtime: open /nonexistent/log: ENOENT"))
    }

    @Test func featuresNameWhatThereIs() throws {
        let outcome = ckRuntime("features")
        #expect(outcome.status == 0)
        let features = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [String: Any])
        #expect(features["ociVersionMin"] as? String == "1.0.0")
        #expect(features["ociVersionMax"] as? String == "1.2.0")
        #expect((features["hooks"] as? [String])?.count == 6)
        let mounts = try #require(features["mountOptions"] as? [String])
        #expect(Set(["ro", "rbind", "rro", "rprivate", "tmpcopyup", "idmap"]).isSubset(of: mounts))
        let linux = try #require(features["linux"] as? [String: Any])
        #expect(
            linux["namespaces"] as? [String] == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"])
        #expect((linux["capabilities"] as? [String])?.count == 41)
        let seccomp = try #require(linux["seccomp"] as? [String: Any])
        #expect(seccomp["enabled"] as? Bool == true)
        #expect((seccomp["operators"] as? [String])?.count == 7)
        #expect((seccomp["archs"] as? [String])?.contains("SCMP_ARCH_X86_64") == true)
    }

    @Test func specIsRuncsAndIsNotOverwritten() throws {
        let folder = "\(NSTemporaryDirectory())/ck-oci-spec-\(UUID().uuidString)"
        try Files.makeDirectory(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(ckRuntime("spec", "-b", folder) == Outcome())
        let text = try Files.readText("\(folder)/config.json")
        let spec = try JSONDecoder().decode(RuntimeSpec.self, from: Data(text.utf8))
        #expect(spec.ociVersion == "1.2.0")
        #expect(spec.process.args == ["sh"])
        #expect(spec.process.terminal == true)
        #expect(spec.process.noNewPrivileges == true)
        #expect(spec.process.rlimits == [.init(type: "RLIMIT_NOFILE", soft: 1024, hard: 1024)])
        #expect(spec.root == .init(path: "rootfs", readonly: true))
        #expect(
            spec.mounts.map(\.destination) == [
                "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup",
            ])
        #expect(spec.linux.namespaces.map(\.type) == [.pid, .network, .ipc, .uts, .mount])
        #expect(spec.linux.resources?.devices == [.init(allow: false, access: "rwm")])
        #expect(spec.linux.maskedPaths?.count == 10)
        #expect(spec.linux.readonlyPaths?.count == 5)
        let again = ckRuntime("spec", "--bundle", folder)
        #expect(again == Outcome(error: "ck-runtime: File \(folder)/config.json exists. Remove it first\n", status: 1))
        #expect(try Files.readText("\(folder)/config.json") == text)
    }

    @Test func theSpecOfAUserHasNoRights() throws {
        let text = SpecDocument.make(rootless: true).compact
        let spec = try JSONDecoder().decode(RuntimeSpec.self, from: Data(text.utf8))
        #expect(spec.linux.namespaces.map(\.type) == [.pid, .ipc, .uts, .mount, .user])
        #expect(spec.linux.uidMappings == [.init(containerID: 0, hostID: geteuid(), size: 1)])
        #expect(spec.linux.resources == nil)
        #expect(spec.mounts.allSatisfy { $0.options?.contains { $0.hasPrefix("gid=") } != true })
        #expect(spec.mounts.first { $0.destination == "/sys" }?.source == "/sys")
    }
}
