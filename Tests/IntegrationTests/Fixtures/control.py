"""Talks to a container's supervisor at its socket `control` (launch_plan.h), and prints what it answers until it is gone.

    control.py FOLDER COMMAND [ARG...]

COMMAND is "stop SIGNAL MILLISECONDS" (-1 for ever), "policy NUMBER MOST", "signal NUMBER", "listen", "garbage".
"""
import os, re, socket, struct, sys

header = os.path.dirname(os.path.abspath(__file__)) + "/../../../Sources/ContainerKit/CKLinux/include/launch_plan.h"
LAYOUT = "<IiIiiIQQ%ss" % re.search(r"#define CK_DETAIL_SIZE (\d+)", open(header).read()).group(1)
EXITED, SIGNAL, DETACHED, STOP, POLICY = 3, 5, 12, 13, 14
folder, command, numbers = sys.argv[1], sys.argv[2], [int(word) for word in sys.argv[3:]]
os.chdir(folder)
control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
control.connect("control")


def say(kind, value, step=0):
    control.send(struct.pack(LAYOUT, kind, value, step & 0xFFFFFFFF, 0, 0, 0, 0, 0, b""))


if command == "stop":
    say(STOP, *numbers)
elif command == "policy":
    say(POLICY, *numbers)
    sys.exit(0)
elif command == "signal":
    say(SIGNAL, *numbers)
    sys.exit(0)
elif command == "garbage":
    for size in (1, 7, struct.calcsize(LAYOUT) - 1, struct.calcsize(LAYOUT) + 1, 4000):
        control.send(b"\xff" * size)
    say(999, -1, 5)
    sys.exit(0)
while message := control.recv(4096):
    kind, value, step = struct.unpack(LAYOUT, message)[:3]
    names = {EXITED: "exited", DETACHED: "detached"}
    print(names.get(kind, kind), value, step, flush=True)
print("gone")
