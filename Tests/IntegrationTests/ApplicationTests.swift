import ContainerSystem
import Glibc
import Testing

/// Three containers on two networks, as people have them: nginx, a small server, PostgreSQL (Examples/Application).
@Suite struct ApplicationTests {
    private static let folder =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Examples/Application"

    @Test func anApplicationRunsOnTwoNetworks() throws {
        try Sandbox.with(image: false) { box in
            let outside = try Outside(box)
            func run(_ arguments: String...) throws -> CommandResult {
                let ck = "CK=" + box.ckProgram.joined(separator: " ")
                return try box.inside(["env", ck, Self.folder + "/run"] + arguments, timeout: 900)
            }
            func ask() throws -> String {
                let script =
                    "import urllib.request as r; "
                    + "print(r.build_opener(r.ProxyHandler({})).open('http://\(Outside.host):8080', timeout=5).read())"
                return try outside.run(["python3", "-c", script]).description
            }
            // On this machine: the sandbox leads nowhere.
            let packages = try Command.run(
                [Self.folder + "/packages", Self.folder + "/../../.build/fixtures/application"], timeout: 900)
            try #require(packages.status == 0, "\(packages)")
            let up = try run("up")
            try #require(up.status == 0 && up.output.isEmpty, "\(up)")
            let checked = try run("check", Outside.host)
            // A machine that is slow has asked more than once whether it is up.
            let visitor = try #require(checked.output.firstMatch(of: /You are visitor (\d+)\n/).flatMap { Int($0.1) })
            #expect(
                checked.output.hasPrefix(
                    """
                    You are visitor \(visitor)
                    You are visitor \(visitor + 1)
                    yes: can front service 8000
                    yes: can service database 5432
                    no:  can front database 5432
                    no:  can front
                    """), "\(checked)")
            let heard = try ask()
            #expect(heard == "status 0\nb'You are visitor \(visitor + 2)\\n'\n", "from another machine")
            for (container, network, port) in [("service", "front", 8000), ("database", "back", 5432)] {
                let address = try box.address(of: "application-" + container, on: "application-" + network)
                #expect(try outside.ask(address, port).isEmpty, "nothing but the published port is open: \(container)")
            }
            // A service that is another container goes on under its name.
            try box.expect(["restart", "-t", "0", "application-service"])
            try box.eventually("the service is back") { try ask().contains("visitor") }
            let down = try run("down")
            #expect(down.status == 0 && down.output.isEmpty, "\(down)")
            try box.eventually("the end of the interfaces") { try !box.links().contains { $0.hasPrefix("veth") } }
            #expect(try !box.rules().contains("elements = "))
            // The data is still there.
            try #require(try run("up").status == 0)
            let again = try run("check")
            #expect(again.status == 0 && !again.output.contains("visitor 1\n"), "\(again)")
            #expect(try run("down").status == 0)
        }
    }
}
