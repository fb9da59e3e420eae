import ContainerSystem
import Glibc
import Testing

/// Registries that want to be told what is not theirs: rows 39, 43 and 44 of Documentation/Threats.md, as `ck` meets
/// them. A second port sees everything that reaches it.
@Suite struct HostileRegistryTests {
    /// A private registry with `team/bb:1`, a proxy before it that does as it is told, and an outsider.
    private func with(_ body: (Sandbox, _ registry: FaultProxy, _ outsider: FaultProxy) throws -> Void) throws {
        try Sandbox.with { box in
            let registry = try Registry(box, access: .password)
            let proxy = try registry.faults()
            let outsider = try registry.faults(port: 6000)
            let login = try box.ck(["login", "-u", "ann", "--password-stdin", proxy.address], input: "s3cret")
            try #require(login.status == 0, "\(login)")
            #expect(try box.ck(["tag", "bb", proxy.address + "/team/bb:1"]).status == 0)
            let push = try box.ck(["push", "-q", proxy.address + "/team/bb:1"])
            try #require(push.status == 0, "\(push)")
            #expect(try box.ck(["rmi", "bb", proxy.address + "/team/bb:1"]).status == 0)
            try proxy.forget()
            try body(box, proxy, outsider)
        }
    }

    private func expectRefusal(_ result: CommandResult, _ box: Sandbox, _ what: Any = "") throws {
        #expect(result.status == 1 && result.errors.split(separator: "\n").count == 1, "\(what): \(result)")
        #expect(!result.errors.contains("s3cret") && !result.errors.contains("\u{1b}"), "\(what): \(result)")
        #expect(try box.ck(["images", "-q", "-a"]).output == "", "\(what)")
    }

    /// The outsider asks for a login as any registry may.
    private let challenge: [String: Any] = [
        "match": ".*", "status": 401, "headers": ["WWW-Authenticate": "Basic realm=\"outside\""],
    ]

    @Test func row43ALoginDoesNotFollowARedirect() throws {
        try with { box, registry, outsider in
            for target in ["manifests", "blobs"] {
                try outsider.set([challenge])
                // The registry itself has to be satisfied first.
                try registry.set([
                    [
                        "match": "GET .*", "status": 401, "times": 1,
                        "headers": ["WWW-Authenticate": "Basic realm=\"r\""],
                    ],
                    [
                        "match": "GET .*/\(target)/", "status": 307,
                        "headers": ["Location": "http://\(outsider.address)/v2/team/bb/\(target)/1"],
                    ],
                ])
                try expectRefusal(try box.ck(["pull", registry.address + "/team/bb:1"]), box, target)
                #expect(try registry.log().contains { $0.headers["authorization"] != nil })
                let seen = try outsider.log()
                #expect(!seen.isEmpty && seen.allSatisfy { $0.headers["authorization"] == nil }, "\(seen)")
            }
        }
    }

    @Test func row43ALoginGoesToNoStrangersTokenServer() throws {
        try with { box, registry, outsider in
            try box.addHost("evil.test", address: "10.99.0.9")
            for realm in [
                "http://evil.test:6000/token", "http://10.99.0.9:6000/token", "ftp://localhost/t", "file:///t",
            ] {
                try registry.set([
                    [
                        "match": ".*", "status": 401,
                        "headers": ["WWW-Authenticate": "Bearer realm=\"\(realm)\",service=\"r\""],
                    ]
                ])
                try expectRefusal(try box.ck(["pull", registry.address + "/team/bb:1"]), box, realm)
                let push = try box.ck(["login", "-u", "ann", "--password-stdin", registry.address], input: "s3cret")
                #expect(push.status == 1 && !push.errors.contains("s3cret"), "\(push)")
            }
            #expect(try outsider.requests().isEmpty)
        }
    }

