import ContainerSystem
import Testing
import TextTemplate

@testable import ContainerEngine
@testable import ck

/// A container as the engine lists it.
private func container(
    _ name: String, id: String = String(repeating: "0123456789abcdef", count: 4), image: String = "busybox",
    imageID: String = "sha256:1", command: String = "sh", created: Double = 90, _ state: ContainerState = .created,
    labels: [String: String] = [:], health: HealthStatus? = nil, mounts: [ContainerSummary.Mount] = [],
    networks: [String] = ["bridge"], exposedPorts: [String] = [], publishedPorts: [String] = [],
    ports: [PortMapping] = [], restart: RestartPolicy = .no, isStopped: Bool = false
) -> ContainerSummary {
    ContainerSummary(
        id: id, name: name, image: image, imageID: imageID, command: command, created: created, state: state,
        labels: labels, health: health, mounts: mounts, networks: networks, exposedPorts: exposedPorts,
        publishedPorts: publishedPorts, ports: ports,
        restart: restart, wasStoppedByHand: isStopped)
}

private let process = ProcessIdentity(pid: 1, startTime: 1)
private let running = ContainerState.running(.init(process: process, shim: process, started: 40))
private let exited = ContainerState.exited(.init(status: 137, started: 1, finished: 97))

@Suite struct ContainerListTests {
    @Test func statusTexts() {
        let paused = ContainerState.paused(.init(process: process, shim: process, started: 40))
        let restarting = ContainerState.restarting(
            .init(shim: process, exit: .init(status: 3, started: 1, finished: 98), count: 2, until: 101))
        let cases: [(ContainerState, HealthStatus?, String)] = [
            (.created, nil, "Created"), (running, nil, "Up About a minute"),
            (running, .starting, "Up About a minute (health: starting)"),
            (running, .unhealthy, "Up About a minute (unhealthy)"), (paused, .healthy, "Up About a minute (Paused)"),
            (restarting, nil, "Restarting (3) 2 seconds ago"), (exited, nil, "Exited (137) 3 seconds ago"),
            (.exited(.init(status: 255, started: nil, finished: nil)), nil, "Exited (255)"),
            (.removing, nil, "Removal In Progress"), (.dead, nil, "Dead"),
            (.running(.init(process: process, shim: process, started: 0)), nil, "Created"),
        ]
        for (state, health, text) in cases { #expect(state.status(now: 100, health: health) == text) }
    }

    @Test func aRow() {
        let one = container("n", command: "sh -c \"sleep 1000; true\"")
        #expect(
            ContainerRows(isWhole: false, now: 100).row(one)
                == ["0123456789ab", "busybox", #""sh -c \"sleep 1000; …""#, "10 seconds ago", "Created", "", "n"])
        let whole = ContainerRows(isWhole: true, now: 100).row(one)
        #expect(whole[0] == one.id && whole[2] == #""sh -c \"sleep 1000; true\"""#)
        var measured = container("n", running, exposedPorts: ["80/tcp", "53/udp"])
        measured.size = .init(written: 2, total: 21_500_000)
        let row = ContainerRows(isWhole: false, now: 100).row(measured, withSize: true)
        #expect(row[5] == "53/udp, 80/tcp" && row[7] == "2B (virtual 21.5MB)")
    }

    private func text(_ format: String, _ container: ContainerSummary, isWhole: Bool = false) throws -> String {
        let rows = ContainerRows(isWhole: isWhole, now: 100)
        return try ListFormat(format, table: ContainerRows.listing.table, headers: ContainerRows.listing.headers)
            .text(of: [rows.object(container)])
    }

    @Test func fieldsOfTemplates() throws {
        let one = container(
            "web", running, labels: ["b": "2", "a.x": "1"], health: .healthy,
            mounts: [
                .init(source: "/srv/some/long/path", target: "/a", isVolume: false),
                .init(source: "data", target: "/b", isVolume: true),
            ], networks: ["none"])
        #expect(
            try text("{{.Mounts}} {{.LocalVolumes}} {{.Networks}} {{.HealthStatus}} {{.Labels}} {{.Label \"b\"}}", one)
                == "/srv/some/long…,data 1 none healthy a.x=1,b=2 2\n")
        #expect(try text("{{.Mounts}}", one, isWhole: true) == "/srv/some/long/path,data\n")
        #expect(try text("table {{.Mounts}}\t{{.Label \"a.x\"}}", one).hasPrefix("MOUNTS "))
        #expect(throws: TemplateError.self) { try text("{{.Nope}}", one) }
    }

    /// What the object gives as `docker ps --format json` does.
    @Test func jsonHasDockersKeys() throws {
        let json = try text("json", container("web", exited))
        let keys = [
            "Command", "CreatedAt", "HealthStatus", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Names",
            "Networks", "Platform", "Ports", "RunningFor", "Size", "State", "Status",
        ]
        var rest = json[...]
        for key in keys {
            let range = try #require(rest.range(of: "\"\(key)\":"), "\(key) in its order in \(json)")
            rest = rest[range.upperBound...]
        }
        #expect(json.contains(#""Platform":null"#) && json.contains(#""State":"exited""#))
    }

    /// A label with an escape that writes the clipboard (OSC 52), a name of an image, a command.
    @Test func nothingOfAContainerDrivesTheTerminal() throws {
        let evil = "a\u{1b}]52;c;aGk=\u{07}\u{9b}31m\u{202e}"
        let one = container("web", image: evil, command: evil, labels: [evil: evil])
        let outputs = [
            ContainerRows(isWhole: true, now: 100).table([one], withSize: true), try text("json", one),
            try text("{{.Labels}} {{.Image}} {{.Command}}", one),
            try EventLine("").line(Event(.container, "start", id: "x", attributes: [evil: evil + "\n"])),
        ]
        for output in outputs.map(Quoting.safe) {
            let scalars = output.unicodeScalars.filter { $0 != "\n" && $0 != "\t" }
            #expect(!scalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) || $0.value == 0x202e })
        }
        #expect(!outputs[3].contains("\n"), "an event is a line")
    }
}

@Suite struct ContainerFilterTests {
    private let all = [
        container(
            "web-2", id: "aa" + String(repeating: "0", count: 62), imageID: "sha256:2", running,
            labels: ["tier": "front", "x": ""], health: .healthy,
            mounts: [.init(source: "data", target: "/srv", isVolume: true)], networks: ["none"],
            exposedPorts: ["80/tcp", "53/udp"], publishedPorts: ["80/tcp"], restart: .always),
        container(
            "web", id: "ab" + String(repeating: "0", count: 62), exited, labels: ["tier": "back"],
            restart: .unlessStopped, isStopped: true),
        container("db", id: "bc" + String(repeating: "0", count: 62), .created, restart: .unlessStopped),
    ]

