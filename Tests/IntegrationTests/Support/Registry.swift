import ContainerSystem
import Foundation
import Glibc
import Testing

/// Debian's docker-registry in a sandbox, and a proxy in front of it that does wrong what it is told to.
struct Registry {
    private let box: Sandbox
    /// `localhost:PORT` of the registry itself.
    let address: String

    /// Who may use a registry.
    enum Access {
        case everyone
        /// ann, whose password is s3cret (htpasswd).
        case password
        /// Whoever the server of Fixtures/token-server.py gives a token.
        case token(port: Int)
    }

    /// - Parameters:
    ///   - host: a name of the sandbox's, and the address that it stands for.
    ///   - tls: speak TLS, with a certificate that only `box.folder/registry.crt` vouches for.
    ///   - clients: the certificates of those who may come; nil is everybody.
    init(
        _ box: Sandbox, port: Int = 5000, host: (name: String, address: String) = ("localhost", "127.0.0.1"),
        access: Access = .everyone, tls: Bool = false, clients: String? = nil
    ) throws {
        self.box = box
        address = "\(host.name):\(port)"
        var configuration = """
            version: 0.1
            storage: {filesystem: {rootdirectory: \(box.folder)/registry}, delete: {enabled: true}}
            log: {level: error}

            """
        let certificate = (file: box.folder + "/registry.crt", key: box.folder + "/registry.key")
        if tls {
            try box.makeCertificate(certificate.file, key: certificate.key, host: host)
            let clientCAs = clients.map { ", clientcas: ['\($0)']" } ?? ""
            configuration +=
                "http: {addr: '\(host.address):\(port)', "
                + "tls: {certificate: \(certificate.file), key: \(certificate.key)\(clientCAs)}}\n"
        } else {
            configuration += "http: {addr: '\(host.address):\(port)'}\n"
        }
        switch access {
        case .everyone: break
        case .password:
            let line = try box.inside(["python3", "-W", "ignore", "-c", Self.passwordFile])
            try #require(line.status == 0, "\(line)")
            try Files.replace(box.folder + "/htpasswd", with: Array(line.output.utf8))
            configuration += "auth: {htpasswd: {realm: test, path: \(box.folder)/htpasswd}}\n"
        case .token(let tokenPort):
            let signer = (file: box.folder + "/token.crt", key: box.folder + "/token.key")
            try box.makeCertificate(signer.file, key: signer.key)
            try box.serve(
                ["python3", Fixture.path("token-server.py"), "\(tokenPort)", "tests", signer.file, signer.key]
                    + [tokenLog], port: tokenPort)
            configuration += """
                auth: {token: {realm: 'http://localhost:\(tokenPort)/token', service: tests, issuer: tests,
                               rootcertbundle: \(signer.file)}}

                """
        }
        try Files.replace(box.folder + "/registry-\(port).yml", with: Array(configuration.utf8))
        try box.serve(
            ["docker-registry", "serve", "\(box.folder)/registry-\(port).yml"], port: port, address: host.address)
    }

    private static let passwordFile =
        "import crypt; print('ann:' + crypt.crypt('s3cret', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))"

    /// What the token server was asked.
    var tokenLog: String { box.folder + "/tokens.log" }

    /// The folder with everything that the registry holds.
    var storage: String { box.folder + "/registry/docker" }

    /// Puts an image of an OCI layout into the registry, as `NAME:TAG`.
    func publish(layout: String, _ reference: String, as name: String, format: String = "oci", login: String? = nil)
        throws
    {
        let copy = try box.inside(
            ["skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", "--format", format]
                + (login.map { ["--dest-creds", $0] } ?? [])
                + ["oci:\(layout):\(reference)", "docker://\(address)/\(name)"])
        try #require(copy.status == 0, "\(copy)")
    }

