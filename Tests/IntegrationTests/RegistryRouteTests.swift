import ContainerSystem
import Glibc
import Testing

/// The ways that lead to a registry: mirrors and proxies.
@Suite struct RegistryRouteTests {
    private let host = (name: "registry.test", address: "10.99.0.1")

    private func configure(_ box: Sandbox, _ json: String) throws {
        try Files.replace(box.folder + "/config.json", with: Array(json.utf8))
        box.environment.append("CK_CONFIG=\(box.folder)/config.json")
    }

    @Test func aMirrorOfDockersRegistry() throws {
        try Sandbox.with { box in
            let mirror = try Registry(box)
            #expect(try box.ck(["tag", "bb", mirror.address + "/library/mirrored:1"]).status == 0)
            #expect(try box.ck(["push", "-q", mirror.address + "/library/mirrored:1"]).status == 0)
            try configure(box, #"{"registry-mirrors": ["http://localhost:5999", "http://localhost:5000"]}"#)
            let pull = try box.ck(["pull", "mirrored:1"])
            #expect(pull.status == 0 && pull.output.hasSuffix("docker.io/library/mirrored:1\n"), "\(pull)")
            #expect(try box.ck(["run", "--rm", "mirrored:1", "echo", "hi"]).output == "hi\n")
            // What the mirror lacks is the registry's to give; in here it is out of reach.
            let missing = try box.ck(["pull", "lacking:1"])
            #expect(missing.status == 1 && missing.errors.contains("registry-1.docker.io"), "\(missing)")
            // A push goes to the registry alone.
            let push = try box.ck(["push", "mirrored:1"])
            #expect(push.status == 1 && push.errors.contains("registry-1.docker.io"), "\(push)")
        }
    }

    @Test func aMirrorThatFailsOrLies() throws {
        try Sandbox.with { box in
            let registry = try Registry(box)
            let mirror = try registry.faults()
            let image = registry.address + "/bb:1"
            #expect(try box.ck(["tag", "bb", image]).status == 0)
            #expect(try box.ck(["push", "-q", image]).status == 0)
            try configure(box, #"{"mirrors": {"localhost:5000": ["http://localhost:5001"]}}"#)
            let faults: [[String: Any]] = [
                ["match": "GET .*/manifests/", "status": 500], ["match": "GET .*/blobs/", "status": 404],
                ["match": "GET .*/blobs/", "cut": 100_000], ["match": "GET .*", "status": 401],
            ]
            for fault in faults {
                #expect(try box.ck(["rmi", image]).status == 0)
                try mirror.forget()
                try mirror.set([fault])
                let pull = try box.ck(["pull", "-q", image])
                #expect(pull.status == 0, "\(fault): \(pull)")
                #expect(!(try mirror.requests().isEmpty))
            }
            // Wrong bytes are wrong bytes, wherever they come from.
            let digest = try #require(
                try box.ck(["images", "--digests"]).output.firstMatch(of: /sha256:[0-9a-f]{64}/)
            ).output
            try Files.removeTree(box.root)
            try mirror.set([["match": "GET .*/blobs/", "flip": 2000]])
            let pull = try box.ck(["pull", image])
            #expect(pull.status == 1 && pull.errors.split(separator: "\n").count == 1, "\(pull)")
            // A manifest by digest is the registry's, when the mirror's is another one.
            try mirror.set([["match": "GET .*/manifests/", "flip": 10]])
            let exact = try box.ck(["pull", "-q", "\(registry.address)/bb@\(digest)"])
            #expect(exact.status == 0, "\(exact)")
        }
    }

    @Test func aProxy() throws {
        try Sandbox.with { box in
            try box.addHost(host.name, address: host.address)
            let log = box.folder + "/proxy.log"
            try box.serve(
                ["python3", Fixture.path("forward-proxy.py"), host.address, "3128", log], port: 3128,
                address: host.address)
            func seen() throws -> [Substring] {
                let lines = access(log, F_OK) == 0 ? try Files.readText(log).split(separator: "\n") : []
                try Files.replace(log, with: [])
                return lines
            }
            let plain = try Registry(box, port: 5001, host: host)
            let secret = try Registry(box, port: 5000, host: host, tls: true)
            try configure(
                box,
                """
                {"insecure-registries": ["registry.test:5001"], "certificate-folders": ["\(box.folder)/certs.d"]}
                """)
            try Files.makeDirectory(box.folder + "/certs.d/registry.test:5000")
            try Files.replace(
                box.folder + "/certs.d/registry.test:5000/ca.crt", with: try Files.read(box.folder + "/registry.crt"))
            let base = box.environment
            let proxy = "http://ann:s3cret@10.99.0.1:3128"
            for (registry, mark) in [
                (plain, "GET http://registry.test:5001/v2/"), (secret, "CONNECT registry.test:5000 -"),
            ] {
                let image = registry.address + "/bb:1"
                #expect(try box.ck(["tag", "bb", image]).status == 0)
                // In plain HTTP it is first asked whether there is TLS after all, through the proxy for that.
                box.environment = base + ["HTTP_PROXY=\(proxy)", "https_proxy=\(proxy)"]
                let push = try box.ck(["push", image])
                #expect(push.status == 0, "\(push)")
                let pull = try box.ck(["pull", "-q", image])
                #expect(pull.status == 0, "\(pull)")
                let lines = try seen()
                #expect(lines.contains { $0.hasPrefix(mark) }, "\(lines)")
                box.environment = base + ["HTTP_PROXY=\(proxy)", "HTTPS_PROXY=\(proxy)", "NO_PROXY=10.0.0.0/8,.test"]
                #expect(try box.ck(["pull", "-q", image]).status == 0)
                #expect(try seen().isEmpty)
            }
            // This machine is never reached through a proxy, and what the proxy refuses is told without its password.
            let local = try Registry(box, port: 5002)
            box.environment = base + ["HTTP_PROXY=\(proxy)"]
            #expect(try box.ck(["tag", "bb", local.address + "/bb:1"]).status == 0)
            #expect(try box.ck(["push", "-q", local.address + "/bb:1"]).status == 0)
            #expect(try seen().isEmpty)
            for wrong in ["http://ann:wr0ng@10.99.0.1:3128", "ann:wr0ng@10.99.0.1:3129"] {
                box.environment = base + ["HTTPS_PROXY=\(wrong)"]
                let pull = try box.ck(["pull", secret.address + "/bb:1"])
                #expect(pull.status == 1 && pull.errors.split(separator: "\n").count == 1, "\(pull)")
                #expect(pull.errors.contains("the proxy 10.99.0.1:312") && !pull.errors.contains("wr0ng"), "\(pull)")
            }
        }
    }
}
