import ContainerKitTesting
import ContainerSystem
import Dispatch
import FoundationEssentials
import Glibc
import OCISpec
import Testing

@testable import ContainerRegistryClient

private let bearer = #"Bearer realm="https://auth.example.com/token",service="r",scope="repository:x:pull""#

@Suite struct AuthorizationTests {
    let image = TestImage()
    let login = RegistryCredential(user: "ann", password: "s3cret")
    let basic = "Basic " + Data("ann:s3cret".utf8).base64EncodedString()

    /// A registry that wants `expected`, and a token server beside it.
    private func registry(challenge: String = bearer, token: String = #"{"token":"t0k"}"#, expected: String)
        -> FakeTransport
    {
        let image = image
        return FakeTransport { request in
            if request.url.host.hasPrefix("auth.") { return .status(200, [:], token) }
            let sent = request.headers.first { $0.name == "Authorization" }?.value
            return sent == expected ? image.manifestAnswer : .status(401, ["WWW-Authenticate": challenge])
        }
    }

    private func resolve(
        _ transport: FakeTransport, _ name: String = "example.com/x", as login: RegistryCredential? = nil
    )
        -> ContainerError?
    {
        let client = client(transport, credential: login)
        return failure { () throws(ContainerError) in
            let reference = try ImageReference(parsing: name)
            _ = try client.resolve(reference, platform: Platform(architecture: "amd64"))
            _ = try client.resolve(reference, platform: Platform(architecture: "amd64"))
        }
    }

    @Test func `an anonymous token is fetched once`() {
        let transport = registry(expected: "Bearer t0k")
        #expect(resolve(transport) == nil)
        #expect(
            transport.urls == [
                "https://example.com/v2/x/manifests/latest",
                "https://auth.example.com/token?service=r&scope=repository:x:pull",
                "https://example.com/v2/x/manifests/latest",
                "https://example.com/v2/x/manifests/latest",
            ])
        #expect(transport.requests[1].authorization == nil)
    }

    @Test func `the password goes to the token server only`() {
        let transport = registry(token: #"{"access_token":"t0k","expires_in":300}"#, expected: "Bearer t0k")
        #expect(resolve(transport, as: login) == nil)
        #expect(transport.requests.filter { $0.authorization == basic }.map(\.url).allSatisfy { $0.contains("auth.") })
        #expect(transport.requests.contains { $0.authorization == basic })
    }

    @Test func `a token that has run out is fetched anew`() throws {
        let clock = TestClock()
        let transport = registry(expected: "Bearer t0k")
        let client = client(transport, clock: clock)
        let reference = try ImageReference(parsing: "example.com/x")
        _ = try client.fetchManifest(reference)
        clock.retryClock.sleep(120)
        _ = try client.fetchManifest(reference)
        #expect(transport.urls.filter { $0.contains("auth.") }.count == 2)
    }

    @Test func `an identity token is traded for a token, in the body`() throws {
        let transport = registry(expected: "Bearer t0k")
        #expect(resolve(transport, as: RegistryCredential(identityToken: "r&t")) == nil)
        let asked = try #require(transport.requests.first { $0.url.contains("auth.") })
        #expect(asked.method == .post && asked.url == "https://auth.example.com/token" && asked.authorization == nil)
        #expect(
            String(decoding: asked.body, as: UTF8.self)
                == "service=r&grant_type=refresh_token&client_id=containerkit&refresh_token=r%26t"
                + "&scope=repository:x:pull")
    }

