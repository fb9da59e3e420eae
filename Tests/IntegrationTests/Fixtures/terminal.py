"""Runs a command on a terminal of its own, types into it, and prints what the terminal showed.

    terminal.py ROWSxCOLUMNS SCRIPT COMMAND [ARG...]

SCRIPT is JSON: a list of ["expect", TEXT], ["type", TEXT], ["resize", ROWS, COLUMNS], ["signal", NUMBER],
["wait", SECONDS]. The exit status is the command's. An expectation that is not met within 20 seconds ends all with status 99.
"""
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

rows, columns = map(int, sys.argv[1].split("x"))
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
seen, position = b"", 0


def read(timeout):
    global seen
    if not select.select([terminal], [], [], timeout)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:
        return False
    seen += data
    return bool(data)


def finish(status):
    sys.stdout.buffer.write(seen)
    sys.exit(status)


for step in json.loads(sys.argv[2]):
    if step[0] == "expect":
        text, end = step[1].encode(), time.time() + 20
        while (found := seen.find(text, position)) < 0:
            if time.time() > end or not read(1):
                seen += b"\n[never came: " + text + b"]\n"
                os.kill(pid, signal.SIGKILL)
                finish(99)
        position = found + len(text)
    elif step[0] == "type":
        os.write(terminal, step[1].encode())
    elif step[0] == "resize":
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", step[1], step[2], 0, 0))
    elif step[0] == "wait":
        time.sleep(step[1])
    elif step[0] == "signal":
        os.kill(pid, step[1])
end = time.time() + 60
while read(1):
    if time.time() > end:
        seen += b"\n[no end]\n"
        os.kill(pid, signal.SIGKILL)
        finish(99)
finish(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
