"""A token server for a registry (distribution's token authentication, and its OAuth2 form).

    token-server.py PORT SERVICE CERTIFICATE KEY LOG

Its only user is ann with the password s3cret, who may do anything; nobody else may do more than pull public/*. A login
that asks for it gets a refresh token. LOG gets a line per request: "METHOD GRANT SCOPES".
"""
import base64, http.server, json, secrets, subprocess, sys, time, urllib.parse

port, service, certificate, key, log = int(sys.argv[1]), *sys.argv[2:]
refresh_tokens = set()
lines = open(certificate).read().split("\n")
chain = "".join(line for line in lines if line and "-----" not in line)


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(user, scopes):
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":", 2)
        allowed = actions.split(",") if user else ["pull"] if name.startswith("public/") else []
        access.append({"type": kind, "name": name, "actions": allowed})
    now = int(time.time())
    claims = {
        "iss": service, "sub": user, "aud": service, "exp": now + 300, "nbf": now - 10, "iat": now,
        "jti": secrets.token_hex(8), "access": access,
    }
    head = {"typ": "JWT", "alg": "RS256", "x5c": [chain]}
    text = encode(json.dumps(head).encode()) + b"." + encode(json.dumps(claims).encode())
    sign = ["openssl", "dgst", "-sha256", "-sign", key]
    return (text + b"." + encode(subprocess.run(sign, input=text, stdout=subprocess.PIPE, check=True).stdout)).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, fields, user, grant):
        scopes = [scope for field in fields.get("scope", []) for scope in field.split()]
        with open(log, "a") as file:
            file.write(f"{self.command} {grant} {' '.join(scopes)}\n")
        if user is None:
            return self.send(401, {"errors": [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]})
        document = {"token": token(user, scopes), "expires_in": 300}
        document["access_token"] = document["token"]
        if fields.get("offline_token") == ["true"] and user:
            document["refresh_token"] = secrets.token_hex(16)
            refresh_tokens.add(document["refresh_token"])
        self.send(200, document)

    def send(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        fields = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        header = self.headers.get("Authorization")
        if header is None:
            return self.answer(fields, "", "anonymous")
        right = header == "Basic " + base64.b64encode(b"ann:s3cret").decode()
        self.answer(fields, "ann" if right else None, "password")

    def do_POST(self):
        fields = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        grant = fields.get("grant_type", [""])[0]
        if grant == "refresh_token":
            right = fields.get("refresh_token", [""])[0] in refresh_tokens
        else:
            right = fields.get("username") == ["ann"] and fields.get("password") == ["s3cret"]
        self.answer(fields, "ann" if right else None, grant)


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
