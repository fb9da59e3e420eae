# Waits at a socket for the descriptor of a terminal, types a line, and prints what is said until it hangs up.
import os, socket, sys

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(1)
connection, _ = listener.accept()
name, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
print(name.decode(), flush=True)
os.write(descriptors[0], b"typed\n")
while True:
    try:
        said = os.read(descriptors[0], 4096)
    except OSError:
        break
    if not said:
        break
    os.write(1, said)
