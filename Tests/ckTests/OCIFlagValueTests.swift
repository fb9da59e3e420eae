import ContainerSystem
import Foundation
import OCISpec
import Testing

@testable import ck

@Suite struct OCIFlagValueTests {
    private func changed(_ arguments: String...) throws -> RuntimeSpec.Process {
        var process = RuntimeSpec.Process(args: ["init"], env: ["A=1"], cwd: "/w")
        process.terminal = true
        process.noNewPrivileges = true
        process.capabilities = .init(bounding: ["CAP_KILL"], inheritable: ["CAP_CHOWN"])
        try ExecFlags.apply(try ociWords("exec", arguments), to: &process)
        return process
    }

    @Test func execStartsFromTheContainersProcess() throws {
        let plain = try changed("id", "ls", "-l")
        #expect(plain.args == ["ls", "-l"])
        #expect(plain.env == ["A=1"])
        #expect(plain.cwd == "/w")
        #expect(plain.terminal == false)
        #expect(plain.noNewPrivileges == true)
        #expect(plain.capabilities == .init(bounding: ["CAP_KILL"], inheritable: ["CAP_CHOWN"]))
    }

    @Test func execFlagsChangeIt() throws {
        let process = try changed(
            "--cwd", "/x", "-e", "B=2", "-e", "C=", "-t", "-u", "5:6", "-g", "7", "-g", "8", "--apparmor", "p",
            "--process-label", "l", "--no-new-privs=false", "-c", "CAP_CHOWN", "-c", "CAP_FOWNER", "id", "ls")
        #expect(process.cwd == "/x")
        #expect(process.env == ["A=1", "B=2", "C="])
        #expect(process.terminal == true)
        #expect(process.user == .init(uid: 5, gid: 6, additionalGids: [7, 8]))
        #expect(process.apparmorProfile == "p")
        #expect(process.selinuxLabel == "l")
        #expect(process.noNewPrivileges == false)
        let sets = try #require(process.capabilities)
        #expect(sets.bounding == ["CAP_KILL", "CAP_CHOWN", "CAP_FOWNER"])
        #expect(sets.effective == ["CAP_CHOWN", "CAP_FOWNER"])
        #expect(sets.permitted == ["CAP_CHOWN", "CAP_FOWNER"])
        // What is not inheritable cannot be ambient.
        #expect(sets.ambient == ["CAP_CHOWN"])
        #expect(sets.inheritable == ["CAP_CHOWN"])
        #expect(try changed("-u", "5", "id", "ls").user == .init(uid: 5))
    }

    @Test(arguments: [
        (["-u", "root"], "--user: \"root\" is not a uid"), (["-u", "1:x"], "--user: \"x\" is not a gid"),
        (["-u", ":1"], "--user: \"\" is not a uid"), (["-g", "-1"], "additional-gids must be a positive number -1"),
    ])
    func usersAreNumbers(_ arguments: [String], _ message: String) throws {
        var process = RuntimeSpec.Process(args: [])
        let words = try ociWords("exec", arguments + ["id", "ls"])
        #expect(throws: CommandFailure(message, status: 1)) { try ExecFlags.apply(words, to: &process) }
    }

    @Test func listeningSocketsAreForTheProcessThatIsNamed() {
        #expect(ListenDescriptors.count(pid: "7", count: "2", own: 7) == 2)
        #expect(ListenDescriptors.count(pid: "8", count: "2", own: 7) == 0)
        #expect(ListenDescriptors.count(pid: nil, count: "2", own: 7) == 0)
        #expect(ListenDescriptors.count(pid: "7", count: "-2", own: 7) == 0)
        #expect(ListenDescriptors.count(pid: "7", count: "x", own: 7) == 0)
    }

    @Test func signalsThatAreAboutUsAreNotPassedOn() {
        let signals = OCIForeground.signals
        #expect(Set([SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGUSR1, 34, 64]).isSubset(of: signals))
        #expect(Set([SIGKILL, SIGSTOP, SIGCHLD, SIGWINCH, SIGURG, SIGSEGV, 32, 33]).isDisjoint(with: signals))
    }

    @Test func onlyWhatWasPassedToUsIsPassedOn() {
        let message = "ck-runtime: --preserve-fds 1000: descriptor "
        #expect(ckRuntime("create", "--preserve-fds", "1000", "x").error.hasPrefix(message))
    }

