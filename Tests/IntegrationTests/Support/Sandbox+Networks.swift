import ContainerSystem
import Glibc
import Testing

/// What tests of networks do again and again.
extension Sandbox {
    /// A script of the shell in the sandbox, which must succeed.
    @discardableResult
    func script(_ text: String, source: SourceLocation = #_sourceLocation) throws -> CommandResult {
        let result = try inside(["sh", "-ec", text])
        try #require(result.status == 0, "\(result)", sourceLocation: source)
        return result
    }

    /// The names of the sandbox's network interfaces.
    func links() throws -> Set<String> {
        Set(
            try inside(["ip", "-o", "link"]).lines.compactMap { line in
                line.split(separator: " ").dropFirst().first?.split(whereSeparator: { "@:".contains($0) }).first
                    .map(String.init)
            })
    }

    /// Whether the kernel has a kind of link; where it has not, a test sees the error that says so.
    func kernelHas(_ kind: String) throws -> Bool {
        let made = try inside([
            "sh", "-ec",
            "ip link add try0 type veth peer name try1; trap 'ip link del try0' EXIT; "
                + "ip link add link try0 name try2 type \(kind); ip link del try2",
        ])
        return made.status == 0
    }

    /// Every rule of the sandbox's packet filter.
    func rules() throws -> String { try inside(["nft", "list", "ruleset"]).output }

    /// Whether the packet filter leads a port somewhere; nobody runs ck to find out.
    func isPublished(_ port: Int) throws -> Bool {
        try rules().split(separator: "\n").contains { $0.contains(" . \(port) ") }
    }

    /// Runs the body, after which the sandbox has the interfaces and rules that it had before.
    func leavesNothing(source: SourceLocation = #_sourceLocation, _ body: () throws -> Void) throws {
        let (links, rules) = (try links(), try rules())
        try body()
        if let ids = try? ck(["ps", "-a", "-q"]).lines, !ids.isEmpty {
            try expect(["rm", "-f"] + ids.map(String.init))
        }
        try expect(["system", "reset", "--force"])
        try eventually("the end of the interfaces") { try self.links() == links }
        #expect(try self.rules() == rules, sourceLocation: source)
        try eventually("the end of ck-dns") { processes(named: "ck-dns").isEmpty }
        #expect(processes(named: "ck-shim").isEmpty, sourceLocation: source)
    }

    /// A container's address on a network, as `inspect` has it.
    func address(of container: String, on network: String = "bridge", _ field: String = "IPAddress") throws -> String {
        try ck(["inspect", "-f", "{{(index .NetworkSettings.Networks \"\(network)\").\(field)}}", container]).line(0)
    }

    /// As `leavesNothing`, where the networks were there before: once the containers are gone, so are their links.
    func leavesNothingButNetworks(source: SourceLocation = #_sourceLocation, _ body: () throws -> Void) throws {
        try body()
        if let ids = try? ck(["ps", "-a", "-q"]).lines, !ids.isEmpty {
            try expect(["rm", "-f"] + ids.map(String.init))
        }
        try eventually("the end of the interfaces") { try !self.links().contains { $0.hasPrefix("veth") } }
        #expect(try !rules().contains("elements = "), "no port is led anywhere", sourceLocation: source)
        try eventually("the end of ck-dns") { processes(named: "ck-dns").isEmpty }
    }

    /// The first process of a container.
    func process(of container: String) throws -> Int32 {
        try #require(Int32(try ck(["inspect", "-f", "{{.State.Pid}}", container]).line(0)))
    }

    /// Starts a container whose port answers each connection with its name and who asks.
    func startServer(_ name: String, _ options: [String] = [], port: Int = 80, image: String = "bb") throws {
        // The shell is busybox's: netstat knows the peer.
        let answer =
            "echo \(name) $(netstat -tn | sed -n 's/.*:\(port) *\\([0-9a-f.:]*\\):[0-9]* *\\(ESTABLISHED\\|CLOSE_WAIT\\).*/\\1/p')"
        try expect(
            ["run", "-d", "--name", name] + options + [image, "nc", "-ll", "-p", "\(port)", "-e", "sh", "-c", answer])
        try eventually("\(name) listens") {
            try ck(["exec", name, "netstat", "-ltn"]).output.contains(":\(port) ")
        }
    }

    /// Serves in the network of a running container until the test ends (talk.py).
    func serve(_ word: String, in container: String?, _ address: String, _ port: Int, _ transport: String) throws {
        let inside = try container.map { ["nsenter", "--net=/proc/\(try process(of: $0))/ns/net"] } ?? []
        try start(entering(inside + Talk.serve(word, address, port, transport)))
    }

    /// Starts a program that writes a line when it is ready, and runs until the test ends.
    func start(_ arguments: [String]) throws {
        let log = "\(folder)/program-\(UInt32.random(in: 0 ... .max)).log"
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let output = try Descriptor.open(log, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        let pid = try Command.spawn(arguments, input: null.raw, output: output.raw, error: output.raw)
        atEnd {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        try eventually("\(arguments.joined(separator: " ")) is ready") { !(try Files.readText(log)).isEmpty }
    }

    /// What a server says to the sandbox itself.
    func ask(_ address: String, _ port: Int, _ transport: String = "tcp") throws -> String {
        try inside(Talk.ask(address, port, transport)).output
    }

    /// What a server says to a container that runs.
    func ask(_ address: String, _ port: Int, from container: String) throws -> String {
        try ck(["exec", container, "nc", "-w", "2", address, "\(port)"]).output
    }
}

// MARK: - Names

extension Sandbox {
    /// What the sandbox has for /etc/resolv.conf.
    func setResolver(_ text: String) throws {
        let file = folder + "/resolv.conf"
        let isMounted = Files.exists(file)
        // In place: the mount shows this very file.
        let descriptor = try Descriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try descriptor.writeAll(text.utf8, name: file)
        if !isMounted { try script("mount --bind \(file) $(readlink -f /etc/resolv.conf)") }
    }

    /// The IPv4 addresses that a container finds for a name.
    func lookUp(_ name: String, in container: String) throws -> [String] {
        let lines = try ck(["exec", container, "nslookup", "-type=a", name]).lines
        return lines.filter { $0.hasPrefix("Address: ") }.map { String($0.dropFirst(9)) }
    }
}
