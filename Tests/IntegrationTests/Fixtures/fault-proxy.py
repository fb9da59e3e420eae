"""A proxy in front of a registry that does wrong what it is told to.

    fault-proxy.py PORT UPSTREAM_PORT RULES LOG

RULES is a JSON file, read anew for each request: a list of {"match": REGEX on "METHOD PATH", "times": N,
"larger": BYTES of a request's body at least, "skip": N of them that go well before} with one of
"status" (and "headers", "body"), "cut" (bytes sent before the connection ends), "cut-body" (bytes of a request's body
that reach the registry before both connections end), "flip" (offset of a byte that is sent wrong), "grow" (bytes too many
at the end), "delay" (seconds before each 64 kB), "add" (headers of the answer). LOG gets a line per request.
"""
import http.client, http.server, json, re, socket, struct, sys, time

port, upstream, rules, log = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
used = {}


def rule_for(request, length):
    for rule in json.load(open(rules)):
        key = json.dumps(rule, sort_keys=True)
        if length < rule.get("larger", 0):
            continue
        if re.search(rule["match"], request) and used.get(key, 0) < rule.get("skip", 0) + rule.get("times", 1 << 30):
            used[key] = used.get(key, 0) + 1
            if used[key] > rule.get("skip", 0):
                return rule
    return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def handle_request(self):
        request = f"{self.command} {self.path}"
        with open(log, "a") as file:
            headers = {name.lower(): value for name, value in self.headers.items()}
            file.write(json.dumps({"request": request, "headers": headers}) + "\n")
        length = int(self.headers.get("Content-Length") or 0)
        rule = rule_for(request, length)
        if "cut-body" in rule:
            return self.cut_body(length, rule["cut-body"])
        body = self.rfile.read(length)
        if "status" in rule:
            answer = rule.get("body", "").encode()
            self.send_response(rule["status"])
            for name, value in rule.get("headers", {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)
            return
        connection = http.client.HTTPConnection("127.0.0.1", upstream, timeout=60)
        headers = {
            name: ", ".join(self.headers.get_all(name)) for name in self.headers.keys() if name.lower() != "connection"
        }
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding"):
                if name.lower() == "content-length" and "grow" in rule:
                    value = str(int(value) + rule["grow"])
                if name.lower() not in [added.lower() for added in rule.get("add", {})]:
                    self.send_header(name, value)
        for name, value in rule.get("add", {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        sent = 0
        while chunk := bytearray(answer.read(65536)):
            if "delay" in rule:
                time.sleep(rule["delay"])
            flip = rule.get("flip", -1)
            if sent <= flip < sent + len(chunk):
                chunk[flip - sent] ^= 0xFF
            if "cut" in rule and sent + len(chunk) >= rule["cut"]:
                self.wfile.write(chunk[: rule["cut"] - sent])
                self.close_connection = True
                return
            self.wfile.write(chunk)
            sent += len(chunk)
        self.wfile.write(b"x" * rule.get("grow", 0))

    def cut_body(self, length, kept):
        """Hands on the beginning of a body, and ends both connections."""
        server = socket.create_connection(("127.0.0.1", upstream))
        head = f"{self.command} {self.path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in self.headers.items())
        server.sendall(head.encode() + b"\r\n")
        kept = min(kept, length)
        while kept > 0 and (piece := self.rfile.read(min(65536, kept))):
            server.sendall(piece)
            kept -= len(piece)
        time.sleep(0.2)
        server.close()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