    @Test func oneSubgroupForAllControllers() throws {
        #expect(try OCICommands.subgroup([]) == nil)
        #expect(try OCICommands.subgroup(["a/b"]) == "a/b")
        for values in [["cpu:/a"], ["a", "b"]] {
            #expect(throws: CommandFailure.self) { try OCICommands.subgroup(values) }
        }
    }

    @Test func updateSaysOnlyWhatWasSaid() throws {
        func resources(_ arguments: String...) throws -> RuntimeSpec.Resources {
            try ResourceFlags(try ociWords("update", arguments + ["id"])).resources()
        }
        var expected = RuntimeSpec.Resources()
        expected.memory = .init(limit: 64 << 20)
        #expect(try resources("--memory", "64m") == expected)
        expected.memory = .init(limit: 1024, swap: -1, reservation: 512)
        expected.memory?.kernel = 4096
        expected.memory?.kernelTCP = 8192
        expected.cpu = .init(shares: 2, quota: -1, period: 1000, cpus: "0-1", mems: "0")
        expected.cpu?.burst = 5
        expected.cpu?.realtimePeriod = 6
        expected.cpu?.realtimeRuntime = 7
        expected.cpu?.idle = 0
        expected.pids = .init(limit: -1)
        expected.blockIO = .init()
        expected.blockIO?.weight = 100
        #expect(
            try resources(
                "--memory=1024", "--memory-swap=-1", "--memory-reservation", "512b", "--kernel-memory=4k",
                "--kernel-memory-tcp", "8k", "--cpu-share=2", "--cpu-quota=-1", "--cpu-period", "1000",
                "--cpuset-cpus=0-1", "--cpuset-mems=0", "--cpu-burst=5", "--cpu-rt-period=6", "--cpu-rt-runtime=7",
                "--cpu-idle=0", "--pids-limit", "-1", "--blkio-weight=100") == expected)
        for bad in [["--blkio-weight=70000"], ["--cpu-share=-1"], ["--memory=x"], ["--pids-limit=0"]] {
            #expect(throws: CommandFailure.self) {
                try ResourceFlags(try ociWords("update", bad + ["id"])).resources()
            }
        }
    }

    @Test func documentsNameTheirFaults() throws {
        let path = "\(NSTemporaryDirectory())/ck-oci-document-\(UUID().uuidString)"
        defer { unlink(path) }
        func message(_ text: String) -> String {
            try? Files.replace(path, with: Array(text.utf8))
            do {
                _ = try OCIDocument.process(path)
                return ""
            } catch {
                return error.description
            }
        }
        #expect(message(#"{"args":["x"],"cwd":"/","env":["A=1"],"user":{"uid":0,"gid":0}}"#) == "")
        for bad in ["", "{", "[]", #"{"args":"x","cwd":"/"}"#, String(repeating: "[", count: 100_000)] {
            #expect(message(bad).hasPrefix(path), "\(bad.prefix(30))")
        }
        #expect(message(#"{"args":["x"],"cwd":"w"}"#).contains("cwd"))
        #expect(throws: ContainerError.self) { try OCIDocument.process("/nonexistent") }
        try Files.replace(path, with: Array(#"{"memory":{"limit":5}}"#.utf8))
        #expect(try OCIDocument.resources(path).memory?.limit == 5)
        try Files.replace(path, with: Array(#"{"memory":{"limit":"5"}}"#.utf8))
        #expect(throws: ContainerError.self) { try OCIDocument.resources(path) }
    }

    @Test func processesAreFilteredByTheirColumn() throws {
        let output = "UID   PID PPID CMD\nroot    1    0 init 12\nroot   12    1 sh\nroot    x\n"
        #expect(try ProcessTable.lines(of: output, [12, 7]) == ["UID   PID PPID CMD", "root   12    1 sh"])
        #expect(throws: CommandFailure("the output of ps has no column PID", status: 1)) {
            try ProcessTable.lines(of: "UID CMD\n", [1])
        }
        #expect(try HostCommand.output(["sh", "-c", "echo out; echo err >&2"]) == "out\nerr\n")
        #expect(throws: CommandFailure("sh failed: bad", status: 1)) {
            try HostCommand.output(["sh", "-c", "echo bad; exit 3"])
        }
        #expect(throws: ContainerError.self) { try HostCommand.output(["ck-no-such-program"]) }
    }
}
