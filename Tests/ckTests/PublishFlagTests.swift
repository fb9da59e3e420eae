import ContainerEngine
import Testing

@testable import ck

/// `-p`, `-P` and `--expose`: what they become, and what is said of bad ones, in docker's words.
@Suite struct PublishFlagTests {
    private static func one(
        _ port: UInt16, _ transport: PortBinding.Transport = .tcp, _ address: String? = nil,
        _ host: ClosedRange<UInt16>? = nil
    ) -> [PortBinding] { [PortBinding(port, transport, hostAddress: address, hostPorts: host)] }

    static let good: [(String, [PortBinding])] = [
        ("80", one(80)), ("8080:80", one(80, .tcp, nil, 8080...8080)), ("80/udp", one(80, .udp)),
        ("80/TCP", one(80)), ("80/", one(80)), (":80", one(80)), ("0:80", one(80)), ("::80", one(80)),
        ("53:53/udp", one(53, .udp, nil, 53...53)), ("9:9/sctp", one(9, .sctp, nil, 9...9)),
        ("127.0.0.1:8080:80", one(80, .tcp, "127.0.0.1", 8080...8080)), ("127.0.0.1::80", one(80, .tcp, "127.0.0.1")),
        ("[::1]:8080:80", one(80, .tcp, "::1", 8080...8080)), ("[::]::80/udp", one(80, .udp, "::")),
        ("2001:db8::1:8080:80", one(80, .tcp, "2001:db8::1", 8080...8080)),
        ("8000-8010:80", one(80, .tcp, nil, 8000...8010)),
        ("80-82", one(80) + one(81) + one(82)),
        (
            "127.0.0.1:8000-8001:80-81/udp",
            one(80, .udp, "127.0.0.1", 8000...8000) + one(81, .udp, "127.0.0.1", 8001...8001)
        ),
        ("65534-65535:65534-65535", one(65534, .tcp, nil, 65534...65534) + one(65535, .tcp, nil, 65535...65535)),
        ("published=8080,target=80", one(80, .tcp, nil, 8080...8080)),
        ("target=53,protocol=udp", one(53, .udp)),
    ]

    @Test(arguments: good) func whatDockerTakes(_ text: String, _ wanted: [PortBinding]) throws {
        #expect(try PublishFlag.parse(text) == wanted)
    }

    static let bad: [(String, String)] = [
        ("", "no port specified: <empty>"), ("8080:", "no port specified: 8080:<empty>"),
        ("/tcp", "no port specified: /tcp<empty>"), ("x", "invalid containerPort: x"),
        ("0", "invalid containerPort: 0"), ("65536", "invalid containerPort: 65536"),
        ("-1", "invalid containerPort: -1"), ("+80", "invalid containerPort: +80"),
        ("90-80", "invalid containerPort: 90-80"), ("80-81-82", "invalid containerPort: 80-81-82"),
        ("x:80", "invalid hostPort: x"), ("99999:80", "invalid hostPort: 99999"), ("0-5:80", "invalid hostPort: 0-5"),
        ("80/foo", "invalid proto: foo"), ("1.2.3:80:80", "invalid IP address: 1.2.3"),
        ("host:80:80", "invalid IP address: host"),
        ("[::1:80:80", "invalid IP address [::1: address [::1:: missing ']' in address"),
        ("[fe80::1%eth0]:80:80", "invalid IP address: fe80::1%eth0"),
        ("1-3:80-81", "invalid ranges specified for container and host Ports: 80-81 and 1-3"),
        ("80:80-81", "invalid ranges specified for container and host Ports: 80-81 and 80"),
        ("target=80,x", "invalid publish opts format (should be name=value but got 'x')"),
        ("target=80,mode=host", "invalid publish opts format: there are published, target and protocol, not mode"),
    ]

    @Test(arguments: bad) func whatDockerRefuses(_ text: String, _ wanted: String) {
        let outcome = ck("run", "-p", text, "bb")
        #expect(outcome == Outcome(error: "ck: \(wanted)\n", status: 125))
    }

    @Test func flagsOfACommand() throws {
        let run = try parse(
            Run.self, "run", "-p", "8080:80", "-p53/udp", "--publish=9:9", "-P", "--expose", "7-8", "--expose",
            "9/sctp", "bb")
        let options = try run.arguments.options()
        #expect(
            options.ports == [.init(80, hostPorts: 8080...8080), .init(53, .udp), .init(9, hostPorts: 9...9)])
        #expect(options.publishesAll && options.exposedPorts == ["7/tcp", "8/tcp", "9/sctp"])
        #expect(
            ck("run", "--expose", "80/foo", "bb").error
                == "ck: invalid port format for --expose: 80/foo: invalid proto 'foo'\n")
    }

    // MARK: - What a person is told

    private func warning(_ flags: String..., standard: String? = nil) throws -> String? {
        guard case .command(let invocation) = try Request.parse(["run"] + flags + ["bb"]),
            let run = invocation.command as? Run
        else { throw NotACommand() }
        return OpenPorts.warning(try run.arguments.options(), standard: standard)
    }

    @Test func openPorts() throws {
        #expect(
            try warning("-p", "8080:80")
                == "port 8080 is open on every address of this host (-p 127.0.0.1:8080:80 keeps it local)")
        #expect(try warning("-p", "[::]:8000-8010:53/udp")?.hasPrefix("port 8000-8010 is open") == true)
        #expect(
            try warning("-p", "80")
                == "the container's port 80/tcp is open on every address of this host (-p 127.0.0.1::80 keeps it local)"
        )
        #expect(
            try warning("-p", "127.0.0.1:1:1", "-p", "2:2", "-p", "0.0.0.0:3:3/udp")?.hasPrefix("port 2 and 1 more are")
                == true)
        #expect(try warning("-P")?.hasPrefix("every exposed port is open") == true)
        #expect(try warning() == nil && warning("-p", "127.0.0.1:8080:80") == nil && warning("-p", "[::1]::80") == nil)
        #expect(try warning("-p", "80:80", standard: "127.0.0.1") == nil && warning("-P", standard: "192.0.2.1") == nil)
        #expect(try warning("-p", "80:80", "--network", "host") == nil, "it is not published at all")
        #expect(try warning("-p", "0.0.0.0:80:80", standard: "127.0.0.1") != nil)
    }
}