    @Test func row43AndRow44PlacesThatAreNotGoneTo() throws {
        try with { box, registry, outsider in
            try box.addHost("registry.test", address: "10.99.0.1")
            for place in [
                "file:///etc/passwd", "http://169.254.169.254/latest/meta-data", "gopher://localhost:6000/x",
                "http://user:pw@\(outsider.address)/x", "http://2852039166/latest", "//[fe80::1]/x", "",
            ] {
                try registry.set([["match": "GET .*/manifests/", "status": 307, "headers": ["Location": place]]])
                let pull = try box.ck(["pull", registry.address + "/team/bb:1"])
                try expectRefusal(pull, box, place)
                #expect(pull.errors.contains("redirects in a way that is not followed"), "\(place): \(pull)")
            }
            #expect(try outsider.requests().isEmpty)
        }
    }

    @Test(arguments: [
        "localhost:5001/a\r\nHost: evil/b", "localhost:5001/../x", "localhost:5001/a%2f..%2fb", "localhost:5001/a b",
        "localhost:5001/a?x=y", "localhost:5001/a#b", "user@localhost:5001/a", "localhost:5001/a:b/../c",
        "file:///etc/passwd", "localhost:5001/\u{1b}[31m", "localhost:0/a", "127.1:5001/a", "0x7f000001:5001/a",
    ])
    func row44ANameThatIsNoneIsNotAskedFor(name: String) throws {
        try Sandbox.with(image: false) { box in
            for command in [["pull"], ["push"], ["registry", "tags"]] {
                let result = try box.ck(command + [name])
                #expect(result.status != 0 && !result.errors.contains("\u{1b}"), "\(result)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
            }
        }
    }

    @Test func row39BytesTooManyAndTooFew() throws {
        try with { box, registry, _ in
            let faults: [[String: Any]] = [
                ["match": "GET .*/blobs/", "grow": 1], ["match": "GET .*/blobs/", "grow": 100_000],
                ["match": "GET .*/manifests/", "grow": 3], ["match": "GET .*/manifests/", "flip": 20],
                ["match": "GET .*/blobs/", "flip": 30], ["match": "GET .*/blobs/", "cut": 200],
                [
                    "match": "GET .*/manifests/",
                    "add": ["Docker-Content-Digest": "sha256:" + String(repeating: "a", count: 64)],
                ],
                ["match": "GET .*/manifests/", "add": ["Content-Type": "application/vnd.oci.image.index.v1+json"]],
            ]
            for fault in faults {
                try registry.set([fault])
                try expectRefusal(try box.ck(["pull", registry.address + "/team/bb:1"]), box, fault)
            }
            try registry.set([])
            #expect(try box.ck(["pull", "-q", registry.address + "/team/bb:1"]).status == 0)
        }
    }

    /// Which words a registry has for the user is its own affair; the terminal is not.
    @Test func whatARegistrySaysIsPrintable() throws {
        try with { box, registry, _ in
            let body = #"{"errors":[{"code":"DENIED","message":"\u001b]52;c;eA==\u0007\nck: all is well"}]}"#
            try registry.set([["match": ".*", "status": 403, "body": body]])
            try expectRefusal(try box.ck(["pull", registry.address + "/team/bb:1"]), box)
        }
    }

    @Test func aRateLimitSaysWhenToComeBack() throws {
        try with { box, registry, _ in
            let limits = ["Retry-After": "7200", "RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "0;w=21600"]
            try registry.set([["match": ".*", "status": 429, "headers": limits]])
            let pull = try box.ck(["pull", registry.address + "/team/bb:1"])
            try expectRefusal(pull, box)
            #expect(pull.errors.contains("0 of 100 left in 6 h (try again in 120 min)"), "\(pull)")
            try registry.set([["match": ".*", "status": 429, "headers": ["Retry-After": "1"], "times": 1]])
            #expect(try box.ck(["pull", "-q", registry.address + "/team/bb:1"]).status == 0)
        }
    }
}
