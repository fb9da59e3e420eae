import ContainerSystem
import Glibc
import Synchronization
import Testing

@testable import ContainerNames

/// How the server comes and goes.
@Suite(.serialized) struct ServerLifeTests {
    @Test func itComesWithTheFirstAndGoesAfterTheLast() throws {
        try RunFolder.with { folder in
            #expect(folder.servers.isEmpty)
            // Nothing to say to nobody.
            try folder.client.remove("web")
            #expect(folder.servers.isEmpty)
            let web = try folder.container("web")
            let db = try folder.container("db")
            try folder.client.update("web", pid: web.pid)
            try folder.client.update("db", pid: db.pid)
            // On a slow machine a second one was started, which leaves again.
            #expect(folder.eventually { folder.servers.count == 1 })
            web.end()
            try db.inside { () throws in #expect(try folder.eventually { try Resolver().ask("web")?.code != 0 }) }
            usleep(1_500_000)
            #expect(folder.servers.count == 1, "one is left")
            db.end()
            #expect(folder.eventually { folder.servers.isEmpty })
            #expect(try Files.list(folder.path) == ["containers"])
        }
    }

    @Test func oneThatWasKilledIsFollowedByOneThatServesAll() throws {
        try RunFolder.with { folder in
            let web = try folder.container("web")
            let db = try folder.container("db")
            // Records of what does not run, and broken ones, are in nobody's way.
            _ = try folder.container("ended").end()
            try Files.makeDirectory(folder.path + "/containers/broken")
            try Files.replace(folder.path + "/containers/broken/names.json", with: "{".utf8)
            try Files.replace(folder.path + "/containers/broken/pids", with: "1 2 3".utf8)
            try folder.client.update("web", pid: web.pid)
            #expect(folder.eventually { folder.servers.count == 1 })
            let first = folder.servers
            func rules() throws -> String {
                try Sleeper.run(["nsenter", "--net=/proc/\(web.pid)/ns/net", "nft", "list", "ruleset"]).text
            }
            let before = try rules()
            #expect(before.split(separator: "\n").filter { $0.contains("dnat") }.count == 2, "\(before)")
            try web.inside { () throws in #expect(try Resolver(isStream: true).ask("web")?.data == ["10.9.0.2"]) }
            kill(first[0], SIGKILL)
            try folder.client.update("db", pid: db.pid)
            #expect(folder.eventually { folder.servers.count == 1 } && folder.servers != first)
            try web.inside { () throws in
                #expect(try Resolver().ask("db")?.data == ["10.9.0.3"])
                #expect(try Resolver().ask("ended")?.code != 0)
            }
            try db.inside { () throws in #expect(try Resolver().ask("web")?.data == ["10.9.0.2"]) }
            // At the same ports: to change rules takes the kernel long.
            #expect(try rules() == before)
        }
    }

    /// It has nothing of who started it: no session, no working folder, no signal that is held back, no descriptor.
    @Test func itIsNobodys() throws {
        try RunFolder.with { folder in
            let web = try folder.container("web")
            try folder.client.update("web", pid: web.pid)
            // On a slow machine a second one was started, which leaves again.
            #expect(folder.eventually { folder.servers.count == 1 })
            let server = try #require(folder.servers.first)
            #expect(getsid(server) == server && getsid(server) != getsid(0))
            var buffer = [UInt8](repeating: 0, count: 64)
            #expect(readlink("/proc/\(server)/cwd", &buffer, 64) == 1 && buffer[0] == UInt8(ascii: "/"))
            // Three for its streams, lock, poller, home, listener, four of the container's at most.
            #expect(try Files.list("/proc/\(server)/fd").count <= 12)
            let parent = try Files.readText("/proc/\(server)/status", limit: 8192)
            #expect(parent.contains("\nPPid:\t") && !parent.contains("\nPPid:\t\(getpid())\n"))
            kill(server, SIGTERM)
            #expect(folder.eventually { folder.servers.isEmpty })
        }
    }

    @Test func manyAtOnceStartOne() throws {
        try RunFolder.with { folder in
            let sleepers = try (0..<8).map { try folder.container("c\($0)") }
            let pids = sleepers.map(\.pid)
            let client = try folder.client
            let failures = Mutex<[String]>([])
            concurrently(8) { index in
                do { try client.update("c\(index)", pid: pids[index]) } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
            #expect(folder.eventually { folder.servers.count == 1 })
            try sleepers[0].inside { () throws in
                for index in 0..<8 { #expect(try Resolver().ask("c\(index)")?.data.count == 1) }
            }
        }
    }

    /// Asked in the very moment in which it leaves, again and again: there is always one that answers.
    @Test func oneThatIsLeavingIsFollowedByAnother() throws {
        let failures = Mutex<[String]>([])
        concurrently(6) { index in
            do {
                try RunFolder.with { folder in
                    let web = try folder.container("web")
                    for round in 0..<3 {
                        try folder.client.update("web", pid: web.pid)
                        try folder.client.remove("web")
                        usleep(useconds_t(985_000 + (index * 3 + round) * 2000))
                    }
                    try folder.client.update("web", pid: web.pid)
                    try web.inside { () throws in
                        if try Resolver().ask("web")?.data != ["10.9.0.2"] { throw ContainerError(.notFound, "web") }
                    }
                }
            } catch { failures.withLock { $0.append("\(error)") } }
        }
        #expect(failures.withLock { $0 } == [])
    }

    @Test func aProgramThatIsNotThereIsNamed() throws {
        try RunFolder.with { folder in
            let client = try NameServerClient(runRoot: folder.path, program: "/no/such/ck-dns")
            let error = #expect(throws: ContainerError.self) { try client.update("web", pid: 1) }
            #expect(error?.description.contains("/no/such/ck-dns") == true)
        }
    }

    private func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        final class Work: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        let threads = (0..<count).map { index in
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(Work { body(index) }).toOpaque())
            return thread
        }
        for thread in threads { pthread_join(thread, nil) }
    }
}
