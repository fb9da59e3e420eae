import ContainerSystem
import Testing

@testable import OCISpec

private let hex = String(repeating: "a", count: 64)

@Suite struct ImageReferenceTests {
    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest", "busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"),
        ("user/app", "docker.io/user/app:latest", "user/app:latest"),
        ("docker.io/x", "docker.io/library/x:latest", "x:latest"),
        ("index.docker.io/x", "docker.io/library/x:latest", "x:latest"),
        ("docker.io/library/x", "docker.io/library/x:latest", "x:latest"),
        ("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"),
        ("docker.io/docker.io/x", "docker.io/docker.io/x:latest", "docker.io/docker.io/x:latest"),
        ("localhost", "docker.io/library/localhost:latest", "localhost:latest"),
        ("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"),
        ("localhost/foo", "localhost/foo:latest", "localhost/foo:latest"),
        ("localhost:5000/foo:t", "localhost:5000/foo:t", "localhost:5000/foo:t"),
        ("[::1]:5000/foo", "[::1]:5000/foo:latest", "[::1]:5000/foo:latest"),
        ("[::1]/foo", "[::1]/foo:latest", "[::1]/foo:latest"),
        ("1.2.3.4/x", "1.2.3.4/x:latest", "1.2.3.4/x:latest"),
        ("Foo/bar", "Foo/bar:latest", "Foo/bar:latest"),
        ("Foo:5/x:y", "Foo:5/x:y", "Foo:5/x:y"),
        ("fOo.com/bar", "fOo.com/bar:latest", "fOo.com/bar:latest"),
        ("foo__bar", "docker.io/library/foo__bar:latest", "foo__bar:latest"),
        ("foo---bar.baz", "docker.io/library/foo---bar.baz:latest", "foo---bar.baz:latest"),
        ("foo:_x", "docker.io/library/foo:_x", "foo:_x"),
    ])
    func `a name is normalised as docker does`(text: String, full: String, familiar: String) throws {
        let reference = try ImageReference(parsing: text)
        #expect(reference.description == full)
        #expect(reference.familiar == familiar)
        #expect(try ImageReference(parsing: full) == reference)
        #expect(try ImageReference(parsing: familiar) == reference)
    }

    // The words are docker's own, taken from its command line (28.2).
    @Test(arguments: [
        ("", "invalid reference format"),
        (" ", "invalid reference format"),
        ("foo:x:y", "invalid reference format"),
        ("foo@sha256:abc", "invalid reference format"),
        ("-foo", "invalid reference format"),
        ("foo-", "invalid reference format"),
        ("foo..bar", "invalid reference format"),
        ("foo___bar", "invalid reference format"),
        ("foo.-bar", "invalid reference format"),
        ("localhost:5000/", "invalid reference format"),
        ("localhost:5000/foo:", "invalid reference format"),
        ("foo:-x", "invalid reference format"),
        ("[fe80::1%eth0]/foo", "invalid reference format"),
        ("[::1/foo", "invalid reference format"),
        ("../x", "invalid reference format"),
        ("foo/../x", "invalid reference format"),
        ("https://example.com/x", "invalid reference format"),
        ("//x", "invalid reference format"),
        ("/x", "invalid reference format"),
        ("x/", "invalid reference format"),
        ("\u{e9}", "invalid reference format"),
        ("foo:\u{e9}", "invalid reference format"),
        ("foo@", "invalid reference format"),
        ("foo:x@", "invalid reference format"),
        ("my-.com/x", "invalid reference format"),
        ("a.b./x", "invalid reference format"),
        ("x.", "invalid reference format"),
        ("foo\n", "invalid reference format"),
        ("foo\r\nHost: x", "invalid reference format"),
        ("example.com:/x", "invalid reference format"),
        ("FOO:x:y", "invalid reference format: repository name (library/FOO) must be lowercase"),
        ("FOO", "invalid reference format: repository name (library/FOO) must be lowercase"),
        ("foo/Bar", "invalid reference format: repository name (foo/Bar) must be lowercase"),
        ("docker.io/FOO", "invalid reference format: repository name (library/FOO) must be lowercase"),
        (
            "foo@SHA256:" + hex,
            "invalid reference format: repository name (library/foo@SHA256) must be lowercase"
        ),
        (hex, "invalid repository name (\(hex)), cannot specify 64-byte hexadecimal strings"),
        ("foo@sha256:" + hex.uppercased(), "invalid checksum digest format"),
        ("foo@sha256:" + hex + "aa", "invalid checksum digest length"),
        ("foo@md5:" + hex, "unsupported digest algorithm: md5"),
    ])
    func `a malformed name is refused in docker's words`(text: String, message: String) {
        let error = #expect(throws: ContainerError.self) { try ImageReference(parsing: text) }
        #expect(error?.description == message)
        #expect(error?.code == .invalidArgument)
    }

    @Test func `lengths are bounded as docker's are`() throws {
        func name(_ count: Int) -> String { String(repeating: "a", count: count) }
        _ = try ImageReference(parsing: name(247))
        _ = try ImageReference(parsing: "example.com/" + name(255))
        _ = try ImageReference(parsing: "foo:" + name(128))
        #expect(throws: ContainerError.self) { try ImageReference(parsing: name(248)) }
        #expect(throws: ContainerError.self) { try ImageReference(parsing: "example.com/" + name(256)) }
        #expect(throws: ContainerError.self) { try ImageReference(parsing: "foo:" + name(129)) }
        let error = #expect(throws: ContainerError.self) { try ImageReference(parsing: name(1 << 20).uppercased()) }
        #expect((error?.description.utf8.count ?? 0) < 1000)
    }

    @Test func `a digest stands beside a tag and wins`() throws {
        let reference = try ImageReference(parsing: "foo:x@sha256:\(hex)")
        #expect(reference.tag == "x")
        #expect(reference.tagOrDigest == "sha256:" + hex)
        #expect(reference.familiar == "foo:x@sha256:" + hex)
        #expect(try ImageReference(parsing: "foo@sha256:\(hex)").tag == nil)
        #expect(reference.withoutDigest().description == "docker.io/library/foo:x")
        #expect(throws: ContainerError.self) { try reference.withTag("a/b") }
        #expect(try reference.withTag("y").description == "docker.io/library/foo:y")
    }

    @Test func `the default registry is served by another host`() throws {
        #expect(try ImageReference(parsing: "foo").registryHost == "registry-1.docker.io")
        #expect(try ImageReference(parsing: "localhost:5000/foo").registryHost == "localhost:5000")
        #expect(try ImageReference(parsing: "foo", defaultTag: nil).familiar == "foo")
    }
}
