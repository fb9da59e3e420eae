"""A server that answers everybody with a word and who they are, and what asks it.

    talk.py serve tcp|udp ADDRESS PORT WORD     prints a line once it listens
    talk.py ask tcp|udp ADDRESS PORT            prints the answer; nothing within 3 seconds is status 1
"""
import socket, sys

action, transport, address, port = sys.argv[1:5]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
end = socket.socket(family, kind)

if action == "ask":
    end.settimeout(3)
    try:
        end.connect((address, int(port)))
        if transport == "udp":
            end.send(b"?")
        sys.stdout.write(end.recv(4096).decode())
    except OSError as error:
        sys.exit(f"{address}:{port}: {error}")
    sys.exit(0)

end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
end.bind((address, int(port)))
if transport == "tcp":
    end.listen(64)
print("listening", flush=True)
while True:
    if transport == "udp":
        _, peer = end.recvfrom(4096)
        end.sendto(f"{sys.argv[5]} {peer[0]}\n".encode(), peer)
    else:
        connection, peer = end.accept()
        connection.sendall(f"{sys.argv[5]} {peer[0]}\n".encode())
        connection.close()
