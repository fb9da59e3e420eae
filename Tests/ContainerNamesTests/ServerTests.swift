import ContainerSystem
import Glibc
import Testing

@testable import ContainerNames

/// The server as containers meet it: a process, and network namespaces of the kernel.
@Suite(.serialized) struct ServerTests {
    @Test func containersFindEachOtherOverBothProtocols() throws {
        try RunFolder.with { folder in
            let web = try folder.container("web")
            let db = try folder.container("db")
            try folder.client.update("web", pid: web.pid)
            try folder.client.update("db", pid: db.pid)
            try web.inside { () throws in
                let resolver = try Resolver()
                #expect(try resolver.ask("db")?.data == ["10.9.0.3"])
                #expect(try resolver.ask("DB.front", 28)?.data == ["fd09:0:0:0:0:0:0:3"])
                #expect(try resolver.ask("svc")?.data.sorted() == ["10.9.0.2", "10.9.0.3"])
                #expect(try resolver.ask("3.0.9.10.in-addr.arpa", 12)?.data == ["db.front"])
                let none = try resolver.ask("db", 16)
                #expect(none?.code == 0 && none?.data == [])
            }
            try db.inside { () throws in
                let stream = try Resolver(isStream: true)
                for name in ["web", "db", "web"] { #expect(try stream.ask(name)?.data.count == 1) }
                // Several at once on one connection.
                try stream.send(Message.question("web", id: 1))
                try stream.send(Message.question("db", id: 2))
                #expect(Message.read(try stream.receive())?.id == 1)
                #expect(Message.read(try stream.receive())?.id == 2)
            }
        }
    }

    /// The resolver of the C library, as programs use it.
    @Test func theCLibraryFindsThem() throws {
        try RunFolder.with { folder in
            let web = try folder.container("web")
            try folder.client.update("web", pid: web.pid)
            try Files.replace(folder.path + "/resolv.conf", with: "nameserver 127.0.0.11\noptions ndots:0\n".utf8)
            let script = "mount --bind \(folder.path)/resolv.conf /etc/resolv.conf && getent ahosts web.front"
            let found = try Sleeper.run(
                ["nsenter", "--net=/proc/\(web.pid)/ns/net", "unshare", "--mount", "sh", "-c", script])
            #expect(found.text.contains("10.9.0.2") && found.text.contains("fd09::2"), "\(found)")
        }
    }

    /// A server of the container's own has port 53, also where ours is; the questions go to ours all the same.
    @Test func theContainerMayHavePort53() throws {
        try RunFolder.with { folder in
            let web = try folder.container("web", hasLoopback: false)
            try folder.client.update("web", pid: web.pid)
            try web.raiseLoopback()
            try web.inside { () throws in
                let raw = try system("socket") { Glibc.socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0) }
                let socket = Descriptor(owning: raw)
                let own = try #require(SocketAddress("127.0.0.11", port: 53))
                try system("bind") { own.with { bind(socket.raw, $0, $1) } }
                #expect(try Resolver().ask("web")?.data == ["10.9.0.2"])
            }
        }
    }

