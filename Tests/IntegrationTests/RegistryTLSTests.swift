import ContainerSystem
import Glibc
import Testing

/// Registries with certificates of their own, on another machine as far as `ck` knows.
@Suite struct RegistryTLSTests {
    private let host = (name: "registry.test", address: "10.99.0.1")

    /// One clear line with the way out.
    private func expectRefusal(_ result: CommandResult, _ words: String...) {
        #expect(result.status == 1 && result.errors.split(separator: "\n").count == 1, "\(result)")
        for word in words { #expect(result.errors.contains(word), "\(word): \(result)") }
    }

    private func with(
        clients: String? = nil, _ body: (Sandbox, Registry, _ image: String, _ folder: String) throws -> Void
    ) throws {
        try Sandbox.with { box in
            try box.addHost(host.name, address: host.address)
            let clients = clients.map { "\(box.folder)/\($0)" }
            if let clients { try box.makeCertificate(clients, key: box.folder + "/client.key") }
            let registry = try Registry(box, host: host, tls: true, clients: clients)
            let image = registry.address + "/bb:1"
            #expect(try box.ck(["tag", "bb", image]).status == 0)
            try body(box, registry, image, "/etc/docker/certs.d/" + registry.address)
        }
    }

    private func put(_ box: Sandbox, _ source: String, _ target: String) throws {
        let copy = try box.inside(["install", "-D", "-m", "600", box.folder + "/" + source, target])
        try #require(copy.status == 0, "\(copy)")
    }

    @Test func anAuthorityOfOnesOwn() throws {
        try with { box, registry, image, folder in
            expectRefusal(
                try box.ck(["push", image]), "no trusted TLS connection to registry.test:5000", "self-signed",
                "/etc/containerkit/certs.d/registry.test:5000/ca.crt", "insecure-registries")
            // For another port it does not count.
            try put(box, "registry.crt", "/etc/docker/certs.d/registry.test:5001/ca.crt")
            expectRefusal(try box.ck(["push", image]), "no trusted TLS connection")
            try put(box, "registry.crt", folder + "/ca.crt")
            let push = try box.ck(["push", image])
            #expect(push.status == 0, "\(push)")
            #expect(try box.ck(["rmi", image]).status == 0)
            #expect(try box.ck(["run", "--rm", image, "echo", "hi"]).output == "hi\n")
            // By an address that the certificate has too, and by one that it has not.
            try put(box, "registry.crt", "/etc/docker/certs.d/10.99.0.1:5000/ca.crt")
            #expect(try box.ck(["pull", "-q", "10.99.0.1:5000/bb:1"]).status == 0)
            try box.addHost("other.test", address: "10.99.0.2")
            try box.inside(["sh", "-c", "sed -i 's/^10.99.0.2/10.99.0.1/' /etc/hosts"])
            try put(box, "registry.crt", "/etc/docker/certs.d/other.test:5000/ca.crt")
            expectRefusal(try box.ck(["pull", "other.test:5000/bb:1"]), "no trusted TLS connection", "other.test")
            try box.inside(["sh", "-c", "echo nonsense > \(folder)/z.crt"])
            expectRefusal(try box.ck(["pull", image]), folder + "/z.crt", "it has no certificate")
        }
    }

    @Test func aClientCertificate() throws {
        try with(clients: "client.crt") { box, registry, image, folder in
            try put(box, "registry.crt", folder + "/ca.crt")
            expectRefusal(
                try box.ck(["push", image]), "no trusted TLS connection to registry.test:5000", "alert", "client.cert")
            try put(box, "client.crt", folder + "/client.cert")
            expectRefusal(
                try box.ck(["push", image]), "missing key client.key for client certificate client.cert",
                "CA certificates must use the extension .crt")
            try put(box, "client.key", folder + "/client.key")
            let push = try box.ck(["push", image])
            #expect(push.status == 0, "\(push)")
            #expect(try box.ck(["rmi", image]).status == 0)
            #expect(try box.ck(["pull", "-q", image]).status == 0)
            // Another one's certificate is refused by the registry.
            try put(box, "registry.crt", folder + "/client.cert")
            try put(box, "registry.key", folder + "/client.key")
            expectRefusal(try box.ck(["pull", image]), "no trusted TLS connection")
            try box.inside(["rm", folder + "/client.cert"])
            expectRefusal(try box.ck(["pull", image]), "missing client certificate client.cert for key client.key")
        }
    }

    /// A certificate that nobody vouches for, or none at all, where the configuration allows it.
    @Test func whatIsCalledInsecure() throws {
        try with { box, registry, image, _ in
            let plain = try Registry(box, port: 5001, host: host)
            #expect(try box.ck(["tag", "bb", plain.address + "/bb:1"]).status == 0)
            let file = box.folder + "/config.json"
            box.environment = ["CK_CONFIG=" + file]
            expectRefusal(try box.ck(["push", image]), file)
            for entries in ["\"registry.test:5000\", \"registry.test:5001\"", "\"10.99.0.0/24\""] {
                try Files.replace(file, with: Array("{\"insecure-registries\": [\(entries)]}".utf8))
                for name in [image, plain.address + "/bb:1"] {
                    let push = try box.ck(["push", name])
                    #expect(push.status == 0, "\(entries): \(push)")
                    #expect(try box.ck(["pull", "-q", name]).status == 0)
                }
            }
            try Files.replace(
                file, with: Array("{\"insecure-registries\": [\"registry.test\", \"10.98.0.0/24\"]}".utf8))
            expectRefusal(try box.ck(["pull", image]), "no trusted TLS connection")
            expectRefusal(try box.ck(["pull", plain.address + "/bb:1"]), "no trusted TLS connection")
            try Files.replace(file, with: Array("{\"insecure-registry\": []}".utf8))
            expectRefusal(try box.ck(["pull", image]), file, "insecure-registry", "insecure-registries")
        }
    }
}
