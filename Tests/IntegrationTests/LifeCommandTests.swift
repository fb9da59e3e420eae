import ContainerSystem
import Glibc
import Testing

/// What the commands of a container's life do besides their states (see `StateTableTests`).
@Suite struct LifeCommandTests {
    private func run(_ box: Sandbox, _ name: String, _ options: [String] = [], _ program: [String] = ["sleep", "100"])
        throws
    {
        try box.expect(["run", "-d", "--name", name, "--network", "none"] + options + ["bb"] + program)
    }

    private func inspect(_ box: Sandbox, _ format: String, _ name: String) throws -> String {
        try box.ck(["inspect", "-f", format, name]).line(0)
    }

    @Test func aContainerStartsAgainWithWhatItWrote() throws {
        try Sandbox.with { box in
            try box.expect([
                "create", "--name", "cc", "--network", "none", "bb", "sh", "-c", "echo x >> /f; wc -l < /f; exit 4",
            ])
            #expect(try box.ck(["start", "-a", "cc"]).output == "1\n")
            let second = try box.ck(["start", "-a", "cc"])
            #expect(second.output == "2\n" && second.status == 4, "\(second)")
            #expect(try box.ck(["start", "cc"]).output == "cc\n")
            #expect(try box.ck(["wait", "cc"]).output == "4\n")
            #expect(try box.ck(["logs", "cc"]).output == "1\n2\n3\n")
            #expect(try inspect(box, "{{.RestartCount}} {{.State.ExitCode}}", "cc") == "0 4")
        }
    }

    @Test func severalAtOnceAndTheRestOfThemAfterAFailure() throws {
        try Sandbox.with { box in
            try run(box, "one")
            try run(box, "two")
            let id = try box.ck(["ps", "-q", "-f", "name=two"]).line(0)
            let paused = try box.ck(["pause", "one", "nosuch", String(id.prefix(6))])
            #expect(paused.status == 1 && paused.output == "one\n\(id.prefix(6))\n", "\(paused)")
            #expect(paused.errors == "ck: No such container: nosuch\n")
            #expect(try box.ck(["ps", "-q", "-f", "status=paused"]).lines.count == 2)
            #expect(try box.ck(["unpause", "one", "two"]).output == "one\ntwo\n")
            #expect(try box.ck(["kill", "-s", "KILL", "one", "two"]).output == "one\ntwo\n")
            #expect(try box.ck(["wait", "one", "two"]).output == "137\n137\n")
            #expect(try box.ck(["rm", "-f", "one", "nosuch", "two"]).status == 0, "what is not there is as wanted")
        }
    }

    @Test func aStopThatHadToKillSaysWhatHelps() throws {
        try Sandbox.with { box in
            try run(box, "deaf")
            let stop = try box.ck(["stop", "-t", "1", "deaf"])
            #expect(stop.status == 0 && stop.output == "deaf\n")
            for word in ["--init", "STOPSIGNAL", "SIGTERM", "1 s", "-t"] {
                #expect(stop.errors.contains(word), "\(word) in \(stop)")
            }
            try run(box, "hears", [], ["sh", "-c", "trap 'exit 7' INT; while true; do sleep 0.05; done"])
            try box.eventually("the trap") {
                let kill = try box.ck(["stop", "-s", "INT", "-t", "30", "hears"])
                return kill.errors.isEmpty
            }
            #expect(try inspect(box, "{{.State.ExitCode}}", "hears") == "7")
            #expect(try box.ck(["kill", "-s", "NOPE", "hears"]).errors == "ck: Invalid signal: NOPE\n")
        }
    }

