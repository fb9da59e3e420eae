import ContainerSystem
import Foundation
import Glibc
import Testing

/// Logins at Debian's docker-registry, with a password file and with a token server.
@Suite struct LoginTests {
    private func login(_ box: Sandbox, _ registry: String, password: String = "s3cret") throws -> CommandResult {
        try box.ck(["login", "-u", "ann", "--password-stdin", registry], input: password + "\n")
    }

    private func configuration(_ box: Sandbox) throws -> [String: Any] {
        let bytes = try Files.read(box.dockerConfig + "/config.json", limit: 1 << 16)
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    /// Every way that leads to an image asks for the login, and takes it.
    private func useRegistry(_ box: Sandbox, _ registry: Registry) throws {
        let image = registry.address + "/private/bb:1"
        #expect(try box.ck(["tag", "bb", image]).status == 0)
        let refused = try box.ck(["push", image])
        #expect(refused.status == 1, "\(refused)")
        #expect(refused.errors.contains("ck login \(registry.address)"), "\(refused)")

        let wrong = try login(box, registry.address, password: "wr0ng")
        #expect(wrong.status == 1 && !wrong.errors.contains("wr0ng"), "\(wrong)")
        #expect(access(box.dockerConfig + "/config.json", F_OK) != 0)

        let right = try login(box, registry.address)
        #expect(right.status == 0 && right.output == "Login Succeeded\n", "\(right)")
        #expect(right.errors.contains("WARNING! Your credentials are stored unencrypted in"))
        #expect(
            try FileManager.default.attributesOfItem(atPath: box.dockerConfig + "/config.json")[.posixPermissions]
                as? Int == 0o600)
        let push = try box.ck(["push", image])
        #expect(push.status == 0, "\(push)")
        #expect(try box.ck(["rmi", image]).status == 0)
        let pull = try box.ck(["pull", "-q", image])
        #expect(pull.status == 0 && pull.output == image + "\n", "\(pull)")

        let again = try box.ck(["login", registry.address])
        #expect(again.status == 0 && again.output.contains("Authenticating with existing credentials..."), "\(again)")
    }

    private func logout(_ box: Sandbox, _ registry: Registry) throws {
        let logout = try box.ck(["logout", registry.address])
        #expect(logout.output == "Removing login credentials for \(registry.address)\n", "\(logout)")
        #expect(try configuration(box)["auths"] as? [String: String] == [:])
        let image = registry.address + "/private/bb:1"
        #expect(try box.ck(["rmi", image]).status == 0)
        #expect(try box.ck(["pull", image]).status == 1)
    }

    @Test func aPasswordOpensARegistry() throws {
        try Sandbox.with { box in
            let registry = try Registry(box, access: .password)
            try useRegistry(box, registry)
            // skopeo reads what we wrote, and we read what it writes.
            let file = box.dockerConfig + "/config.json"
            let others = ["--authfile", file, "--tls-verify=false"]
            let inspect = try box.inside(
                ["skopeo", "inspect"] + others + ["docker://\(registry.address)/private/bb:1"])
            #expect(inspect.status == 0, "\(inspect)")
            #expect(try box.inside(["skopeo", "logout", "--authfile", file, registry.address]).status == 0)
            #expect(try box.ck(["pull", registry.address + "/private/bb:1"]).status == 1)
            let theirs = try box.inside(
                ["skopeo", "login"] + others + ["-u", "ann", "-p", "s3cret", registry.address])
            #expect(theirs.status == 0, "\(theirs)")
            #expect(try box.ck(["pull", registry.address + "/private/bb:1"]).status == 0)
            try logout(box, registry)
        }
    }

    /// The registry's tokens are for one repository each; the login leaves a refresh token and no password.
    @Test func aTokenServerOpensARegistry() throws {
        try Sandbox.with { box in
            let registry = try Registry(box, access: .token(port: 5002))
            try useRegistry(box, registry)
            let kept = try #require(
                (try configuration(box)["auths"] as? [String: [String: String]])?[registry.address])
            #expect(kept.keys.sorted() == ["identitytoken"], "\(kept)")
            let asked = try Files.readText(registry.tokenLog)
            #expect(asked.contains("POST refresh_token repository:private/bb:pull,push\n"), "\(asked)")
            #expect(asked.contains("POST refresh_token repository:private/bb:pull\n"), "\(asked)")
            try logout(box, registry)
            // What is public needs no login.
            try registry.publish(["layers": [[["name": "f", "content": "x"]]]], as: "public/x:1", login: "ann:s3cret")
            let pull = try box.ck(["pull", registry.address + "/public/x:1"])
            #expect(pull.status == 0, "\(pull)")
        }
    }

    /// What is typed at the prompts; the password is not shown.
    @Test func thePromptsAsk() throws {
        try Sandbox.with { box in
            let registry = try Registry(box, access: .password)
            let script = """
                [["expect", "Username: "], ["type", "ann\\n"], ["expect", "Password: "], ["wait", 0.3],
                 ["type", "s3cret\\n"], ["expect", "Login Succeeded"]]
                """
            let command = ["env", "DOCKER_CONFIG=" + box.dockerConfig] + box.ckProgram + ["login", registry.address]
            let result = try box.inside(["python3", Fixture.path("terminal.py"), "24x80", script] + command)
            #expect(result.status == 0 && !result.output.contains("s3cret"), "\(result)")
            #expect(
                try configuration(box)["auths"] as? [String: [String: String]] == [
                    registry.address: ["auth": "YW5uOnMzY3JldA=="]
                ])
        }
    }

    @Test(arguments: [
        (["-u", "ann", "-p", "x", "--password-stdin"], "cannot specify both --password and --password-stdin"),
        (["--password-stdin"], "the --password-stdin option requires --username to be set"),
        ([], "standard input is no terminal"), (["-u", "ann", "--password-stdin"], "password is empty"),
        (["-u", "", "-p", "x"], "username is empty"),
    ])
    func mistakesAreOneLine(_ options: [String], _ words: String) throws {
        try Sandbox.with(image: false) { box in
            let result = try box.ck(["login"] + options + ["localhost:5000"])
            #expect(result.status == 1 && result.errors.contains(words), "\(result)")
        }
    }
}
