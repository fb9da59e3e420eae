"""A registry's search index: docker's search API, "v1".

    search-index.py PORT RESULTS

RESULTS is a JSON list of results; those are given whose name or description holds the words.
"""
import http.server, json, sys, urllib.parse

results = json.loads(sys.argv[2])


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        fields = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        if url.path != "/v1/search":
            self.send_response(404)
            self.end_headers()
            return
        words, limit = fields["q"][0], int(fields["n"][0])
        found = [r for r in results if words in r["name"] or words in (r.get("description") or "")][:limit]
        body = json.dumps({"num_results": len(found), "query": words, "results": found}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
