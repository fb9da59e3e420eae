"""A forward proxy: CONNECT, and plain HTTP by absolute addresses (RFC 9110, 9.3.6; RFC 9112, 3.2.2).

    forward-proxy.py ADDRESS PORT LOG

It wants the user ann with the password s3cret. LOG gets a line per request: "METHOD TARGET AUTHORIZATION", the last being
the request's own header or "-".
"""
import base64, http.client, http.server, select, socket, sys, urllib.parse

address, port, log = sys.argv[1], int(sys.argv[2]), sys.argv[3]
LOGIN = "Basic " + base64.b64encode(b"ann:s3cret").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def is_allowed(self):
        with open(log, "a") as file:
            file.write(f"{self.command} {self.path} {self.headers.get('Authorization', '-')}\n")
        if self.headers.get("Proxy-Authorization") == LOGIN:
            return True
        self.send_response(407)
        self.send_header("Proxy-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def do_CONNECT(self):
        if not self.is_allowed():
            return
        host, number = self.path.rsplit(":", 1)
        server = socket.create_connection((host, int(number)))
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ends = [self.connection, server]
        while True:
            for end in select.select(ends, [], [])[0]:
                data = end.recv(65536)
                if not data:
                    server.close()
                    self.close_connection = True
                    return
                ends[1 - ends.index(end)].sendall(data)

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.is_allowed():
            return
        url = urllib.parse.urlsplit(self.path)
        server = http.client.HTTPConnection(url.hostname, url.port or 80)
        headers = {n: v for n, v in self.headers.items() if not n.lower().startswith("proxy-")}
        server.request(self.command, url.path + ("?" + url.query if url.query else ""), body or None, headers)
        answer = server.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = forward


http.server.ThreadingHTTPServer((address, port), Handler).serve_forever()
