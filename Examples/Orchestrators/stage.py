"""Where a part takes place: a folder, an image, daemons that end with it, and ways to check what is said and done."""
import contextlib, fcntl, hashlib, io, json, os, pty, re, select, signal
import struct, subprocess, sys, tarfile, termios, time


class Failure(Exception):
    """Something did not hold."""


class Stage:
    def __init__(self, part, folder, runtime):
        self.part, self.folder, self.runtime = part, folder, runtime
        self.cgroup = "/" + os.path.basename(folder)
        self.environment = dict(os.environ, HOME=folder + "/home", LC_ALL="C")
        self.daemons, self.logs, self.count = [], [], 0
        os.makedirs(folder + "/home")
        self.archive = folder + "/bb.tar"
        make_image(self.archive)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process in reversed(self.daemons):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        if kind is Failure:
            print(f"{self.part}: FAILED: {error}", flush=True)
            for log in self.logs:
                last = open(log, errors="replace").read().splitlines()[-25:]
                print("\n".join([f"--- the end of {os.path.basename(log)}"] + last), flush=True)
            sys.exit(1)

    @contextlib.contextmanager
    def step(self, words):
        """One line of the output, when it holds."""
        start = time.monotonic()
        try:
            yield
        except Failure as failure:
            raise Failure(f"{words}\n{failure}") from None
        except Exception as error:  # an answer of another form, a file that is not there
            raise Failure(f"{words}\n{error!r}") from error
        print(f"{self.part}: {words} ({time.monotonic() - start:.1f} s)", flush=True)

    # Commands

    def call(self, *command, status=0, input="", timeout=120):
        """Runs a command to its end, which has to be of that status, or one of those.

        Returns what it wrote to its standard output, without the last newline.
        """
        try:
            result = subprocess.run(command, env=self.environment, input=input, text=True, capture_output=True,
                                    timeout=timeout, errors="replace")
        except (subprocess.TimeoutExpired, FileNotFoundError) as error:
            raise Failure(str(error)) from None
        if result.returncode not in (status if isinstance(status, tuple) else (status,)):
            raise Failure(f"{' '.join(command)}: status {result.returncode}, not {status}\n"
                          f"{result.stdout}{result.stderr}")
        self.errors = result.stderr
        return result.stdout.rstrip("\n")

    def terminal(self, *command):
        return Terminal(command, self.environment)

    def daemon(self, *command):
        """Starts a program that ends with the stage; what it says is in a log."""
        log = f"{self.folder}/{os.path.basename(command[0])}.log"
        self.logs.append(log)
        output = open(log, "w")
        try:
            self.daemons.append(subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                                 stdout=output, stderr=output))
        except FileNotFoundError as error:
            raise Failure(str(error)) from None

    def next(self):
        """A number that has not been there yet, for names."""
        self.count += 1
        return self.count

    sleep = staticmethod(time.sleep)

    @staticmethod
    def kill(pid):
        os.kill(int(pid), signal.SIGKILL)

    # Checks

    @staticmethod
    def same(found, wanted, what="the output"):
        if found != wanted:
            raise Failure(f"{what} is {found!r}, not {wanted!r}")

    @staticmethod
    def holds(condition, what):
        if not condition:
            raise Failure(what)

    def eventually(self, what, condition, seconds=60):
        """Waits until a condition holds; what a command says on the way does not end it."""
        end, last = time.monotonic() + seconds, None
        while time.monotonic() < end:
            try:
                last = condition()
                if last:
                    return last
            except (Failure, OSError, LookupError, ValueError) as failure:
                last = failure
            for daemon in self.daemons:
                self.holds(daemon.poll() is None, f"{daemon.args[0]} has ended, with status {daemon.returncode}")
            time.sleep(0.1)
        raise Failure(f"not in {seconds} seconds: {what}; the last was {last!r}")

    # Control groups

    unified = os.path.exists("/sys/fs/cgroup/cgroup.controllers")

    def group(self, pid, controller="memory"):
        """The folder of a process's control group."""
        for line in open(f"/proc/{pid}/cgroup"):
            _, names, path = line.rstrip("\n").split(":", 2)
            if self.unified and names == "":
                return "/sys/fs/cgroup" + path
            if not self.unified and controller in names.split(","):
                return f"/sys/fs/cgroup/{controller}{path}"
        raise Failure(f"process {pid} has no control group of {controller}")

    def limit(self, pid, controller, one, two):
        """What a file of a process's control group says: the one of that name on cgroup v1, or the other on v2."""
        path = f"{self.group(pid, controller)}/{two if self.unified else one}"
        self.holds(self.cgroup + "/" in path, f"'{path}' is not below '{self.cgroup}'")
        return open(path).read().strip()

    def memory_limit(self, pid):
        return int(self.limit(pid, "memory", "memory.limit_in_bytes", "memory.max"))

    def pids_limit(self, pid):
        return int(self.limit(pid, "pids", "pids.max", "pids.max"))

    def groups_left(self):
        tops = ["/sys/fs/cgroup"] if self.unified else [f"/sys/fs/cgroup/{at}" for at in os.listdir("/sys/fs/cgroup")]
        return [path for top in tops for path, _, _ in os.walk(top + self.cgroup)
                if path != top + self.cgroup and not path.endswith("/conmon")]

    @staticmethod
    def capabilities():
        """The capabilities that there are here, as /proc writes them. Some hosts keep some back even from root."""
        return re.search(r"CapBnd:\t(\w+)", open("/proc/self/status").read()).group(1)

    def processes(self, name):
        """The processes of that name; only those of the stage are seen here."""
        def comm(pid):
            with contextlib.suppress(OSError):
                return open(f"/proc/{pid}/comm").read().rstrip("\n")
        return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and comm(pid) == name]


