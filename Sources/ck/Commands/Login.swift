import ArgumentParser
import ContainerEngine
import ContainerRegistryClient
import ContainerSystem
import Glibc

struct Login: Command {
    static let synopsis = Synopsis(
        name: "login", operands: "[OPTIONS] [SERVER]", abstract: "Authenticate to a registry", count: 0...1,
        flags: DockerFlags.login)

    @Option(name: .shortAndLong, help: "The user")
    var username: String?

    @Option(name: .shortAndLong, help: "The password; others on this machine can see it")
    var password: String?

    @Flag(help: "Read the password from standard input")
    var passwordStdin = false

    @Argument(help: "The registry; docker.io when there is none")
    var server: String?

    private static let passwordLimit = 64 << 10

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        let registry = Engine.registryName(server ?? Engine.defaultRegistry)
        let credential: RegistryCredential
        if passwordStdin || password != nil || username != nil {
            credential = try given(console)
        } else if let kept = try Engine.keptLogin(registry) {
            console.out(
                "Authenticating with existing credentials..."
                    + (kept.user.isEmpty ? "" : " [Username: \(kept.user)]"))
            credential = kept
        } else {
            credential = try asked()
        }
        let keeper = try Engine.login(registry, credential)
        if case .file(let path) = keeper {
            console.error(
                "WARNING! Your credentials are stored unencrypted in '\(path)'.\n"
                    + "A credential helper keeps them safer: name one in that file as credsStore.")
        }
        console.out("Login Succeeded")
        return 0
    }

    /// The login of the command line, which may ask for the password.
    private func given(_ console: Console) throws -> RegistryCredential {
        if password != nil, passwordStdin {
            throw CommandFailure(
                "ck: conflicting options: cannot specify both --password and --password-stdin", status: 1)
        }
        if passwordStdin, username == nil {
            throw CommandFailure("ck: the --password-stdin option requires --username to be set", status: 1)
        }
        if password != nil {
            console.error("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
        }
        if passwordStdin {
            let bytes = try Descriptor(owning: dup(0)).readAll(limit: Self.passwordLimit, name: "the password")
            var text = String(decoding: bytes, as: UTF8.self)[...]
            while let last = text.last, last.isNewline { text.removeLast() }
            return try Self.checked(username, String(text))
        }
        guard username != nil else { return try asked(password: password) }
        return try password.map { try Self.checked(username, $0) } ?? asked(user: username)
    }

    private func asked(user: String? = nil, password: String? = nil) throws -> RegistryCredential {
        guard isatty(0) == 1 else {
            throw CommandFailure(
                "ck: cannot ask for user and password: standard input is no terminal "
                    + "(give --username and --password-stdin)", status: 1)
        }
        let user = user ?? Prompt.line("Username: ")
        if (user ?? "").isEmpty { return try Self.checked(user, "") }
        return try Self.checked(user, password ?? Prompt.line("Password: ", echoes: false) ?? "")
    }

    private static func checked(_ user: String?, _ password: String) throws(CommandFailure) -> RegistryCredential {
        guard let user, !user.isEmpty else { throw CommandFailure("ck: username is empty", status: 1) }
        guard !password.isEmpty else { throw CommandFailure("ck: password is empty", status: 1) }
        guard !user.contains(":") else {
            throw CommandFailure(
                "ck: username \(Quoting.go(user)) contains a colon, which ends it (RFC 7617)", status: 1)
        }
        return RegistryCredential(user: user, password: password)
    }
}

struct Logout: Command {
    static let synopsis = Synopsis(
        name: "logout", operands: "[SERVER]", abstract: "Log out from a registry", count: 0...1,
        flags: DockerFlags.logout)

    @Argument(help: "The registry; docker.io when there is none")
    var server: String?

    func run(in session: Session) throws -> Int32 {
        let registry = Engine.registryName(server ?? Engine.defaultRegistry)
        session.console.out("Removing login credentials for \(registry)")
        try Engine.logout(registry)
        return 0
    }
}
