import ContainerSystem
import Glibc
import Testing

/// Another machine: a network namespace that a cable joins to the sandbox's, and that knows no way to the containers.
final class Outside {
    static let address = "192.0.2.2"
    static let address6 = "2001:db8:2::2"
    /// The sandbox's own addresses on the cable.
    static let host = "192.0.2.1"
    static let hostSecond = "192.0.2.129"
    static let host6 = "2001:db8:2::1"

    let box: Sandbox
    private let holder: pid_t

    init(_ box: Sandbox) throws {
        self.box = box
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let holder = try Command.spawn(
            box.entering(["unshare", "--net", "sleep", "3600"]), input: null.raw, output: null.raw, error: null.raw)
        self.holder = holder
        box.atEnd {
            kill(holder, SIGKILL)
            waitpid(holder, nil, 0)
        }
        try Command.awaitSleep(holder)
        try box.script(
            """
            ip link add out0 type veth peer name eth0 netns \(holder)
            ip address add \(Self.host)/24 dev out0
            ip address add \(Self.hostSecond)/24 dev out0
            ip address add \(Self.host6)/64 dev out0 nodad
            ip link set out0 up
            """)
        let made = try run([
            "sh", "-ec",
            """
            ip link set lo up
            ip address add \(Self.address)/24 dev eth0
            ip address add \(Self.address6)/64 dev eth0 nodad
            ip link set eth0 up
            """,
        ])
        try #require(made.status == 0, "\(made)")
    }

    /// A command line that runs another on this machine.
    func entering(_ arguments: [String]) -> [String] {
        ["nsenter", "--net=/proc/\(holder)/ns/net"] + box.entering(arguments).filter { !$0.hasPrefix("--net=") }
    }

    @discardableResult
    func run(_ arguments: [String]) throws -> CommandResult { try Command.run(entering(arguments)) }

    /// What a server says to whoever connects; empty when there is none.
    func ask(_ address: String, _ port: Int, _ transport: String = "tcp") throws -> String {
        try run(Talk.ask(address, port, transport)).output
    }
}

/// Words that go over a network (talk.py).
enum Talk {
    /// Asks a server for all that it says.
    static func ask(_ address: String, _ port: Int, _ transport: String = "tcp") -> [String] {
        ["python3", Fixture.path("talk.py"), "ask", transport, address, "\(port)"]
    }

    /// Answers everybody with a word and who they are: `WORD ADDRESS`.
    static func serve(_ word: String, _ address: String, _ port: Int, _ transport: String = "tcp") -> [String] {
        ["python3", Fixture.path("talk.py"), "serve", transport, address, "\(port)", word]
    }
}
