"""containerd: what Kubernetes and dockerd run containers with. Its shim calls the runtime; `ctr` is its own client."""
import os

IMAGE = "localhost/bb:latest"


def start(stage):
    """Starts containerd.

    Returns the path of its socket.
    """
    where = stage.folder + "/containerd"
    open(where + ".toml", "w").write(
        f'version = 2\nroot = "{where}"\nstate = "{where}-run"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
        f'[grpc]\naddress = "{where}.sock"\n[plugins."io.containerd.internal.v1.opt"]\npath = "{where}-opt"\n')
    stage.daemon("containerd", "--config", where + ".toml")
    stage.eventually("containerd answers", lambda: stage.call("ctr", "-a", where + ".sock", "version"))
    return where + ".sock"


def steps(stage):
    command = ["ctr", "-a", start(stage), "-n", "ck"]

    def ctr(*words, **more):
        return stage.call(*command, *words, **more)

    def options(name, *more):
        return ["--runtime", "io.containerd.runc.v2", "--runc-binary", stage.runtime, "--cgroup",
                f"{stage.cgroup}/{name}", *more, IMAGE, name]

    def run(name, more, *words, **rest):
        return ctr("run", *options(name, *more), *words, **rest)

    def task(name):
        """The pid and the state of a task; None where there is none."""
        for line in ctr("task", "ls").splitlines():
            if line.split()[0] == name:
                return line.split()[1:]

    def terminal(*words):
        return stage.terminal(*command, *words)

    ctr("images", "import", stage.archive)

    with stage.step("runs a command"):
        stage.same(run("hello", ["--rm"], "echo", "hello", "world"), "hello world")
    with stage.step("hands on input and the exit status"):
        stage.same(run("input", ["--rm"], "sh", "-c", "read line; echo $line; exit 7", input="a line\n", status=7),
                   "a line")
    with stage.step("says that a program is missing, and leaves nothing of it"):
        run("missing", ["--rm"], "nosuch", status=1)
        stage.holds("nosuch" in stage.errors, f"the error does not name the program: {stage.errors}")
        stage.same(ctr("task", "ls", "-q"), "")
    with stage.step("gives a terminal, and its size"):
        session = terminal("run", *options("tty", "--rm", "-t"), "sh")
        session.expect("# ")
        session.send("tty; sleep 1; stty size\n")
        session.expect(r"/dev/(pts/0|console)\n40 100\n")
        session.resize(50, 120)
        session.send("sleep 1; stty size; exit 5\n")
        session.expect(r"50 120\n")
        session.end(5)
    with stage.step("runs in the background, with limits"):
        run("idle", ["-d", "--memory-limit", str(64 << 20), "--cpus", "0.5", "--env", "A=b"], "sleep", "1000")
        pid, state = task("idle")
        stage.same(state, "RUNNING", "the state")
        stage.same(stage.memory_limit(pid), 64 << 20, "the limit of memory")
        stage.same(stage.limit(pid, "cpu", "cpu.cfs_quota_us", "cpu.max").split()[0], "50000", "the limit of CPU time")
    with stage.step("executes more commands"):
        stage.same(ctr("task", "exec", "--exec-id", "one", "--user", "1000", "--cwd", "/tmp", "idle", "sh", "-c",
                       "echo $(id -u) $(pwd) $A; exit 3", status=3), "1000 /tmp b")
        ctr("task", "exec", "--exec-id", "two", "-d", "idle", "sleep", "500")
        stage.same(len(ctr("task", "ps", "idle").splitlines()), 3, "the lines of ps")
        ctr("task", "kill", "--exec-id", "two", "-s", "KILL", "idle")
        stage.eventually("the other command has ended", lambda: len(ctr("task", "ps", "idle").splitlines()) == 2)
    with stage.step("says that a program to execute is missing"):
        ctr("task", "exec", "--exec-id", "three", "idle", "nosuch", status=1)
        stage.holds("nosuch" in stage.errors, f"the error does not name the program: {stage.errors}")
    with stage.step("executes on a terminal"):
        session = terminal("task", "exec", "--exec-id", "four", "-t", "idle", "sh")
        session.expect("# ")
        session.send("tty; stty size; exit 4\n")
        session.expect(r"/dev/pts/\d+\n40 100\n")
        session.end(4)
    with stage.step("measures"):
        metrics = ctr("task", "metrics", "--format", "json", "idle")
        stage.holds('"memory"' in metrics and str(64 << 20) in metrics, f"no limit of memory in {metrics}")
    with stage.step("pauses and goes on"):
        run("clock", ["-d", "--mount", f"type=bind,src={stage.folder},dst=/out,options=rbind:rw"], "sh", "-c",
            "n=0; while :; do echo $n >/out/ticks; n=$((n+1)); sleep 0.02; done")
        stage.eventually("it ticks", lambda: os.path.exists(stage.folder + "/ticks"))
        ctr("task", "pause", "clock")
        stage.same(task("clock")[1], "PAUSED", "the state")
        ticks = [open(stage.folder + "/ticks").read() for _ in range(2) if not stage.sleep(0.3)]
        stage.same(ticks[0], ticks[1], "the count of a paused clock")
        ctr("task", "resume", "clock")
        stage.eventually("it ticks again", lambda: open(stage.folder + "/ticks").read() not in ("", ticks[0]))
    with stage.step("kills, and tells the exit status"):
        run("polite", ["-d"], "sh", "-c", "trap 'exit 3' TERM; touch /ready; while :; do sleep 0.1; done")
        stage.eventually("it is ready", lambda: ctr("task", "exec", "--exec-id", "look" + str(stage.next()), "polite",
                                                    "ls", "/ready"))
        ctr("task", "kill", "polite")
        stage.eventually("it has ended", lambda: task("polite")[1] == "STOPPED")
        ctr("task", "rm", "polite")
        stage.holds("exit code 3" in stage.errors, f"no exit status in {stage.errors}")
        ctr("task", "kill", "-s", "KILL", "clock")
        stage.eventually("it has ended", lambda: task("clock")[1] == "STOPPED")
    with stage.step("filters system calls with the default profile"):
        run("filter", ["--rm", "--seccomp"], "sh", "-c", "grep -q 'Seccomp:.2' /proc/self/status && ! unshare -U true")
    with stage.step("joins namespaces by path"):
        run("joined", ["--rm", "--with-ns", f"network:/proc/{pid}/ns/net", "--with-ns", f"pid:/proc/{pid}/ns/pid"],
            "sh", "-c", 'test "$(cat /proc/1/comm)" = sleep')
    with stage.step("removes all"):
        ctr("task", "rm", "-f", "idle")
        stage.holds("exit code 137" in stage.errors, f"no exit status in {stage.errors}")
        ctr("task", "rm", "clock")
        ctr("container", "rm", "idle", "clock", "polite")
        stage.same(ctr("container", "ls", "-q") + ctr("task", "ls", "-q"), "")
        stage.eventually("its control groups are gone", lambda: not stage.groups_left())
        stage.eventually("its shims are gone", lambda: not stage.processes("containerd-shim"))
