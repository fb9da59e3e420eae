"""A server of names, as a host's: knows example.test and what is below it, and nothing else.

    name-server.py ADDRESS      prints a line once it listens on port 53, udp and tcp

`long.example.test` has more addresses than a datagram holds: over udp its answer is cut off.
"""
import socket, socketserver, struct, sys, threading

KNOWN = b"\x07example\x04test\x00"


def answer(question, is_tcp):
    end = 12
    while question[end]:
        end += question[end] + 1
    name, kind = question[12:end + 1], struct.unpack("!H", question[end + 1:end + 3])[0]
    is_known = name.lower().endswith(KNOWN)
    count = (60 if name.startswith(b"\x04long") else 1) if is_known and kind == 1 else 0
    is_cut = count > 1 and not is_tcp
    if is_cut:
        count = 0
    flags = 0x8180 | (0x0200 if is_cut else 0) | (0 if is_known else 3)
    head = question[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0)
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([198, 51, 100, 7 + n])
                       for n in range(count))
    return head + question[12:end + 5] + records


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(answer(self.request[0], False), self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        size = self.rfile.read(2)
        while len(size) == 2:
            reply = answer(self.rfile.read(struct.unpack("!H", size)[0]), True)
            self.wfile.write(struct.pack("!H", len(reply)) + reply)
            size = self.rfile.read(2)


class StreamServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


udp = socketserver.ThreadingUDPServer((sys.argv[1], 53), Datagram)
tcp = StreamServer((sys.argv[1], 53), Stream)
threading.Thread(target=udp.serve_forever, daemon=True).start()
print("listening", flush=True)
tcp.serve_forever()