    /// As in a kernel without nf_tables.
    @Test func withoutRulesPort53IsTaken() throws {
        let sleeper = try Sleeper(hasLoopback: false)
        defer { sleeper.end() }
        try sleeper.inside { () throws in
            let refusal = ContainerError(.unsupported, "no nf_tables")
            let sockets = try ServedContainer.openSockets { (_, _) throws(ContainerError) in throw refusal }
            #expect(ServedContainer.port(of: sockets.0) == 53 && ServedContainer.port(of: sockets.1) == 53)
            // Where that is somebody's already, the first reason is the one that counts.
            #expect(throws: refusal) {
                try ServedContainer.openSockets { (_, _) throws(ContainerError) in throw refusal }
            }
        }
    }

    @Test func changesAreSeenAtOnce() throws {
        try RunFolder.with { folder in
            let web = try folder.container("web")
            let db = try folder.container("db", { $0.networks[0].id = "elsewhere" })
            let client = try folder.client
            try client.update("web", pid: web.pid)
            try client.update("db", pid: db.pid)
            let resolver = try web.inside { try Resolver() }
            #expect(try resolver.ask("db")?.code != 0)
            var record = try NameRecord(readingFrom: folder.path + "/containers/db")
            record.networks[0].id = "n"
            try record.write(to: folder.path + "/containers/db")
            try client.update("db", pid: db.pid)
            #expect(try resolver.ask("db")?.data == ["10.9.0.3"])
            try client.remove("db")
            #expect(try resolver.ask("db")?.code != 0)
            let rules = try Sleeper.run(["nsenter", "--net=/proc/\(db.pid)/ns/net", "nft", "list", "ruleset"])
            #expect(rules.status == 0 && rules.text.isEmpty, "\(rules)")
        }
    }

    @Test func aNewLifeOfTheContainerIsServedAnew() throws {
        try RunFolder.with { folder in
            let first = try folder.container("web")
            let client = try folder.client
            try client.update("web", pid: first.pid)
            let second = try folder.container("web")
            try client.update("web", pid: second.pid)
            try second.inside { () throws in #expect(try Resolver().ask("web")?.data == ["10.9.0.3"]) }
            // The namespace of the first goes with it: nothing of ours is open there.
            _ = try first.inside { () throws in #expect(throws: ContainerError.self) { try Resolver(isStream: true) } }
        }
    }

    @Test func whatCannotBeServedIsSaidSo() throws {
        try RunFolder.with { folder in
            let web = try folder.container("web")
            let client = try folder.client
            let gone = #expect(throws: ContainerError.self) { try client.update("none", pid: web.pid) }
            #expect(gone?.description.contains("names.json") == true)
            let host = #expect(throws: ContainerError.self) { try client.update("web", pid: getpid()) }
            #expect(host?.description.contains("the host's network") == true)
            try Files.replace(folder.path + "/containers/web/names.json", with: "{".utf8)
            let broken = #expect(throws: ContainerError.self) { try client.update("web", pid: web.pid) }
            #expect(broken?.description.contains("names.json") == true)
            #expect(throws: ContainerError.self) { try client.update("../web", pid: web.pid) }
        }
    }

    /// A container that sends whatever comes to its mind gets answers or none; others go on to get theirs.
    @Test func rubbishDoesNoHarm() throws {
        try RunFolder.with { folder in
            let web = try folder.container("web")
            let db = try folder.container("db")
            try folder.client.update("web", pid: web.pid)
            try folder.client.update("db", pid: db.pid)
            try web.inside { () throws in
                let resolver = try Resolver()
                var random = SystemRandomNumberGenerator()
                for round in 0..<3000 {
                    var bytes = Message.question("web.front", udpSize: 1232)
                    for _ in 0...round % 4 {
                        bytes[Int.random(in: 2..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                    }
                    if round % 3 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
                    try resolver.send(bytes)
                }
                try resolver.send([UInt8](repeating: 0, count: 9000))
                // As many connections as are let in, and more; half a question in each.
                var streams: [Resolver] = []
                for _ in 0..<40 {
                    guard let stream = try? Resolver(isStream: true) else { continue }
                    let half: [UInt8] = [0, 200, 1, 2, 3]
                    send(stream.socket.raw, half, half.count, CInt(MSG_NOSIGNAL))
                    streams.append(stream)
                }
                let huge: [UInt8] = [0xff, 0xff, 0, 0]
                send(streams[0].socket.raw, huge, huge.count, CInt(MSG_NOSIGNAL))
                #expect(try Resolver().ask("db")?.data == ["10.9.0.3"])
            }
            try db.inside { () throws in
                #expect(try Resolver().ask("web")?.data == ["10.9.0.2"])
                #expect(try Resolver(isStream: true).ask("web")?.data == ["10.9.0.2"])
            }
            #expect(folder.servers.count == 1)
        }
    }
}
