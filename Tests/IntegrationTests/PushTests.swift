import ContainerSystem
import Glibc
import Testing

/// Pushes to Debian's docker-registry, through a proxy that remembers what was sent.
@Suite struct PushTests {
    /// An image `up` of two layers, one of them of 3 MB that no gzip makes smaller.
    private func with(access: Registry.Access = .everyone, _ body: (Sandbox, Registry, FaultProxy) throws -> Void)
        throws
    {
        try Sandbox.with { box in
            let registry = try Registry(box, access: access)
            let made = try box.ck([
                "run", "--name", "made", "bb", "sh", "-c", "head -c 3000000 /dev/urandom > /noise",
            ])
            try #require(made.status == 0, "\(made)")
            try #require(try box.ck(["commit", "made", "up"]).status == 0)
            try body(box, registry, try registry.faults())
        }
    }

    private func push(_ box: Sandbox, _ image: String) throws -> CommandResult {
        try #require(try box.ck(["tag", "up", image]).status == 0)
        let push = try box.ck(["push", image])
        #expect(push.status == 0, "\(push)")
        return push
    }

    /// skopeo fetches all of it, and so verifies it.
    private func verify(_ box: Sandbox, _ image: String) throws {
        try? Files.removeTree(box.folder + "/copied")
        let copy = try box.inside([
            "skopeo", "copy", "--insecure-policy", "--src-tls-verify=false", "docker://" + image,
            "oci:\(box.folder)/copied:1",
        ])
        #expect(copy.status == 0, "\(copy)")
    }