class Terminal:
    """A command on a pseudo terminal of 40 rows and 100 columns. What it shows is kept without carriage returns."""

    def __init__(self, command, environment):
        self.command, self.seen = " ".join(command), ""
        self.pid, self.side = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        self.resize(40, 100)

    def resize(self, rows, columns):
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, text):
        os.write(self.side, text.encode())

    def read(self, seconds):
        if not select.select([self.side], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.side, 4096)
        except OSError:  # the other side is closed
            data = b""
        self.seen += data.decode(errors="replace").replace("\r", "")
        return bool(data)

    def expect(self, pattern, seconds=60):
        """Reads until the pattern has been seen, and forgets all up to its end."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > end or not self.read(1) and self.ended():
                self.close()
                raise Failure(f"{self.command}: the terminal shows no '{pattern}', but {self.seen!r}")
        self.seen = self.seen[found.end():]

    def ended(self):
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def close(self):
        os.close(self.side)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def end(self, status, seconds=60):
        """Waits for the end of the command, which has to be of that status."""
        end = time.monotonic() + seconds
        while not self.ended():
            self.read(0.1)
            if time.monotonic() > end:
                self.close()
                raise Failure(f"{self.command}: no end after {seconds} seconds; the terminal shows {self.seen!r}")
        found = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.side)
        if found != status:
            raise Failure(f"{self.command}: status {found}, not {status}; the terminal shows {self.seen!r}")


def make_image(path):
    """Writes an image `bb` of busybox, in the archive format of `docker save`, which all the engines read."""
    applets = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        def add(name, data=None, **more):
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            for key, value in more.items():
                setattr(entry, key, value)
            entry.size = len(data or b"")
            archive.addfile(entry, io.BytesIO(data or b""))

        for folder in ("bin", "dev", "etc", "proc", "root", "sys"):
            add(folder, type=tarfile.DIRTYPE)
        add("tmp", type=tarfile.DIRTYPE, mode=0o1777)
        add("bin/busybox", open("/bin/busybox", "rb").read())
        for applet in applets:
            if applet != "busybox":
                add("bin/" + applet, type=tarfile.SYMTYPE, linkname="busybox")
        add("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:a user:/tmp:/bin/sh\n", mode=0o644)
        add("etc/group", b"root:x:0:\nuser:x:1000:\nextra:x:2000:user\n", mode=0o644)
    layer = layer.getvalue()
    config = json.dumps({
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine),
        "os": "linux", "config": {"Cmd": ["sh"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["bb:latest", "localhost/bb:latest"],
                            "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(path, "w") as archive:
        for name, data in (("layer.tar", layer), ("config.json", config), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