    private func names(_ filters: String...) throws -> [String] {
        try ContainerFilter(filters).apply(to: all) { name throws(ContainerError) in
            name == "two" ? ["sha256:2"] : []
        }.map(\.name)
    }

    @Test func eachFilter() throws {
        let cases: [([String], [String])] = [
            (["status=running"], ["web-2"]), (["status=exited", "status=created"], ["web", "db"]),
            (["name=web"], ["web-2", "web"]), (["name=^web$"], ["web"]), (["name=^/db"], ["db"]),
            (["name=w.b-[0-9]"], ["web-2"]), (["id=a"], ["web-2", "web"]), (["id=bc00", "name=web"], []),
            (["label=tier"], ["web-2", "web"]), (["label=tier=back"], ["web"]), (["label=tier", "label=x"], ["web-2"]),
            (["exited=137"], ["web"]), (["exited=0"], []), (["exited=0", "exited=137"], ["web"]),
            (["health=healthy"], ["web-2"]), (["health=none"], ["web", "db"]), (["network=none"], ["web-2"]),
            (["volume=data"], ["web-2"]), (["volume=/srv"], ["web-2"]), (["volume=/"], []),
            (["expose=80"], ["web-2"]), (["expose=50-60/udp"], ["web-2"]), (["expose=53"], []),
            (["publish=80"], ["web-2"]), (["publish=53/udp"], []),
            (["ancestor=two"], ["web-2"]), (["ancestor=three"], []), (["before=web"], ["db"]),
            (["since=web"], ["web-2"]),
            (["since=bc0"], ["web-2", "web"]), (["restart-policy=unless-stopped"], ["web", "db"]),
            (["should-start-on-boot=true"], ["web-2", "db"]), (["should-start-on-boot=false"], ["web"]),
            (["STATUS=running"], ["web-2"]),
        ]
        for (filters, expected) in cases {
            let found = try ContainerFilter(filters).apply(to: all) { name throws(ContainerError) in
                name == "two" ? ["sha256:2"] : []
            }
            #expect(found.map(\.name) == expected, "\(filters)")
        }
    }

    @Test func whatIsNoFilterIsRefused() throws {
        let wrong = [
            "nope=1", "status=up", "exited=x", "health=fine", "name=[", "expose=x", "expose=99999", "is-task=true",
            "should-start-on-boot=1",
        ]
        for filter in wrong {
            #expect(throws: CommandFailure.self, "\(filter)") { try ContainerFilter([filter]) }
        }
        #expect(throws: FlagError.self) { try ContainerFilter(["status"]) }
        #expect(throws: ContainerError.self) { try names("before=nosuch") }
        #expect(try ContainerFilter(["exited=0"]).asksForAll && !ContainerFilter(["name=x"]).asksForAll)
    }
}
