"""What the benchmarks share: the clock, a folder that goes at the end, and the peers that are installed."""
import os, shutil, signal, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
CK = os.environ.get("CK", os.path.join(HERE, "..", ".build", "release", "ck"))


def timed(command, environment):
    """Milliseconds from the start of a command to its end."""
    null = os.open("/dev/null", os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, environment, file_actions=actions)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    elapsed = (time.perf_counter() - start) * 1000
    os.close(null)
    if status:
        raise RuntimeError(f"{' '.join(command)}: status {status}")
    return elapsed


def peak(command, environment):
    """The most memory that a command has at a time, in MB. Its resource usage would count what started it as well."""
    process, most = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL), 0
    while process.poll() is None:
        for line in open(f"/proc/{process.pid}/status"):
            if line.startswith("VmHWM"):
                most = int(line.split()[1]) / 1000
        time.sleep(0.002)
    return most


class Peers:
    """A folder, an image in it, and the engines that run in it beside ck."""

    def __init__(self, folder):
        self.folder = folder
        # What is gone with a reboot is in memory, as a host's /run is.
        self.run_root = folder + "/run"
        os.mkdir(self.run_root)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "ck-bench", self.run_root], check=True)
        self.environment = dict(os.environ, CK_ROOT=folder + "/ck", CK_RUN_ROOT=self.run_root + "/ck")
        self.processes, self.undo, self.notes, self.engines = [], [], [], {}

    def call(self, *command, **options):
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, **options).stdout.strip()

    def start(self, *command):
        log = open(f"{self.folder}/{len(self.processes)}-{os.path.basename(command[0])}.log", "w")
        process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def peer(self, name, prepare):
        """A peer that is not there, or does not start, is noted and left out."""
        try:
            prepare()
        except Exception as error:
            words = getattr(error, "stderr", "") or error
            self.notes.append(f"{name} is left out: {str(words).strip().splitlines()[-1][:200]}")

    def root_folder(self):
        root = self.folder + "/image"
        for part in ("bin", "etc", "tmp", "root", "proc", "dev", "sys"):
            os.makedirs(f"{root}/{part}")
        shutil.copy("/bin/busybox", root + "/bin/busybox")
        for applet in self.call("/bin/busybox", "--list").split():
            if applet != "busybox":
                os.symlink("busybox", f"{root}/bin/{applet}")
        open(root + "/etc/passwd", "w").write("root:x:0:0:root:/root:/bin/sh\n")
        self.call("tar", "-C", root, "-cf", self.folder + "/image.tar", ".")
        return root

    def docker(self, within=()):
        """Starts dockerd; its command line is in `engines` then. `within` is what leads to another namespace."""
        where = self.folder + "/docker"
        self.start(*within, "dockerd", "--data-root", where, "--exec-root", self.run_root + "/docker",
                   "--pidfile", where + ".pid", "-H", f"unix://{where}.sock", "--iptables=true")
        docker = ["docker", "-H", f"unix://{where}.sock"]
        for attempt in range(120):
            if subprocess.run(docker + ["version"], capture_output=True).returncode == 0:
                break
            time.sleep(0.25)
        self.call(*docker, "import", self.folder + "/image.tar", "bench")
        self.engines["docker"] = docker

    def podman(self, within=()):
        where = self.folder + "/podman"
        os.makedirs(where)
        settings = where + "/containers.conf"
        open(settings, "w").write('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
                                  '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n')
        self.environment["CONTAINERS_CONF"] = settings
        podman = [*within, "podman", "--root", where + "/root", "--runroot", self.run_root + "/podman", "--tmpdir",
                  self.run_root + "/podman-tmp"]
        self.call(*podman, "import", self.folder + "/image.tar", "localhost/bench")
        self.engines["podman"] = podman

    def end(self):
        for undo in reversed(self.undo):
            try:
                undo()
            except Exception as error:
                print(f"clean up: {error}", file=sys.stderr)
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        subprocess.run(f"cd {self.folder} && umount -R podman/root/overlay skopeo/root/overlay docker; "
                       f"umount -l {self.run_root}", shell=True, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def run_apart(program):
    """Goes on in network and mount namespaces of our own."""
    if os.environ.get("CK_BENCH_INSIDE") == "1":
        return
    os.environ["CK_BENCH_INSIDE"] = "1"
    hybrid = "umount /sys/fs/cgroup/unified 2>/dev/null; " if os.path.isdir("/sys/fs/cgroup/unified") else ""
    # crun 1.8 takes a hybrid host for a broken one: the tree that it stumbles over is not there for anybody here.
    os.execvp("unshare", ["unshare", "--net", "--mount", "sh", "-c", hybrid + 'ip link set lo up; exec "$@"', "sh",
                          sys.executable, program, *sys.argv[1:]])


def measure_in_folder(kind, work):
    """Gives `work` an object of a kind of Peers; whatever happens, nothing is left."""
    bench = kind(tempfile.mkdtemp(prefix="ck-bench-", dir="/var/tmp"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        bench.root_folder()
        work(bench)
    finally:
        bench.end()
