import ContainerSystem
import FoundationEssentials
import Glibc

/// A program that keeps logins (`docker-credential-NAME`): it is called with a verb, reads one thing from its standard
/// input and answers on its standard output (docker-credential-helpers, "Development").
struct CredentialHelper {
    let name: String
    /// Seconds that it has. Long enough for a person to unlock a key ring, short enough for a script to notice.
    var patience = 30.0
    /// Where its program is; nil for "along PATH".
    var folder: String?

    private static let answerLimit = 1 << 20
    /// The word of the protocol for "there is no such login", with status 1.
    private static let nothing = "credentials not found in native keychain"
    /// Stands for the user where the secret is an identity token.
    private static let tokenUser = "<token>"

    private struct Login: Codable {
        var ServerURL: String
        var Username: String
        var Secret: String
    }

    var program: String { "docker-credential-\(name)" }

    /// - Parameter server: as docker names it: `https://index.docker.io/v1/`, `localhost:5000`.
    func credential(for server: String) throws(ContainerError) -> RegistryCredential? {
        let (output, succeeded) = try ask("get", server)
        guard succeeded else {
            if output.hasPrefix(Self.nothing) { return nil }
            throw failure("get", Foreign.text(output))
        }
        guard let login = try? JSONDecoder().decode(Login.self, from: Data(output.utf8)) else {
            throw failure("get", "its answer is no login")
        }
        if login.Username == Self.tokenUser { return RegistryCredential(identityToken: login.Secret) }
        return login.Secret.isEmpty ? nil : RegistryCredential(user: login.Username, password: login.Secret)
    }

    func store(_ credential: RegistryCredential, for server: String) throws(ContainerError) {
        let login = Login(
            ServerURL: server, Username: credential.identityToken == nil ? credential.user : Self.tokenUser,
            Secret: credential.identityToken ?? credential.password)
        guard let text = try? JSONEncoder().encode(login) else { throw failure("store", "the login is no JSON") }
        let (output, succeeded) = try ask("store", String(decoding: text, as: UTF8.self))
        if !succeeded { throw failure("store", Foreign.text(output)) }
    }

    func erase(_ server: String) throws(ContainerError) {
        let (output, succeeded) = try ask("erase", server)
        if !succeeded, !output.hasPrefix(Self.nothing) { throw failure("erase", Foreign.text(output)) }
    }

    private func failure(_ verb: String, _ cause: String, hint: String? = nil) -> ContainerError {
        ContainerError(
            .unavailable, "run the credential helper \(program) \(verb)", cause: cause.isEmpty ? nil : cause,
            hint: hint ?? "repair it, or take it out of docker's config.json")
    }

    // MARK: - The process

    private func ask(_ verb: String, _ question: String) throws(ContainerError) -> (output: String, succeeded: Bool) {
        guard !name.contains("/") else { throw failure(verb, "its name holds a slash") }
        let deadline = RetryClock.system.now() + patience
        let (pid, writer, output) = try start(verb)
        var input: Descriptor? = consume writer
        let answer: Result<[UInt8], ContainerError>
        do throws(ContainerError) {
            answer = .success(try talk(question, &input, output, verb, until: deadline))
        } catch {
            answer = .failure(error)
            kill(pid, SIGKILL)
        }
        let status = wait(for: pid, until: deadline)
        let bytes = try answer.get()
        guard let status else { throw hang(verb) }
        return (String(decoding: bytes, as: UTF8.self).trimmingWhitespace(), status == 0)
    }

    private func hang(_ verb: String) -> ContainerError {
        failure(verb, "it did not answer for \(Int(patience.rounded(.up))) s and was ended")
    }

    /// Our ends of its input and output are the only ones that are left here: its end shows.
    private func start(_ verb: String) throws(ContainerError) -> (pid: pid_t, input: Descriptor, output: Descriptor) {
        let input = try Descriptor.pipe()
        let output = try Descriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.reader.raw, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writer.raw, 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(verb), nil]
        let path = folder.map { "\($0)/\(program)" } ?? program
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, path, &actions, nil, &arguments, environ)
        guard code == 0 else {
            throw failure(
                verb, code == ENOENT ? "it is not installed" : String(cString: strerror(code)),
                hint: code == ENOENT ? "install it, or take it out of docker's config.json" : nil)
        }
        return (pid, input.writer, output.reader)
    }

    /// Writes the question and reads the answer, whichever the program is ready for.
    private func talk(
        _ question: String, _ input: inout Descriptor?, _ output: Descriptor, _ verb: String, until deadline: Double
    ) throws(ContainerError) -> [UInt8] {
        var rest = Array(question.utf8)[...]
        var answer = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: 4096)
        for descriptor in [input, output] { _ = descriptor.map { fcntl($0.raw, F_SETFL, O_NONBLOCK) } }
        while true {
            var events = [pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)]
            if let input { events.append(pollfd(fd: input.raw, events: Int16(POLLOUT), revents: 0)) }
            let left = deadline - RetryClock.system.now()
            guard left > 0 else { throw hang(verb) }
            if poll(&events, nfds_t(events.count), CInt(left * 1000) + 1) <= 0 { continue }
            if let writer = input, events[1].revents != 0 {
                let count = rest.isEmpty ? 0 : rest.withUnsafeBytes { send(to: writer, $0) }
                rest = rest.dropFirst(max(count, 0))
                // One that answers without reading the question is its own affair.
                if rest.isEmpty || (count < 0 && errno != EAGAIN && errno != EINTR) { input = nil }
            }
            guard events[0].revents != 0 else { continue }
            let count = read(output.raw, &chunk, chunk.count)
            if count == 0 { return answer }
            if count < 0 { continue }
            answer.append(contentsOf: chunk[..<count])
            guard answer.count <= Self.answerLimit else { throw failure(verb, "its answer has no end") }
        }
    }

    /// write(2) to a pipe whose reader may be gone, without the signal that a program might die of.
    private func send(to writer: Descriptor, _ bytes: UnsafeRawBufferPointer) -> Int {
        var pipe = sigset_t()
        var before = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        let count = write(writer.raw, bytes.baseAddress, bytes.count)
        let error = errno
        if count < 0, error == EPIPE {
            var now = timespec()
            sigtimedwait(&pipe, nil, &now)
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        errno = error
        return count
    }

    /// - Returns: its exit status; nil when it had to be ended.
    private func wait(for pid: pid_t, until deadline: Double) -> Int32? {
        var status: Int32 = 0
        while true {
            let result = waitpid(pid, &status, WNOHANG)
            if result == pid { return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 }
            if result < 0, errno != EINTR { return 128 }
            if RetryClock.system.now() > deadline { break }
            RetryClock.system.sleep(0.002)
        }
        kill(pid, SIGKILL)
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return nil
    }
}