    @Test func `a login keeps the refresh token that it asks for`() throws {
        let challenge = #"Bearer realm="https://auth.example.com/token",service="r""#
        let transport = registry(
            challenge: challenge, token: #"{"token":"t0k","refresh_token":"keep"}"#, expected: "Bearer t0k")
        let kept = try client(transport, credential: login).login("example.com")
        #expect(kept == RegistryCredential(identityToken: "keep"))
        #expect(
            transport.urls.contains(
                "https://auth.example.com/token?service=r&account=ann&client_id=containerkit&offline_token=true"))
        let plain = registry(challenge: #"Basic realm="x""#, expected: basic)
        #expect(try client(plain, credential: login).login("example.com") == nil)
        let wrong = registry(challenge: #"Basic realm="x""#, expected: "other")
        #expect(throws: ContainerError.self) { try client(wrong, credential: login).login("example.com") }
    }

    @Test func `requests side by side share one token`() throws {
        let transport = FakeTransport { request in
            usleep(2000)
            if request.url.host.hasPrefix("auth.") { return .status(200, [:], #"{"token":"t0k"}"#) }
            let isOpen = request.headers.contains { $0.name == "Authorization" }
            return isOpen ? .status(200) : .status(401, ["WWW-Authenticate": bearer])
        }
        let client = client(transport, credential: login)
        let reference = try ImageReference(parsing: "example.com/x")
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            #expect(throws: Never.self) { try client.hasBlob(sha256(image.layer), in: reference) }
        }
        #expect(transport.urls.filter { $0.contains("auth.") }.count == 1)
    }

    @Test func `basic authentication sends the login after the challenge`() {
        let transport = registry(challenge: #"Basic realm="x""#, expected: basic)
        #expect(resolve(transport, as: login) == nil)
        #expect(transport.requests[0].authorization == nil)
        let error = resolve(registry(challenge: #"Basic realm="x""#, expected: basic))
        #expect(error?.message == "pull example.com/x:latest: the registry asks for a login")
        #expect(error?.hint?.contains("example.com") == true)
    }

    @Test func `a password opens every repository at once`() throws {
        let basic = basic
        let transport = FakeTransport { request in
            let isOpen = request.headers.contains { $0.value == basic }
            return isOpen ? .status(200) : .status(401, ["WWW-Authenticate": #"Basic realm="r""#])
        }
        let client = client(transport, credential: login)
        for name in ["x", "y"] {
            #expect(try client.hasBlob(sha256([]), in: try ImageReference(parsing: "example.com/" + name)))
        }
        #expect(transport.requests.map { $0.authorization != nil } == [false, true, true])
    }

    @Test func `a refused login is told from a missing one`() {
        let error = resolve(registry(challenge: #"Basic realm="x""#, expected: "other"), as: login)
        #expect(error?.message == "pull example.com/x:latest: the registry refused the login for example.com")
        let anonymous = resolve(registry(expected: "Bearer other"))
        #expect(anonymous?.message == "pull example.com/x:latest: the registry asks for a login")
    }

    @Test func `the login never leaves over plain HTTP`() {
        for realm in ["http://auth.example.com/token", "ftp://auth.example.com", "http://127.0.0.1:1/token"] {
            let transport = registry(challenge: "Bearer realm=\"\(realm)\"", expected: "Bearer t0k")
            #expect(resolve(transport, as: login) != nil)
            #expect(transport.requests.count == 1)
        }
        // Not even when the registry itself is on this machine and the realm is not.
        let local = registry(challenge: #"Bearer realm="http://auth.example.com/t""#, expected: "Bearer t0k")
        #expect(resolve(local, "localhost:5000/x", as: login)?.code == .permissionDenied)
        #expect(local.requests.count == 1)
    }

    @Test func `a realm cannot smuggle anything into the request`() {
        for realm in ["https://user@auth.example.com/", "https://auth.example.com\\@evil", "https://auth .example.com"]
        {
            let transport = registry(challenge: "Bearer realm=\"\(realm)\"", expected: "Bearer t0k")
            #expect(resolve(transport, as: login)?.code == .unavailable)
            #expect(transport.requests.count == 1)
        }
        let token = registry(token: #"{"token":"a\r\nX: y"}"#, expected: "Bearer t0k")
        #expect(resolve(token)?.message.contains("no usable token") == true)
        let scope = registry(
            challenge: #"Bearer realm="https://auth.example.com/t",scope="a&admin=1#x""#, expected: "Bearer t0k")
        #expect(resolve(scope) == nil)
        #expect(scope.urls[1] == "https://auth.example.com/t?scope=a%26admin%3D1%23x")
    }

    @Test func `a realm on this machine or on its link is off limits for others`() {
        for realm in ["https://169.254.169.254/token", "https://localhost/token", "https://[fe80::1]/t"] {
            let transport = registry(challenge: "Bearer realm=\"\(realm)\"", expected: "Bearer t0k")
            let error = resolve(transport, as: login)
            #expect(error?.code == .permissionDenied && error?.cause?.contains("off limits") == true)
            #expect(transport.requests.count == 1)
        }
    }

    @Test func `challenges are read as servers send them`() {
        #expect(
            AuthChallenge.parse([bearer]) == [
                AuthChallenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.example.com/token", "service": "r", "scope": "repository:x:pull",
                    ])
            ])
        let mixed = AuthChallenge.parse([
            #"Negotiate, BASIC Realm = "a \"b\", c" , Bearer realm=https://e/t?a=b,scope="x,y""#
        ])
        #expect(mixed.map(\.scheme) == ["negotiate", "basic", "bearer"])
        #expect(mixed[1].parameters == ["realm": #"a "b", c"#])
        #expect(mixed[2].parameters == ["realm": "https://e/t?a=b", "scope": "x,y"])
        for broken in ["", "=", ",,,", "\"", #"Bearer realm="unclosed"#, "Bearer realm=\\", "\u{0}\u{1}"] {
            _ = AuthChallenge.parse([broken])
        }
    }

    @Test func `credentials do not show themselves`() {
        #expect(!"\(login)".contains("s3cret"))
        #expect(!String(reflecting: login).contains("s3cret"))
        var dumped = ""
        dump(login, to: &dumped)
        #expect(!dumped.contains("s3cret"))
    }
}

@Suite struct DockerConfigTests {
    private func credential(_ registry: String, _ text: String) throws(ContainerError) -> RegistryCredential? {
        try DockerConfigFile(Array(text.utf8), path: "config.json").credential(for: registry)
    }

    @Test func `logins are found under each spelling of a registry`() throws {
        let auth = Data("ann:p:w".utf8).base64EncodedString()
        let text = #"""
            {"auths":{"https://index.docker.io/v1/":{"auth":"\#(auth)"},"localhost:5000":{"username":"u","password":"p"},
             "https://example.com/v2/":{"auth":"\#(auth)"},"empty.example.com":{}}}
            """#
        #expect(try credential("docker.io", text) == RegistryCredential(user: "ann", password: "p:w"))
        #expect(try credential("example.com", text)?.user == "ann")
        #expect(try credential("localhost:5000", text)?.password == "p")
        #expect(try credential("localhost", text) == nil)
        #expect(try credential("empty.example.com", text) == nil)
        #expect(try credential("x", "{}") == nil)
    }

    @Test func `a broken file is named, its content is not`() {
        let error = failure { () throws(ContainerError) in try credential("x", "{secret") }
        #expect(error?.code == .corrupted)
        #expect(error?.description.contains("config.json") == true)
        #expect(error?.description.contains("secret") == false)
        #expect(
            failure { () throws(ContainerError) in try credential("x", #"{"auths":{"x":{"auth":"%%"}}}"#) } != nil)
    }
}
