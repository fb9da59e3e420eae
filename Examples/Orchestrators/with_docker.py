"""dockerd: it hands its containers to containerd, and the name of the runtime with them."""
import json
import with_containerd


def start(stage):
    """Starts dockerd, with a containerd of the stage's and the runtime as the default one.

    Returns the beginning of a command line for it.
    """
    where, socket = stage.folder + "/docker", with_containerd.start(stage)
    # Without it, dockerd 20.10 makes a key below /etc.
    json.dump({"deprecated-key-path": where + "-key.json"}, open(where + ".json", "w"))
    stage.daemon("dockerd", "--data-root", where, "--exec-root", where + "-run", "--pidfile", where + ".pid",
                 "--config-file", where + ".json", "--containerd", socket, "-H", f"unix://{where}.sock",
                 "--cgroup-parent", stage.cgroup, "--add-runtime", "ck=" + stage.runtime, "--default-runtime", "ck",
                 "--userland-proxy=false")
    command = ["docker", "-H", f"unix://{where}.sock"]
    stage.eventually("dockerd answers", lambda: stage.call(*command, "version"))
    stage.call(*command, "load", "-q", "-i", stage.archive)
    return command


def steps(stage):
    command = start(stage)

    def docker(*words, **more):
        return stage.call(*command, *words, **more)

    def run(*words, **more):
        return docker("run", "--network", "none", *words, **more)

    def state(name, field):
        return docker("inspect", "--format", "{{." + field + "}}", name)

    def running(name, *words):
        """Starts a container in the background.

        Returns the pid of its process.
        """
        run("-d", "--name", name, *words)
        return state(name, "State.Pid")

    with stage.step("runs a command"):
        stage.same(docker("info", "--format", "{{.DefaultRuntime}}"), "ck", "the default runtime")
        stage.same(run("--rm", "bb", "echo", "hello", "world"), "hello world")
    with stage.step("hands on input and the exit status"):
        stage.same(run("-i", "--rm", "bb", "sh", "-c", "cat; exit 7", input="a line\n", status=7), "a line")
    with stage.step("says that a program is missing, or not executable"):
        run("--rm", "bb", "nosuch", status=127)
        run("--rm", "bb", "/etc/passwd", status=126)
    with stage.step("gives a terminal, and its size"):
        terminal = stage.terminal(*command, "run", "--network", "none", "-it", "--rm", "bb", "sh")
        terminal.expect("# ")
        terminal.send("tty; sleep 1; stty size\n")
        terminal.expect(r"/dev/(pts/0|console)\n40 100\n")
        terminal.resize(50, 120)
        terminal.send("sleep 1; stty size; exit 5\n")
        terminal.expect(r"50 120\n")
        terminal.end(5)
    with stage.step("sets limits"):
        pid = running("limited", "--memory", "64m", "--memory-swap", "64m", "--pids-limit", "50", "--cpus", "0.5", "bb",
                      "sleep", "1000")
        stage.same(state("limited", "HostConfig.Runtime"), "ck", "the runtime")
        stage.same(stage.memory_limit(pid), 64 << 20, "the limit of memory")
        stage.same(stage.pids_limit(pid), 50, "the limit of processes")
        stage.same(stage.limit(pid, "cpu", "cpu.cfs_quota_us", "cpu.max").split()[0], "50000", "the limit of CPU time")
    with stage.step("changes limits"):
        docker("update", "--memory", "48m", "--memory-swap", "48m", "--pids-limit", "40", "limited")
        stage.same(stage.memory_limit(pid), 48 << 20, "the limit of memory")
        stage.same(stage.pids_limit(pid), 40, "the limit of processes")
    with stage.step("measures"):
        stage.same(docker("stats", "--no-stream", "--format", "{{.MemUsage}}", "limited").split(" / ")[1], "48MiB")
        stage.holds("sleep 1000" in docker("top", "limited"), "top does not show the process")
    with stage.step("pauses and goes on"):
        docker("pause", "limited")
        stage.same(state("limited", "State.Status"), "paused", "the state")
        docker("unpause", "limited")
        stage.same(docker("exec", "limited", "echo", "awake"), "awake")
    with stage.step("executes more commands, as other users and elsewhere"):
        stage.same(docker("exec", "-u", "1000:2000", "-w", "/tmp", "-e", "A=b", "limited", "sh", "-c",
                          "echo $(id -u):$(id -g) $(pwd) $A; exit 3", status=3), "1000:2000 /tmp b")
        stage.same(docker("exec", "-i", "limited", "cat", input="fed"), "fed")
        stage.holds("nosuch" in docker("exec", "limited", "nosuch", status=(126, 127)) + stage.errors, "no error")
        docker("exec", "-d", "limited", "sh", "-c", "echo done >/tmp/detached")
        stage.eventually("the detached command writes", lambda: docker("exec", "limited", "cat", "/tmp/detached"))
    with stage.step("executes on a terminal"):
        terminal = stage.terminal(*command, "exec", "-it", "limited", "sh")
        terminal.expect("# ")
        terminal.send("sleep 1; tty; stty size; exit 4\n")
        terminal.expect(r"/dev/pts/\d+\n40 100\n")
        terminal.end(4)
    with stage.step("stops with SIGTERM, and with SIGKILL who does not listen"):
        docker("stop", "-t", "1", "limited")
        stage.same(state("limited", "State.Status") + " " + state("limited", "State.ExitCode"), "exited 137")
        running("polite", "bb", "sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done")
        stage.eventually("it is ready", lambda: docker("logs", "polite") == "ready")
        docker("stop", "polite")
        stage.same(docker("wait", "polite"), "3")
    with stage.step("starts again, and kills"):
        docker("start", "polite")
        stage.eventually("it is ready again", lambda: docker("logs", "polite") == "ready\nready")
        docker("kill", "polite")
        stage.same(docker("wait", "polite"), "137")
    with stage.step("puts an init before the command"):
        stage.same(run("--rm", "--init", "bb", "sh", "-c", "cat /proc/1/comm; echo $$ | grep -qv '^1$'"), "docker-init")
    with stage.step("attaches to what runs"):
        running("open", "-it", "bb")
        terminal = stage.terminal(*command, "attach", "open")
        terminal.send("echo $((6 * 7)); exit 6\n")
        terminal.expect(r"\n42\n")
        terminal.end(6)
    with stage.step("mounts volumes, tmpfs and a read-only root"):
        script = ("echo written >/v/file; echo x >/no 2>/dev/null || echo refused; "
                  "df -k /t | tail -1 | tr -s ' ' | cut -d' ' -f2")
        stage.same(run("--rm", "--read-only", "-v", "data:/v", "--tmpfs", "/t:size=1m", "bb", "sh", "-c", script),
                   "refused\n1024")
        stage.same(run("--rm", "-v", "data:/v:ro", "bb", "cat", "/v/file"), "written")
    with stage.step("filters system calls, and limits what its user may do"):
        script = "grep -E 'CapEff|Seccomp:|NoNew' /proc/self/status | tr -d '\t'"
        stage.same(run("--rm", "--cap-drop", "all", "--cap-add", "chown", "--security-opt", "no-new-privileges", "bb",
                       "sh", "-c", script), "CapEff:0000000000000001\nNoNewPrivs:1\nSeccomp:2")
        stage.same(run("--rm", "--ulimit", "nofile=100:200", "--sysctl", "kernel.msgmax=4096", "--shm-size", "1m", "bb",
                       "sh", "-c", "ulimit -n; cat /proc/sys/kernel/msgmax; df -k /dev/shm | tail -1 | tr -s ' ' | "
                       "cut -d' ' -f2"), "100\n4096\n1024")
    with stage.step("gives devices, and no others"):
        script = ("mknod /own c 1 11; for at in /dev/log /own; do test -e $at && "
                  "(true <$at && echo reads; true >$at && echo writes); done 2>/dev/null; true")
        stage.same(run("--rm", "--cap-add", "syslog", "--device", "/dev/kmsg:/dev/log:r", "bb", "sh", "-c", script),
                   "reads\nreads")
        stage.same(run("--rm", "--cap-add", "syslog", "bb", "sh", "-c", script), "")
    with stage.step("connects containers by a network"):
        docker("network", "create", "--subnet", "10.99.0.0/24", "net")
        docker("run", "-d", "--name", "server", "--network", "net", "bb",
               "nc", "-ll", "-p", "80", "-e", "echo", "served")
        stage.eventually("the other container answers", lambda: docker(
            "run", "--rm", "--network", "net", "bb", "nc", "10.99.0.2", "80") == "served")
        stage.same(docker("run", "--rm", "--network", "container:server", "bb", "hostname", "-i"), "10.99.0.2")
    with stage.step("looks after health"):
        running("healthy", "--health-cmd", "test -e /tmp/well", "--health-interval", "300ms", "bb", "sleep", "1000")
        docker("exec", "healthy", "touch", "/tmp/well")
        stage.eventually("it is well", lambda: state("healthy", "State.Health.Status") == "healthy")
    with stage.step("restarts what fails, and what is killed behind its back"):
        running("failing", "--restart", "on-failure:2", "bb", "sh", "-c", "exit 6")
        stage.eventually("it has been started three times", lambda: state("failing", "RestartCount") == "2"
                         and state("failing", "State.Status") == "exited")
        pid = running("always", "--restart", "always", "bb", "sleep", "1000")
        stage.kill(pid)
        stage.eventually("it has another process", lambda: state("always", "State.Pid") not in (pid, "0"))
    with stage.step("tells who was out of memory"):
        run("--name", "greedy", "--memory", "16m", "--memory-swap", "16m", "bb", "sh", "-c",
            "sleep 1; exec tail /dev/zero", status=137)
        stage.eventually("it is told", lambda: state("greedy", "State.OOMKilled") == "true")
    with stage.step("copies into a container, and tells what has changed"):
        docker("cp", stage.archive, "healthy:/tmp/copy")
        docker("exec", "healthy", "test", "-s", "/tmp/copy")
        stage.holds("A /tmp/copy" in docker("diff", "healthy"), "diff does not show the copy")
    with stage.step("gives all capabilities that there are on this host"):
        # dockerd asks for those that it knows; those after the 38th are younger than some of its versions.
        known = (1 << 38) - 1
        for words in (["run", "--network", "none", "--rm", "--privileged", "bb"], ["exec", "--privileged", "healthy"]):
            found = docker(*words, "sh", "-c", "grep CapEff /proc/self/status | cut -f2")
            stage.same(f"{int(found, 16) & known:x}", f"{int(stage.capabilities(), 16) & known:x}", "the capabilities")
        stage.same(run("--rm", "--privileged", "bb", "sh", "-c", "grep Seccomp: /proc/self/status | cut -f2"), "0")
    with stage.step("removes all, by force what runs"):
        docker("rm", "-f", *docker("ps", "-a", "-q").split())
        stage.same(docker("ps", "-a", "-q"), "")
        stage.eventually("its control groups are gone", lambda: not stage.groups_left())
        stage.eventually("its shims are gone", lambda: not stage.processes("containerd-shim"))
