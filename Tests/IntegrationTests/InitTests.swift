import ContainerSystem
import Glibc
import Testing

/// `--init`: a process of ours is the container's first.
@Suite struct InitTests {
    @Test func statusesAreTheProgramsOwn() throws {
        try Sandbox.with { box in
            #expect(try box.shell("exit 5", ["--init"]).status == 5)
            #expect(try box.shell("kill -TERM $$", ["--init"]).status == 143)
            #expect(try box.shell("kill -KILL $$", ["--init"]).status == 137)
            let missing = try box.ck(["run", "--rm", "--init", "bb", "nosuch"])
            #expect(
                missing.status == 127 && missing.errors.contains("executable file not found in $PATH"), "\(missing)")
            let folder = try box.ck(["run", "--rm", "--init", "bb", "/bin"])
            #expect(folder.status == 126, "\(folder)")
        }
    }

    @Test func signalsReachTheProgram() throws {
        try Sandbox.with { box in
            let script = "trap 'echo got; exit 9' TERM; trap 'echo usr' USR1; echo up; while true; do sleep 0.05; done"
            let one = try Supervised(box, "ii", ["--init"], ["sh", "-c", script])
            #expect(try one.waits { try box.ck(["logs", "ii"]).output == "up\n" })
            try one.control("signal", "10")
            #expect(try one.waits { try box.ck(["logs", "ii"]).output == "up\nusr\n" })
            #expect(try one.control("stop", "15", "20000").lines == ["exited 9 0", "gone"])
        }
    }

    @Test func theDeadAreTakenIn() throws {
        try Sandbox.with { box in
            // The child of a child whose parent does not wait for it, and is gone.
            let script = "for i in 1 2 3 4 5; do (sleep 0.05 &); done; exec sleep 100"
            let one = try Supervised(box, "ii", ["--init"], ["sh", "-c", script])
            #expect(
                try one.waits {
                    let states = try box.ck(["exec", "ii", "ps", "-o", "stat,args"]).lines
                    return states.contains { $0.hasSuffix("sleep 100") }
                        && !states.contains { $0.contains("sleep 0.05") }
                        && !states.contains { $0.hasPrefix("Z") }
                })
        }
    }

    @Test func itHoldsNothingOfTheHost() throws {
        try Sandbox.with { box in
            let one = try Supervised(box, "ii", ["--init"], ["sleep", "100"])
            let pid = one.pids?[2] ?? 0
            #expect(one.waits { (try? Files.list("/proc/\(pid)/fd").isEmpty) == true })
            let text = try Files.readText("/proc/\(pid)/smaps_rollup", limit: 1 << 16)
            let memory = text.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") }
                .flatMap { Int($0.filter(\.isNumber)) }
            #expect((memory ?? .max) <= 100, "\(memory ?? 0) kB")
            #expect(try Files.readText("/proc/\(pid)/comm", limit: 64) == "ck-init\n")
        }
    }

    /// Not even with every right that a container can have is what the shim runs from open for writing (CVE-2019-5736).
    @Test func theHostsProgramCannotBeWrittenTo() throws {
        try Sandbox.with { box in
            let shim = Sandbox.binFolder + "/ck-shim"
            let before = try Files.read(shim, limit: 16 << 20)
            let script = "(: > /proc/1/exe) && echo WROTE; (: >> /proc/1/exe) && echo WROTE; exit 0"
            for options in [[], ["--cap-add", "ALL"], ["--privileged"]] {
                let result = try box.shell(script, ["--init"] + options)
                #expect(result.status == 0 && !result.output.contains("WROTE"), "\(options) \(result)")
            }
            #expect(try Files.read(shim, limit: 16 << 20) == before)
        }
    }

    @Test func aTerminalIsThePrograms() throws {
        try Sandbox.with { box in
            let script = """
                [["expect", "# "], ["type", "sh -c 'echo go; exec sleep 100'\\n"], ["expect", "\\ngo"],
                 ["type", "\\u0003"], ["expect", "# "], ["type", "exit 7\\n"]]
                """
            let result = try box.inside(
                ["python3", Fixture.path("terminal.py"), "24x80", script] + box.ckProgram
                    + ["run", "--rm", "-it", "--init", "--network", "none", "bb", "sh"])
            #expect(result.status == 7, "\(result)")
        }
    }
}
