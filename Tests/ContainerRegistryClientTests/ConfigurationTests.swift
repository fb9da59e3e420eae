import ContainerKitTesting
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRegistryClient

@Suite struct ConfigurationTests {
    private func parse(_ json: String) throws(ContainerError) -> RegistryConfiguration {
        try RegistryConfiguration(parsing: Array(json.utf8), name: "config.json")
    }

    @Test func `docker's keys and ours`() throws {
        let configuration = try parse(
            """
            {"insecure-registries": ["Reg.example.com:5000", "http://plain.example.com", "10.1.0.0/16"],
             "registry-mirrors": ["https://mirror.example.com/"],
             "mirrors": {"registry.example.com": ["http://localhost:5001/copies", "https://two.example.com"]},
             "max-concurrent-downloads": 3, "max-concurrent-uploads": 5,
             "certificate-folders": ["/c"], "proxies": {"https-proxy": "proxy:3128", "no-proxy": "a,b"}}
            """)
        #expect(configuration.mirrors["docker.io"] == [try RegistryMirror("https://mirror.example.com")])
        #expect(configuration.mirrors["registry.example.com"]?.map(\.prefix) == ["/copies", ""])
        #expect(configuration.maxConcurrentDownloads == 3 && configuration.maxConcurrentUploads == 5)
        #expect(configuration.certificateFolders == ["/c"])
        #expect(configuration.proxies.https == "proxy:3128" && configuration.proxies.http == "")
        #expect(
            configuration.insecure
                == (try InsecureRegistries(["reg.example.com:5000", "plain.example.com", "10.1.0.0/16"])))
    }

    @Test(arguments: [
        ("[]", "it is no JSON object"), ("{", "it is no JSON object"),
        (#"{"log-level": "info"}"#, "the key log-level is not known"),
        (#"{"proxies": {"ftp-proxy": "x"}}"#, "the key proxies.ftp-proxy is not known"),
        (#"{"insecure-registries": "x"}"#, "insecure-registries: it must be a list of strings"),
        (#"{"insecure-registries": [1]}"#, "insecure-registries: it must be a list of strings"),
        (#"{"insecure-registries": ["a/b"]}"#, "insecure registry a/b is not valid"),
        (#"{"insecure-registries": ["10.0.0.0/33"]}"#, "insecure registry 10.0.0.0/33 is not valid"),
        (#"{"max-concurrent-downloads": 0}"#, "max-concurrent-downloads: it must be a number from 1 to 64"),
        (#"{"max-concurrent-uploads": "4"}"#, "max-concurrent-uploads: it must be a number from 1 to 64"),
        (#"{"registry-mirrors": ["mirror.example.com"]}"#, "no scheme specified for \"mirror.example.com\""),
        (#"{"registry-mirrors": ["ftp://x"]}"#, "\"ftp://x\" is not a valid URI"),
        (#"{"registry-mirrors": ["https://u:s3cret@x"]}"#, "username/password not allowed in URI"),
        (#"{"registry-mirrors": ["https://x/?q"]}"#, "query or fragment at end of the URI"),
        (#"{"certificate-folders": ["c"]}"#, "a folder must begin with a slash"),
    ])
    func `what is wrong is named`(json: String, words: String) {
        let error = failure { () throws(ContainerError) in try parse(json) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.description.contains("read config.json: ") == true, "\(error as Any)")
        #expect(error?.description.contains(words) == true, "\(error as Any)")
        #expect(error?.description.contains("s3cret") != true)
    }

    @Test(arguments: [
        ("10.2.3.4", "10.0.0.0/8", true), ("11.2.3.4", "10.0.0.0/8", false), ("10.2.3.4", "10.2.3.4/32", true),
        ("10.2.3.5", "10.2.3.4/31", true), ("10.2.3.6", "10.2.3.4/31", false), ("1.2.3.4", "0.0.0.0/0", true),
        ("fd00::1", "fd00::/8", true), ("fe00::1", "fd00::/8", false), ("10.0.0.1", "::/0", false),
        ("::ffff:10.0.0.1", "10.0.0.0/8", true),
    ])
    func `blocks hold their addresses`(address: String, block: String, isIn: Bool) throws {
        let address = try #require(InternetAddress(address))
        #expect(try #require(AddressBlock(block)).contains(address) == isIn)
    }

    @Test(arguments: ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "a/8", "10.0.0/8", "10.0.0.0/+8", "10.0.0.0/8/8"])
    func `what is no block`(text: String) { #expect(AddressBlock(text) == nil) }

    private func isInsecure(_ name: String, _ entries: [String], _ addresses: [String: String] = [:]) throws -> Bool {
        let lookup = HostLookup { name in addresses[name].flatMap { InternetAddress($0) }.map { [$0] } ?? [] }
        let address = try #require(HTTPAddress(scheme: .https, authority: name, target: "/"))
        return try InsecureRegistries(entries).names(address, lookup: lookup)
    }

    @Test func `insecure registries are meant exactly`() throws {
        #expect(try isInsecure("a.example.com:5000", ["a.example.com:5000"]))
        #expect(try !isInsecure("a.example.com:5001", ["a.example.com:5000"]))
        #expect(try isInsecure("a.example.com", ["a.example.com"]))
        // As with docker, a name without a port is that of the usual port.
        #expect(try !isInsecure("a.example.com:5000", ["a.example.com"]))
        #expect(try isInsecure("10.1.2.3:5000", ["10.1.0.0/16"]))
        #expect(try isInsecure("r.lan:5000", ["10.1.0.0/16"], ["r.lan": "10.1.9.9"]))
        #expect(try !isInsecure("r.lan:5000", ["10.1.0.0/16"], ["r.lan": "10.2.9.9"]))
        #expect(try !isInsecure("unknown.lan:5000", ["10.1.0.0/16"]))
    }
}

@Suite struct ProxySettingsTests {
    private func proxy(_ url: String, exceptions: String = "", https: String = "http://ann:s3cret@proxy.lan:3128")
        throws -> HTTPProxy?
    {
        var settings = ProxySettings()
        settings.http = "plain.lan"
        settings.https = https
        settings.exceptions = exceptions
        return try settings.proxy(for: try #require(HTTPAddress(url)))
    }

    @Test func `each scheme has its own`() throws {
        let proxy = try proxy("https://r.example.com/")
        #expect(proxy?.description == "proxy.lan:3128")
        #expect(proxy?.url == "http://ann:s3cret@proxy.lan:3128")
        #expect("\(proxy as Any)".contains("s3cret") == false)
        #expect(try self.proxy("http://r.example.com:5000/")?.url == "http://plain.lan:80")
        #expect(try self.proxy("https://r.example.com/", https: "socks5h://[::1]")?.url == "socks5h://[::1]:1080")
    }

    @Test(arguments: ["https://localhost:5000/", "https://127.0.0.1/", "https://[::1]:443/", "http://127.9.9.9/"])
    func `this machine needs none`(url: String) throws { #expect(try proxy(url) == nil) }

    /// The rules of Go's `httpproxy.Config.NoProxy`.
    @Test(arguments: [
        ("*", "https://a.b/", true), ("a.b", "https://a.b/", true), ("a.b", "https://x.a.b/", true),
        ("a.b", "https://xa.b/", false), (".a.b", "https://a.b/", false), (".a.b", "https://x.a.b/", true),
        ("*.a.b", "https://x.a.b/", true), ("*.a.b", "https://a.b/", false), ("a.b:443", "https://a.b/", true),
        ("a.b:444", "https://a.b/", false), (" A.B , c", "https://a.b/", true),
        ("10.0.0.0/8", "https://10.1.2.3/", true),
        ("10.0.0.0/8", "https://11.1.2.3/", false), ("10.1.2.3", "https://10.1.2.3:5000/", true),
        ("10.1.2.3:5000", "https://10.1.2.3:5000/", true), ("10.1.2.3:5001", "https://10.1.2.3:5000/", false),
        ("fd00::1", "https://[fd00::1]/", true), ("[fd00::1]:443", "https://[fd00::1]/", true),
        (",,", "https://a.b/", false), (":443", "https://a.b/", false), ("2.3", "https://10.1.2.3/", true),
    ])
    func `exceptions`(list: String, url: String, isException: Bool) throws {
        #expect(try (proxy(url, exceptions: list) == nil) == isException)
    }

    @Test(arguments: ["ftp://p:1", "http://", "http://a b", "p:0", "http://a:b@c@", "http://u\r\n:x@p"])
    func `what is no proxy is said, and not shown`(text: String) throws {
        let error = #expect(throws: ContainerError.self) { try proxy("https://a.b/", https: text + "") }
        #expect(error?.description.contains("HTTPS_PROXY") == true)
        #expect(error?.description.contains("@") == false)
    }
}

@Suite struct CertificateFolderTests {
    /// The certificates for an address, with these files below the folders `a` and `b`.
    private func certificates(_ address: String, _ files: [String]) throws(ContainerError) -> TLSCertificates {
        let root = "/tmp/containerkit-certificates-\(UInt64.random(in: .min ... .max))"
        defer { try? Files.removeTree(root) }
        for file in files {
            let path = "\(root)/\(file)"
            try Files.makeDirectory(String(path[..<path.lastIndex(of: "/")!]))
            try Files.replace(path, with: [])
        }
        let folders = CertificateFolders([root + "/a", root + "/b"])
        var found = try folders.certificates(for: HTTPAddress(scheme: .https, authority: address, target: "/")!)
        func short(_ path: String) -> String { String(path.dropFirst(root.count + 1)) }
        found.authorities = found.authorities.map(short)
        found.client = found.client.map { .init(certificate: short($0.certificate), key: short($0.key)) }
        return found
    }

    @Test func `each registry has its own`() throws {
        let files = [
            "a/r.lan:5000/ca.crt", "b/r.lan:5000/z.crt", "b/r.lan:5000/me.cert", "b/r.lan:5000/me.key",
            "a/r.lan/other.crt", "b/docker.io/hub.crt", "a/r.lan:5000/notes.txt",
        ]
        let found = try certificates("r.lan:5000", files)
        #expect(found.authorities == ["a/r.lan:5000/ca.crt", "b/r.lan:5000/z.crt"])
        #expect(found.client == .init(certificate: "b/r.lan:5000/me.cert", key: "b/r.lan:5000/me.key"))
        #expect(try certificates("r.lan", files).authorities == ["a/r.lan/other.crt"])
        #expect(try certificates("registry-1.docker.io", files).authorities == ["b/docker.io/hub.crt"])
        #expect(try certificates("r.lan:5001", files).isEmpty)
    }

    @Test func `authorities stand beside the system's`() throws {
        let folder = "/tmp/containerkit-authorities-\(UInt64.random(in: .min ... .max))"
        try Files.makeDirectory(folder)
        defer { try? Files.removeTree(folder) }
        let (system, own, other) = (folder + "/system.pem", folder + "/ca.crt", folder + "/nonsense.crt")
        try Files.replace(system, with: Array("system".utf8))
        try Files.replace(own, with: Array("-----BEGIN CERTIFICATE-----own".utf8))
        try Files.replace(other, with: [0xff, 0x30])
        let bundles = AuthorityBundles()
        #expect(try bundles.bundle([], system: system) == nil)
        let text = try bundles.bundle([own], system: system).map { String(decoding: $0, as: UTF8.self) }
        #expect(text == "system\n-----BEGIN CERTIFICATE-----own")
        #expect(try bundles.bundle([own], system: folder + "/missing") != nil)
        let error = failure { () throws(ContainerError) in try bundles.bundle([own, other], system: system) }
        #expect(error?.message == "read \(other): it has no certificate")
    }

    @Test(arguments: [
        (["a/r/me.cert"], "missing key me.key for client certificate me.cert"),
        (["a/r/me.key", "a/r/ca.crt"], "missing client certificate me.cert for key me.key"),
        (["a/r/a.cert", "a/r/a.key", "a/r/b.cert", "a/r/b.key"], "there is more than one client certificate"),
    ])
    func `half a certificate is an error`(files: [String], words: String) {
        let error = failure { () throws(ContainerError) in try certificates("r", files) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(words) == true, "\(error as Any)")
    }
}