    @Test func whatTheRegistryHasIsNotSentAgain() throws {
        try with { box, _, proxy in
            let first = try push(box, proxy.address + "/team/one:1")
            #expect(first.output.contains(": Preparing\n"), "\(first)")
            #expect(first.lines.filter { $0.hasSuffix(": Pushed") }.count == 2, "\(first)")
            #expect(first.lines.filter { $0.contains(": digest: sha256:") }.count == 1, "\(first)")
            try proxy.forget()
            let again = try push(box, proxy.address + "/team/one:2")
            #expect(again.lines.filter { $0.hasSuffix(": Layer already exists") }.count == 2, "\(again)")
            #expect(try proxy.requests().allSatisfy { !$0.contains("/uploads/") })

            try proxy.forget()
            let mounted = try push(box, proxy.address + "/team/two:1")
            #expect(mounted.lines.filter { $0.hasSuffix(": Mounted from team/one") }.count == 2, "\(mounted)")
            let log = try proxy.log()
            #expect(
                log.filter { $0.request.contains("mount=sha256:") && $0.request.contains("from=team/one") }.count == 3)
            let sent = log.filter { !$0.request.contains("/manifests/") }.map { $0.headers["content-length"] ?? "0" }
            #expect(sent.allSatisfy { $0 == "0" }, "\(log)")
            try verify(box, proxy.address + "/team/two:1")
            #expect(first.lines.last?.dropFirst(2) == mounted.lines.last?.dropFirst(2))
            // Under the digest it is known from now on.
            #expect(try box.ck(["images", "--digests", proxy.address + "/team/two"]).output.contains("sha256:"))
        }
    }

    /// The registry's tokens are for one repository each: the right to mount is asked for.
    @Test func aMountBetweenPrivateRepositories() throws {
        try with(access: .token(port: 5002)) { box, registry, _ in
            #expect(
                try box.ck(["login", "-u", "ann", "--password-stdin", registry.address], input: "s3cret").status == 0)
            _ = try push(box, registry.address + "/private/one:1")
            let mounted = try push(box, registry.address + "/private/two:1")
            #expect(mounted.lines.filter { $0.hasSuffix(": Mounted from private/one") }.count == 2, "\(mounted)")
            let asked = try Files.readText(registry.tokenLog)
            #expect(asked.contains("repository:private/two:pull,push repository:private/one:pull\n"), "\(asked)")
        }
    }

    /// This registry forgets an upload that broke in the middle of a request: it begins anew.
    @Test func anUploadThatBreaksIsSentAgain() throws {
        try with { box, _, proxy in
            try proxy.set([["match": "PUT .*/uploads/", "cut-body": 1_500_000, "times": 1, "larger": 2_000_000]])
            _ = try push(box, proxy.address + "/broken:1")
            try verify(box, proxy.address + "/broken:1")
            let large = try proxy.log().filter { Int($0.headers["content-length"] ?? "") ?? 0 > 2_000_000 }
            #expect(large.count == 2, "\(large)")

            try proxy.set([["match": "(PUT|PATCH) .*/uploads/", "cut-body": 10_000]])
            try #require(try box.ck(["tag", "up", proxy.address + "/never:1"]).status == 0)
            try Files.removeTree(box.folder + "/registry/docker")
            let never = try box.ck(["push", proxy.address + "/never:1"])
            #expect(never.status == 1 && never.errors.split(separator: "\n").count == 1, "\(never)")
            #expect(never.errors.contains("broke off"), "\(never)")
        }
    }

    /// A chunk that is lost is sent again, and none of those before it.
    @Test func aRegistryThatWantsChunks() throws {
        try with { box, _, proxy in
            let made = try box.ck(["run", "--name", "big", "bb", "sh", "-c", "head -c 40000000 /dev/urandom > /noise"])
            try #require(made.status == 0, "\(made)")
            try #require(try box.ck(["commit", "big", "up"]).status == 0)
            try proxy.set([
                ["match": "POST .*/uploads/", "add": ["OCI-Chunk-Min-Length": "1048576"]],
                ["match": "PATCH .*/uploads/", "cut-body": 0, "skip": 1, "times": 1, "larger": 16_000_000],
            ])
            _ = try push(box, proxy.address + "/chunks:1")
            try verify(box, proxy.address + "/chunks:1")
            let requests = try proxy.log().filter { $0.request.contains("/uploads/") }
            let starts = requests.compactMap {
                $0.headers["content-range"]?.split(separator: "-").first.flatMap { Int($0) }
            }
            let chunk = 16 << 20
            #expect(starts.filter { $0 > 0 } == [chunk, chunk, 2 * chunk], "\(starts)")
            #expect(requests.filter { $0.request.hasPrefix("PUT") }.allSatisfy { $0.headers["content-length"] == "0" })
        }
    }

    @Test func allTagsOfARepository() throws {
        try with { box, registry, _ in
            let name = registry.address + "/team/app"
            for (image, tag) in [("up", "1"), ("bb", "2"), ("up", "latest")] {
                #expect(try box.ck(["tag", image, "\(name):\(tag)"]).status == 0)
            }
            #expect(try box.ck(["tag", "up", registry.address + "/team/application:9"]).status == 0)
            let push = try box.ck(["push", "--all-tags", name])
            #expect(push.status == 0, "\(push)")
            #expect(push.line(0) == "The push refers to repository [\(name)]")
            let digests = push.lines.compactMap { $0.firstMatch(of: /^([^:]+): digest: sha256:/)?.output.1 }
            #expect(digests == ["1", "2", "latest"], "\(push)")
            #expect(try box.ck(["push", "-a", "-q", name]).output == name + "\n")
            let tags = try box.ck(["registry", "tags", name])
            #expect(tags.lines.sorted() == ["1", "2", "latest"], "\(tags)")
            let names = try box.ck(["registry", "tags", "--format", "{{.Name}}", name])
            #expect(names.lines.sorted().first.map(String.init) == name + ":1", "\(names)")
            #expect(try box.ck(["registry", "tags", registry.address + "/team/application"]).status == 1)

            #expect(try box.ck(["rmi", "\(name):1", "\(name):2", "\(name):latest"]).status == 0)
            let pull = try box.ck(["pull", "-a", name])
            #expect(pull.status == 0 && pull.lines.last.map(String.init) == name, "\(pull)")
            for tag in ["1", "2", "latest"] { #expect(pull.lines.contains("\(tag): Pulling from team/app"), "\(pull)") }
            #expect(pull.lines.filter { $0.hasPrefix("Digest: sha256:") }.count == 3, "\(pull)")
            #expect(pull.lines.filter { $0 == "Status: Downloaded newer image for \(name)" }.count == 1, "\(pull)")
            #expect(try box.ck(["images", "-q", name]).lines.count == 3)
            #expect(try box.ck(["pull", "-q", "--all-tags", name]).output == name + "\n")
            #expect(try box.ck(["pull", "-a", name + "less"]).status == 1)
            let tagged = try box.ck(["pull", "-a", name + ":1"])
            #expect(tagged.status == 1 && tagged.errors == "ck: tag can't be used with --all-tags/-a\n", "\(tagged)")
        }
    }

    @Test func mistakesAreOneLine() throws {
        try Sandbox.with { box in
            let cases: [([String], String)] = [
                (["localhost:5000/none:1"], "An image does not exist locally with the tag: localhost:5000/none"),
                (["-a", "localhost:5000/none"], "An image does not exist locally with the tag: localhost:5000/none"),
                (["-a", "bb:latest"], "tag can't be used with --all-tags/-a"),
                (["bb@sha256:" + String(repeating: "a", count: 64)], "cannot push a digest reference"),
                (["--platform", "linux/s390x", "bb"], "does not provide the specified platform (linux/s390x)"),
            ]
            for (arguments, words) in cases {
                let push = try box.ck(["push"] + arguments)
                #expect(push.status == 1 && push.errors.split(separator: "\n").count == 1, "\(push)")
                #expect(push.errors.contains(words), "\(push)")
            }
        }
    }
}
