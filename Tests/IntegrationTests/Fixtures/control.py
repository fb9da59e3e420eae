"""Talks to a container's supervisor at its socket `control` (launch_plan.h), and prints what it answers until it is gone.

    control.py FOLDER COMMAND [ARG...]

COMMAND is "stop SIGNAL MILLISECONDS" (-1 for ever), "policy NUMBER MOST", "signal NUMBER",
"resize ROWS COLUMNS", "listen", "garbage".
"""
import os, re, socket, struct, sys

header = os.path.dirname(os.path.abspath(__file__)) + "/../../../Sources/ContainerKit/CKLinux/include/launch_plan.h"
LAYOUT = "<IiIiiIQQ%ss" % re.search(r"#define CK_DETAIL_SIZE (\d+)", open(header).read()).group(1)
EXITED, RESIZE, SIGNAL, DETACHED, STOP, POLICY, RENEW = 3, 4, 5, 12, 13, 14, 17
folder, command, numbers = sys.argv[1], sys.argv[2], [int(word) for word in sys.argv[3:]]
os.chdir(folder)
control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
control.connect("control")


def say(kind, value, step=0, files=()):
    message = struct.pack(LAYOUT, kind, value, step & 0xFFFFFFFF, 0, 0, 0, 0, 0, b"")
    socket.send_fds(control, [message], files)


if command == "stop":
    say(STOP, *numbers)
elif command == "policy":
    say(POLICY, *numbers)
    sys.exit(0)
elif command == "signal":
    say(SIGNAL, *numbers)
    sys.exit(0)
elif command == "resize":
    say(RESIZE, *numbers)
    sys.exit(0)
elif command == "garbage":
    for size in (1, 7, struct.calcsize(LAYOUT) - 1, struct.calcsize(LAYOUT) + 1, 4000):
        control.send(b"\xff" * size)
    say(999, -1, 5)
    # Plans that are none.
    say(RENEW, 0)
    for path in "/dev/null", "/proc/self/status", "/bin/busybox":
        say(RENEW, 0, 0, [os.open(path, os.O_RDONLY)])
    sys.exit(0)
while message := control.recv(4096):
    kind, value, step = struct.unpack(LAYOUT, message)[:3]
    names = {EXITED: "exited", DETACHED: "detached"}
    print(names.get(kind, kind), value, step, flush=True)
print("gone")