    /// Puts an image of layers of any kind into the registry (Fixtures/oci-layout.py).
    func publish(_ image: [String: Any], as name: String, login: String? = nil) throws {
        let layout = box.folder + "/layout-" + name.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined()
        try Files.replace(layout + ".json", with: Array(try JSONSerialization.data(withJSONObject: image)))
        let made = try box.inside(["python3", Fixture.path("oci-layout.py"), layout, "it", layout + ".json"])
        try #require(made.status == 0, "\(made)")
        try publish(layout: layout, "it", as: name, login: login)
    }

    /// A proxy in front of the registry; its rules are empty at first.
    func faults(port: Int = 5001) throws -> FaultProxy {
        let upstream = address.split(separator: ":")[1]
        let proxy = FaultProxy(
            address: "localhost:\(port)", rulesFile: "\(box.folder)/rules-\(port).json",
            logFile: "\(box.folder)/requests-\(port).log")
        try proxy.set([])
        try box.serve(
            [
                "python3", Fixture.path("fault-proxy.py"), "\(port)", String(upstream), proxy.rulesFile,
                proxy.logFile,
            ], port: port)
        return proxy
    }
}

/// See the head of Fixtures/fault-proxy.py.
struct FaultProxy {
    let address: String
    let rulesFile: String
    let logFile: String

    func set(_ rules: [[String: Any]]) throws {
        try Files.replace(rulesFile, with: Array(try JSONSerialization.data(withJSONObject: rules)))
    }

    /// What was asked for since the start: `METHOD PATH`.
    func requests() throws -> [String] { try log().map(\.request) }

    /// The same with the headers, their names in lower case.
    func log() throws -> [(request: String, headers: [String: String])] {
        guard Files.exists(logFile) else { return [] }
        return try Files.readText(logFile, limit: 16 << 20).split(separator: "\n").compactMap { line in
            let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return (entry?["request"] as? String).map { ($0, entry?["headers"] as? [String: String] ?? [:]) }
        }
    }

    func forget() throws { try Files.replace(logFile, with: []) }
}

enum Fixture {
    /// A file beside the tests.
    static func path(_ name: String) -> String {
        var folder = #filePath.split(separator: "/").dropLast(2)
        folder.append(contentsOf: ["Fixtures", Substring(name)])
        return "/" + folder.joined(separator: "/")
    }
}

extension Sandbox {
    /// Makes a certificate that vouches for itself.
    func makeCertificate(
        _ file: String, key: String, host: (name: String, address: String) = ("localhost", "127.0.0.1")
    ) throws {
        let made = try inside([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(host.name)",
            "-addext", "subjectAltName=DNS:\(host.name),IP:\(host.address)", "-out", file, "-keyout", key,
        ])
        try #require(made.status == 0, "\(made)")
    }

    /// Gives the sandbox another machine's address and name, and an `/etc` that it may write to.
    func addHost(_ name: String, address: String) throws {
        let layers = folder + "/etc"
        let script = """
            mountpoint -q \(layers) || {
                mkdir \(layers); mount -t tmpfs tmpfs \(layers); mkdir \(layers)/upper \(layers)/work
                mount -t overlay overlay -o lowerdir=/etc,upperdir=\(layers)/upper,workdir=\(layers)/work /etc
            }
            ip address add \(address)/32 dev lo
            echo '\(address) \(name)' >> /etc/hosts
            """
        let made = try inside(["sh", "-ec", script])
        try #require(made.status == 0, "\(made)")
    }

    /// Starts a server in the sandbox, and waits until something listens on its port.
    func serve(_ arguments: [String], port: Int, address: String = "127.0.0.1") throws {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let path = "\(folder)/server-\(port).log"
        let log = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        let pid = try Command.spawn(entering(arguments), input: null.raw, output: log.raw, error: log.raw)
        atEnd {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        let deadline = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < deadline {
            if try inside(["bash", "-c", "</dev/tcp/\(address)/\(port)"]).status == 0 { return }
            usleep(25_000)
        }
        throw ContainerError(
            .unavailable, "nothing listens on port \(port): \(arguments.joined(separator: " "))",
            cause: try Files.readText(path))
    }
}