    @Test func limitsChangeWhileItRuns() throws {
        try Sandbox.with { box in
            try run(box, "cc", ["-m", "64m"])
            let update = try box.ck([
                "update", "--pids-limit", "33", "-m", "48m", "--memory-reservation", "32m", "--cpus", "0.5", "cc",
            ])
            #expect(update.status == 0 && update.output == "cc\n", "\(update)")
            let seen = try box.ck(["exec", "cc", "cat", HostCgroups.pidsFile, HostCgroups.memoryFile])
            #expect(seen.output == "33\n\(48 << 20)\n", "\(seen)")
            let format =
                "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.NanoCpus}}"
            #expect(try inspect(box, format, "cc") == "\(48 << 20) \(128 << 20) 33 500000000")
            let tooMuch = try box.ck(["update", "-m", "1g", "cc"])
            #expect(
                tooMuch.status == 1 && tooMuch.errors.contains("update the memoryswap at the same time"), "\(tooMuch)")
            let both = try box.ck(["update", "--cpu-quota", "50000", "cc"])
            #expect(both.errors.contains("CPU Quota cannot be updated as NanoCPUs has already been set"), "\(both)")
            #expect(try box.ck(["update", "-m", "1m", "cc"]).errors.contains("6MB"))
            #expect(try inspect(box, format, "cc").hasPrefix("\(48 << 20) "), "a failure changes nothing")
            #expect(try box.ck(["update", "cc"]).errors.contains("one or more flags"))
            #expect(try box.ck(["update", "--restart", "sometimes", "cc"]).status == 1)
            // And it holds after the next start.
            try box.expect(["restart", "-t", "0", "cc"])
            #expect(try box.ck(["exec", "cc", "cat", HostCgroups.pidsFile]).output == "33\n")
        }
    }

    @Test func aPolicyThatIsChangedHoldsAtOnce() throws {
        try Sandbox.with { box in
            try run(box, "cc")
            try box.expect(["update", "--restart", "always", "cc"])
            let pid = pid_t(try inspect(box, "{{.State.Pid}}", "cc")) ?? 0
            try #require(pid > 1)
            kill(pid, SIGKILL)
            try box.eventually("its next life") {
                try inspect(box, "{{.State.Running}} {{.RestartCount}}", "cc") == "true 1"
                    && inspect(box, "{{.State.Status}}", "cc") == "running"
            }
            try box.expect(["stop", "-t", "0", "cc"])
            #expect(try inspect(box, "{{.State.Status}}", "cc") == "exited", "whoever stops it means it")
            #expect(try box.ck(["ps", "-aq", "-f", "should-start-on-boot=true"]).lines.count == 1)
            try box.expect(["update", "--restart", "unless-stopped", "cc"])
            #expect(try box.ck(["ps", "-aq", "-f", "should-start-on-boot=true"]).lines.isEmpty)
        }
    }

    /// What a reboot leaves: nothing of the run folder, and no process.
    @Test func afterARebootTheListTellsTheTruthAndThePoliciesCanBeKept() throws {
        try Sandbox.with { box in
            try run(box, "always", ["--restart", "always"])
            try run(box, "stopped", ["--restart", "unless-stopped"])
            try run(box, "unless", ["--restart", "unless-stopped"])
            try run(box, "plain")
            try box.expect(["stop", "-t", "0", "stopped"])
            let pids = try box.ck(["inspect", "-f", "{{.State.Pid}}", "always", "unless", "plain"]).lines
            // The supervisors first: they would restart it.
            for shim in box.processes(named: "ck-shim") { kill(shim, SIGKILL) }
            for pid in pids.compactMap({ pid_t($0) }) where pid > 1 {
                let process = ProcessIdentity(pid: pid, startTime: ProcessIdentity.startTime(of: pid) ?? 0)
                kill(pid, SIGKILL)
                _ = process.waitForEnd(milliseconds: 10_000)
            }
            try Files.removeTree(box.runRoot)
            let list = try box.ck(["ps", "-a", "--format", "{{.Names}} {{.State}}"])
            #expect(list.output == "plain exited\nunless exited\nstopped exited\nalways exited\n", "\(list)")
            let start = try box.ck(["start", "--all", "--filter", "should-start-on-boot=true"])
            #expect(start.output == "always\nunless\n" && start.status == 0, "\(start)")
            #expect(try box.ck(["ps", "--format", "{{.Names}}"]).output == "unless\nalways\n")
            #expect(try box.ck(["start", "--all", "--filter", "name=plain"]).output == "plain\n")
            #expect(try box.ck(["start", "--filter", "name=plain"]).status != 0)
        }
    }

    @Test func pruneShowsWhatWouldGoBeforeItAsks() throws {
        try Sandbox.with { box in
            try run(box, "stays")
            try box.expect(["create", "--name", "gone", "-l", "tier=front", "--network", "none", "bb", "true"])
            try box.expect(["create", "--name", "kept", "-l", "keep", "--network", "none", "bb", "true"])
            let id = try box.ck(["ps", "-aq", "--no-trunc", "-f", "name=gone"]).line(0)
            let asked = try box.ck(["container", "prune", "--filter", "label!=keep"], input: "n\n")
            #expect(asked.status == 0 && asked.output.contains("WARNING! This will remove all stopped containers."))
            #expect(asked.output.contains("gone") && !asked.output.contains("stays") && !asked.output.contains("kept"))
            #expect(try box.ck(["ps", "-aq"]).lines.count == 3)
            #expect(
                try box.ck(["container", "prune", "-f", "--filter", "until=1h"]).output == "Total reclaimed space: 0B\n"
            )
            let pruned = try box.ck(["container", "prune", "-f", "--filter", "label=tier=front"])
            #expect(pruned.output == "Deleted Containers:\n\(id)\n\nTotal reclaimed space: 0B\n", "\(pruned)")
            #expect(try box.ck(["ps", "-a", "--format", "{{.Names}}"]).output == "kept\nstays\n")
            #expect(try box.ck(["container", "prune", "-f", "--filter", "nope=1"]).status != 0)
        }
    }

    @Test func eventsTellAContainersLife() throws {
        try Sandbox.with { box in
            let follower = "\(box.folder)/events"
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let output = try Descriptor.open(follower, O_WRONLY | O_CREAT, mode: 0o600)
            let pid = try Command.spawn(
                box.ckArguments(["events", "--format", "{{.Action}} {{.Actor.Attributes.name}}"]), input: null.raw,
                output: output.raw, error: null.raw)
            defer {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
            // It follows once it shows something.
            try box.eventually("the follower") {
                try box.ck(["tag", "bb", "other:1"])
                return try !Files.readText(follower).isEmpty
            }
            try run(box, "cc", ["-l", "tier=front"])
            try box.expect(["exec", "cc", "true"])
            try box.expect(["pause", "cc"])
            try box.expect(["unpause", "cc"])
            try box.expect(["rename", "cc", "dd"])
            try box.expect(["update", "--pids-limit", "50", "dd"])
            try box.expect(["restart", "-t", "0", "dd"])
            try box.expect(["kill", "dd"])
            try box.expect(["rm", "dd"])
            let expected = [
                "create cc", "start cc", "exec_create: true cc", "exec_start: true cc", "exec_die cc", "pause cc",
                "unpause cc", "rename dd", "update dd", "kill dd", "die dd", "stop dd", "start dd", "restart dd",
                "kill dd", "die dd", "destroy dd",
            ]
            try box.eventually("the last event") { try Files.readText(follower).contains("destroy dd") }
            let seen = try Files.readText(follower).split(separator: "\n").map(String.init)
                .filter { !$0.hasPrefix("tag") }
            #expect(seen == expected)
            let history = try box.ck([
                "events", "--since", "1h", "--until", "0s", "-f", "label=tier=front", "-f", "event=die",
                "--format", "{{.Actor.Attributes.exitCode}} {{.Actor.Attributes.name}}",
            ])
            #expect(history.output == "137 dd\n137 dd\n", "\(history)")
            let lines = try box.ck(["events", "--since", "1h", "--until", "0s", "--format", "json"]).lines
            #expect(lines.count >= expected.count && lines.allSatisfy { (try? JSON(String($0))) != nil })
        }
    }

    @Test func inspectShowsDockersDocument() throws {
        try Sandbox.with { box in
            try run(
                box, "cc", ["-m", "64m", "-e", "A=b", "-l", "k=v", "--restart", "on-failure:3", "-v", "/tmp:/host:ro"])
            let document = try box.ck(["inspect", "cc"]).output
            let keys = [
                "Id", "Created", "Path", "Args", "State", "Image", "ResolvConfPath", "HostnamePath", "HostsPath",
                "LogPath",
                "Name", "RestartCount", "Driver", "Platform", "MountLabel", "ProcessLabel", "AppArmorProfile",
                "ExecIDs",
                "HostConfig", "GraphDriver", "Mounts", "Config", "NetworkSettings",
            ]
            let found = document.split(separator: "\n").filter { $0.hasPrefix("        \"") }
                .map { String($0.dropFirst(9).prefix { $0 != "\"" }) }
            #expect(found == keys, "in docker's order")
            for (format, expected) in [
                ("{{.State.Status}} {{.Path}} {{json .Args}}", "running sleep [\"100\"]"),
                ("{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}", "\(64 << 20) \(128 << 20)"),
                ("{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}", "on-failure 3"),
                ("{{.Name}} {{.Config.Labels.k}} {{index .Config.Env 1}}", "/cc v A=b"),
                ("{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}}{{end}}", "bind /host false"),
                ("{{.HostConfig.NetworkMode}} {{len .NetworkSettings.Networks}}", "none 1"),
            ] {
                #expect(try inspect(box, format, "cc") == expected, "\(format)")
            }
            #expect(try inspect(box, "{{.State.FinishedAt}}", "cc") == "0001-01-01T00:00:00Z")
            #expect(try box.ck(["inspect", "-s", "-f", "{{.SizeRw}}", "cc"]).output == "0\n")
            let both = try box.ck(["inspect", "-f", "{{.Name}}", "nosuch", "cc"])
            #expect(both.status == 1 && both.output == "/cc\n" && both.errors == "ck: No such object: nosuch\n")
            #expect(try box.ck(["container", "inspect", "nosuch"]).errors == "ck: No such container: nosuch\n")
            #expect(try box.ck(["inspect", "--type", "image", "cc"]).status == 1)
            #expect(try box.ck(["inspect", "--type", "planet", "cc"]).errors.contains("must be one of"))
            #expect(try box.ck(["inspect", "-f", "{{.Nope}}", "cc"]).status == 1)
        }
    }

    /// Row 50 of the threats: what looks like a path, a pattern or another command never leaves the table of names.
    @Test func noNameOrIdIsAPath() throws {
        try Sandbox.with { box in
            try run(box, "cc")
            let id = try box.ck(["ps", "-q", "--no-trunc"]).line(0)
            let hostile = [
                "../../etc", "../\(id)", "\(id)/../\(id)", "/", ".", "..", "cc/", "c%", "c_", "*", "", " cc", "cc\n",
                "CC",
                "' OR 1=1 --", id + "0", String(id.prefix(63)) + "g", "\u{1b}[31mcc", "-1",
            ]
            let commands = [
                ["start"], ["stop"], ["restart"], ["kill"], ["pause"], ["unpause"], ["wait"], ["rm"], ["rm", "-f"],
                ["inspect"], ["logs"], ["port"], ["update", "--pids-limit", "5"], ["exec"], ["attach"],
            ]
            for name in hostile {
                for command in commands {
                    let result = try box.ck(command + ["--", name] + (command == ["exec"] ? ["true"] : []))
                    #expect(result.output.isEmpty || result.output == "[]\n", "\(command) '\(name)': \(result)")
                    let isRefused = result.status != 0 || command == ["rm", "-f"]
                    #expect(isRefused && !result.errors.isEmpty, "\(command) '\(name)': \(result)")
                }
                let renamed = try box.ck(["rename", "--", "cc", name])
                // Upper case, an underscore and what is almost an id are names like others.
                if name != "CC", name != "c_", !name.hasPrefix(String(id.prefix(20))) || name.contains("/") {
                    #expect(renamed.status == 1, "'\(name)': \(renamed)")
                } else {
                    try box.expect(["rename", name, "cc"])
                }
            }
            #expect(try inspect(box, "{{.State.Running}}", String(id.prefix(1))) == "true")
            #expect(try Files.list(box.root + "/containers") == [id])
        }
    }

    @Test func aPrefixThatFitsTwoIsNeither() throws {
        try Sandbox.with { box in
            var ids: [String] = []
            // Of 17 ids two begin with the same digit.
            for number in 0..<17 {
                ids.append(try box.ck(["create", "--name", "c\(number)x", "--network", "none", "bb", "true"]).line(0))
            }
            let firsts = Dictionary(grouping: ids) { $0.prefix(1) }
            let twins = try #require(firsts.first { $0.value.count > 1 })
            let removal = try box.ck(["rm", String(twins.key)])
            #expect(removal.status == 1 && removal.errors.contains("more than one"), "\(removal)")
            #expect(try box.ck(["ps", "-aq"]).lines.count == 17)
        }
    }
}
