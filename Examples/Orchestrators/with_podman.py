"""podman: it has no daemon; podman itself and its monitor, conmon, call the runtime."""
import json, os


def steps(stage):
    settings = stage.folder + "/containers.conf"
    open(settings, "w").write('[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n'
                              f'hooks_dir = ["{stage.folder}/hooks"]\n'
                              f'[network]\nnetwork_config_dir = "{stage.folder}/networks"\n')
    stage.environment["CONTAINERS_CONF"] = settings
    # podman takes no long path for what lives below /run, which is the stage's own.
    command = ["podman", "--root", stage.folder + "/podman", "--runroot", "/run/podman", "--tmpdir", "/run/podman-tmp",
               "--storage-driver", "overlay", "--runtime", stage.runtime]

    def podman(*words, **more):
        return stage.call(*command, *words, **more)

    def options(*more):
        # The limits on open files and processes that podman asks for can be higher than this host gives.
        return ["--cgroup-parent", stage.cgroup, "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
                "--network", "none", *more]

    def run(*words, **more):
        return podman("run", *options(), *words, **more)

    def state(name, field):
        return podman("inspect", "--format", "{{." + field + "}}", name)

    os.makedirs(stage.folder + "/hooks")
    stage.call(*command, "load", "-q", "-i", stage.archive)

    with stage.step("runs a command"):
        stage.same(run("--rm", "bb", "echo", "hello", "world"), "hello world")
    with stage.step("hands on input and the exit status"):
        stage.same(run("-i", "--rm", "bb", "sh", "-c", "cat; exit 7", input="a line\n", status=7), "a line")
    with stage.step("says that a program is missing, or not executable"):
        run("--rm", "bb", "nosuch", status=127)
        run("--rm", "bb", "/etc/passwd", status=126)
    with stage.step("gives a terminal, and its size"):
        terminal = stage.terminal(*command, "run", *options("-it", "--rm", "bb", "sh"))
        terminal.expect("# ")
        terminal.send("tty; sleep 1; stty size\n")
        terminal.expect(r"/dev/(pts/0|console)\n40 100\n")
        terminal.resize(50, 120)
        terminal.send("sleep 1; stty size; exit 5\n")
        terminal.expect(r"50 120\n")
        terminal.end(5)
    with stage.step("sets limits"):
        run("-d", "--name", "limited", "--memory", "64m", "--pids-limit", "50", "--cpus", "0.5", "bb", "sleep", "1000")
        stage.same(state("limited", "OCIRuntime"), stage.runtime, "the runtime")
        pid = state("limited", "State.Pid")
        stage.same(stage.memory_limit(pid), 64 << 20, "the limit of memory")
        stage.same(stage.pids_limit(pid), 50, "the limit of processes")
        stage.same(stage.limit(pid, "cpu", "cpu.cfs_quota_us", "cpu.max").split()[0], "50000", "the limit of CPU time")
    with stage.step("changes limits"):
        podman("update", "--memory", "48m", "limited")
        stage.same(stage.memory_limit(pid), 48 << 20, "the limit of memory")
    with stage.step("pauses and goes on"):
        podman("pause", "limited")
        stage.same(state("limited", "State.Status"), "paused", "the state")
        podman("exec", "limited", "true", status=255)
        podman("unpause", "limited")
        stage.same(podman("exec", "limited", "echo", "awake"), "awake")
    with stage.step("executes more commands, as other users and elsewhere"):
        stage.same(podman("exec", "-u", "1000:2000", "-w", "/tmp", "-e", "A=b", "limited", "sh", "-c",
                          "echo $(id -u):$(id -g) $(pwd) $A; exit 3", status=3), "1000:2000 /tmp b")
        stage.same(podman("exec", "-i", "limited", "cat", input="fed"), "fed")
        podman("exec", "limited", "nosuch", status=127)
        podman("exec", "-d", "limited", "sh", "-c", "echo done >/tmp/detached")
        stage.eventually("the detached command writes", lambda: podman("exec", "limited", "cat", "/tmp/detached"))
    with stage.step("executes on a terminal"):
        terminal = stage.terminal(*command, "exec", "-it", "limited", "sh")
        terminal.expect("# ")
        terminal.send("tty; stty size; exit 4\n")
        terminal.expect(r"/dev/pts/\d+\n40 100\n")
        terminal.end(4)
    with stage.step("stops with SIGTERM, and with SIGKILL who does not listen"):
        podman("stop", "-t", "1", "limited")
        stage.same(state("limited", "State.Status") + " " + state("limited", "State.ExitCode"), "exited 137")
        run("-d", "--name", "polite", "bb", "sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done")
        stage.eventually("it is ready", lambda: podman("logs", "polite") == "ready")
        podman("stop", "polite")
        stage.same(state("polite", "State.ExitCode"), "3", "the exit status")
        stage.same(podman("wait", "polite"), "3")
    with stage.step("starts again, and kills with a signal of choice"):
        podman("start", "polite")
        stage.eventually("it is ready again", lambda: podman("logs", "polite") == "ready\nready")
        podman("kill", "-s", "KILL", "polite")
        stage.eventually("it has ended", lambda: state("polite", "State.ExitCode") == "137")
        run("-d", "--name", "signals", "--stop-signal", "USR1", "bb", "sh", "-c",
            "trap 'exit 9' USR1; echo ready; while :; do sleep 0.1; done")
        stage.eventually("it is ready", lambda: podman("logs", "signals") == "ready")
        podman("stop", "signals")
        stage.same(state("signals", "State.ExitCode"), "9", "the exit status")
    with stage.step("prepares without starting, and calls hooks at each stage"):
        stages = ["createRuntime", "poststart", "poststop"]
        for at in stages:
            hook = {"version": "1.0.0", "hook": {"path": "/bin/sh", "args": ["sh", "-c", f"cat >{stage.folder}/{at}"]},
                    "when": {"annotations": {"^hooked$": "yes"}}, "stages": [at]}
            json.dump(hook, open(f"{stage.folder}/hooks/{at}.json", "w"))
        podman("create", "--name", "hooked", *options("--annotation", "hooked=yes"), "bb", "sleep", "1000")
        podman("init", "hooked")
        stage.same(state("hooked", "State.Status"), "initialized", "the state")
        podman("start", "hooked")
        id = state("hooked", "Id")
        podman("rm", "-f", "-t", "0", "hooked")
        told = [json.load(open(f"{stage.folder}/{at}")) for at in stages]
        stage.same([state["id"] for state in told], [id] * 3, "what the hooks are told")
        stage.same(told[2]["status"], "stopped", "the last state")
        podman("create", "--name", "prepared", *options(), "bb", "sleep", "1000")
        podman("init", "prepared")
        podman("rm", "prepared")
    with stage.step("joins the namespaces of another container"):
        run("-d", "--name", "first", "--hostname", "first", "--ipc", "shareable", "bb", "sleep", "1000")
        stage.same(podman("run", "--rm", "--cgroup-parent", stage.cgroup, "--ulimit", "nofile=1024:1024", "--ulimit",
                          "nproc=1024:1024", "--network", "container:first", "--pid", "container:first", "--ipc",
                          "container:first", "--uts", "container:first", "bb", "sh", "-c",
                          "hostname; cat /proc/1/comm"), "first\nsleep")
    with stage.step("maps users"):
        # Without /dev/shm, since podman 4.3 at times finds it busy when it removes a container with mapped users,
        # whichever runtime it has.
        run("-d", "--name", "mapped", "--ipc", "none", "--uidmap", "0:100000:65536", "--gidmap", "0:200000:65536", "bb",
            "sleep", "1000")
        stage.same(podman("exec", "mapped", "id", "-u"), "0")
        owner = os.stat("/proc/" + state("mapped", "State.Pid"))
        stage.same((owner.st_uid, owner.st_gid), (100000, 200000), "the owner of the process")
    with stage.step("mounts volumes, tmpfs and a read-only root"):
        os.makedirs(stage.folder + "/volume")
        script = ("echo written >/v/file; echo x >/no 2>/dev/null || echo refused; "
                  "df -k /t | tail -1 | tr -s ' ' | cut -d' ' -f2")
        stage.same(run("--rm", "--read-only", "-v", stage.folder + "/volume:/v", "--tmpfs", "/t:size=1m", "bb", "sh",
                       "-c", script), "refused\n1024")
        stage.same(open(stage.folder + "/volume/file").read(), "written\n", "the file in the volume")
    with stage.step("takes capabilities away, and gives all"):
        script = "grep CapEff /proc/self/status | tr -d '\t'"
        stage.same(run("--rm", "--cap-drop", "all", "bb", "sh", "-c", script), "CapEff:" + "0" * 16)
        stage.same(run("--rm", "--privileged", "bb", "sh", "-c", script), "CapEff:" + stage.capabilities())
    with stage.step("connects to a network"):
        network = options()
        network[network.index("none")] = "podman"
        stage.same(podman("run", "--rm", *network, "bb", "sh", "-c", "ip -o -4 addr show eth0 | grep -c 10.88.0"), "1")
    with stage.step("restarts what fails"):
        run("-d", "--name", "failing", "--restart", "on-failure:2", "bb", "sh", "-c", "exit 6")
        stage.eventually("it has been started three times", lambda: state("failing", "RestartCount") == "2"
                         and state("failing", "State.Status") == "exited")
    with stage.step("removes all, by force what runs"):
        podman("rm", "-f", "-t", "0", "-a")
        stage.same(podman("ps", "-a", "-q"), "")
        stage.eventually("its control groups are gone", lambda: not stage.groups_left())
        stage.eventually("its monitors are gone", lambda: not stage.processes("conmon"))
