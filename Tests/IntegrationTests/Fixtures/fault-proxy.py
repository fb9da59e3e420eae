"""A proxy in front of a registry that does wrong what it is told to.

    fault-proxy.py PORT UPSTREAM_PORT RULES LOG

RULES is a JSON file, read anew for each request: a list of {"match": REGEX on "METHOD PATH", "times": N} with one of
"status" (and "headers", "body"), "cut" (bytes sent before the connection ends), "flip" (offset of a byte that is sent
wrong), "delay" (seconds before each 64 kB). LOG gets a line per request.
"""
import http.client, http.server, json, re, sys, time

port, upstream, rules, log = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
used = {}


def rule_for(request):
    for rule in json.load(open(rules)):
        key = json.dumps(rule, sort_keys=True)
        if re.search(rule["match"], request) and used.get(key, 0) < rule.get("times", 1 << 30):
            used[key] = used.get(key, 0) + 1
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
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        rule = rule_for(request)
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
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding"):
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

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
