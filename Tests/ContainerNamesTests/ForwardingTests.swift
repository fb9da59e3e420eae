import ContainerSystem
import Glibc
import Testing

@testable import ContainerNames

/// Names that are none of ours, asked of servers in the host's network.
@Suite(.serialized) struct ForwardingTests {
    /// The server in a "host" of its own, a container, and two servers at 127.0.0.1 and 127.0.0.2 there.
    private func with(
        first: @escaping Upstream.Behaviour, second: @escaping Upstream.Behaviour = { _, _, _ in [] },
        at address: String = "127.0.0.1",
        record: (inout NameRecord) -> Void = { $0.servers = ["127.0.0.1", "127.0.0.2"] },
        _ body: (Sleeper, Upstream, Upstream) throws -> Void
    ) throws {
        try RunFolder.with { folder in
            let host = try Sleeper()
            defer { host.end() }
            let (one, two) = try host.inside { (try Upstream(address, first), try Upstream("127.0.0.2", second)) }
            defer {
                one.stop()
                two.stop()
            }
            let server = try Sleeper.spawn(
                ["nsenter", "--net=/proc/\(host.pid)/ns/net", RunFolder.program, folder.path])
            defer {
                kill(server, SIGKILL)
                waitpid(server, nil, 0)
            }
            let web = try folder.container("web", record)
            #expect(folder.eventually { Files.exists(folder.path + "/names.sock") })
            try folder.client.update("web", pid: web.pid)
            try body(web, one, two)
        }
    }

    @Test func theAnswerComesUnderTheClientsID() throws {
        try with(first: Upstream.answering(["192.0.2.7"])) { web, one, _ in
            try web.inside { () throws in
                let resolver = try Resolver()
                let answer = try resolver.ask("example.com", id: 0x1357, udpSize: 1232)
                #expect(answer?.data == ["192.0.2.7"] && answer?.id == 0x1357 && answer?.hasOptions == true)
                #expect(try Resolver(isStream: true).ask("example.org")?.data == ["192.0.2.7"])
                // A name of ours is not asked for elsewhere, whatever type.
                #expect(try resolver.ask("web", 65)?.data == [])
                #expect(try resolver.ask("unknown")?.data == ["192.0.2.7"])
            }
            #expect(one.asked == ["udp example.com", "udp example.org", "udp unknown"])
        }
    }

    @Test func aServerMayHaveAnIPv6Address() throws {
        let many = (0..<200).map { "10.0.\($0).1" }
        try with(
            first: { question, message, isStream in
                [Upstream.answer(question, message, many, sizeLimit: isStream ? 65535 : question.sizeLimit)]
            },
            at: "::1", record: { $0.servers = ["::1"] }
        ) { web, one, _ in
            try web.inside { () throws in
                #expect(try Resolver().ask("example.com", udpSize: 4096)?.data == many)
                #expect(try Resolver(isStream: true).ask("example.com")?.data == many)
            }
            #expect(one.asked == ["udp example.com", "udp example.com", "tcp example.com"])
        }
    }

    @Test func forgedAnswersAreNotTaken() throws {
        try with(first: { question, message, _ in
            let right = Upstream.answer(question, message, ["192.0.2.7"])
            let wrong = Upstream.answer(question, message, ["203.0.113.66"])
            var otherID = wrong
            otherID[0] ^= 0x55
            var otherName = wrong
            otherName[13] ^= 1
            var otherType = wrong
            otherType[question.end - 3] = 28
            return [otherID, otherName, otherType, [], [0], Array(wrong.prefix(12)), message, right]
        }) { web, _, _ in
            try web.inside { () throws in
                for _ in 0..<20 { #expect(try Resolver().ask("example.com")?.data == ["192.0.2.7"]) }
            }
        }
    }

    @Test func theNextServerIsAskedAfterSilenceAndFailure() throws {
        try with(
            first: { question, message, _ in
                question.name == DNSName("fails.example") ? [Upstream.code(2, message)] : []
            },
            second: Upstream.answering(["192.0.2.8"])
        ) { web, one, two in
            try web.inside { () throws in
                #expect(try Resolver().ask("fails.example")?.data == ["192.0.2.8"])
                let start = SteadyClock.nanoseconds
                #expect(try Resolver().ask("silent.example")?.data == ["192.0.2.8"])
                let waited = SteadyClock.nanoseconds - start
                #expect((1_900_000_000...4_000_000_000).contains(waited), "\(waited)")
            }
            #expect(one.asked == two.asked)
        }
    }

    @Test func whatNobodyCanAnswerFails() throws {
        try with(
            first: { question, message, _ in
                question.name == DNSName("no.example") ? [Upstream.code(3, message)] : [Upstream.code(5, message)]
            },
            second: { _, message, _ in [Upstream.code(5, message)] }
        ) { web, _, two in
            try web.inside { () throws in
                #expect(try Resolver().ask("refused.example")?.code == 5)
                #expect(try Resolver().ask("no.example")?.code == 3)
            }
            // That there is no such name is an answer.
            #expect(two.asked == ["udp refused.example"])
        }
        try with(first: { _, _, _ in [] }, record: { $0.servers = ["127.0.0.9"] }) { web, _, _ in
            // Nobody listens there: that is known at once.
            try web.inside { () throws in #expect(try Resolver().ask("example.com")?.code == 2) }
        }
    }

    @Test func whatIsTooLargeGoesOverTCP() throws {
        let many = (0..<200).map { "10.0.\($0).1" }
        try with(first: { question, message, isStream in
            [Upstream.answer(question, message, many, sizeLimit: isStream ? 65535 : question.sizeLimit)]
        }) { web, one, _ in
            try web.inside { () throws in
                let short = try Resolver().ask("big.example")
                #expect(short?.isTruncated == true && (short?.size ?? 0) <= 512)
                let whole = try Resolver(isStream: true).ask("big.example")
                #expect(whole?.isTruncated == false && whole?.data == many)
            }
            #expect(one.asked == ["udp big.example", "udp big.example", "tcp big.example"])
        }
    }

    @Test func internalNetworksHaveNoWayOut() throws {
        try with(first: Upstream.answering(["192.0.2.7"]), record: { $0.networks[0].isInternal = true }) {
            web, one, _ in
            try web.inside { () throws in
                #expect(try Resolver().ask("example.com")?.code == 2)
                #expect(try Resolver().ask("web")?.data == ["10.9.0.2"])
            }
            #expect(one.asked == [])
        }
    }

    @Test func aFloodOfQuestionsIsBounded() throws {
        try with(first: { question, message, _ in
            question.name == DNSName("quick.example") ? [Upstream.answer(question, message, ["192.0.2.7"])] : []
        }) { web, one, _ in
            try web.inside { () throws in
                let resolver = try Resolver()
                for index in 0..<128 { try resolver.send(Message.question("q\(index).example", id: UInt16(index))) }
                // Those beyond the limit fail at once, and names of ours are found meanwhile. As many as a slow machine asks
                // before the first are given up.
                for index in 128..<256 {
                    #expect(try resolver.ask("q\(index).example", id: UInt16(index))?.code == 2)
                }
                #expect(try Resolver().ask("web")?.data == ["10.9.0.2"])
                #expect(one.asked.count == 128)
                // The others are given up, and there is room again.
                usleep(4_500_000)
                #expect(try Resolver().ask("quick.example")?.data == ["192.0.2.7"])
            }
        }
    }

    @Test func theHostsFileIsReadAgainWhenItChanges() throws {
        try RunFolder.with { folder in
            let path = folder.path + "/resolv.conf"
            var servers = HostServers(path: path)
            #expect(servers.current() == [])
            try Files.replace(path, with: "nameserver 127.0.0.53\nnameserver fd00::1\nnameserver no\n".utf8)
            #expect(servers.current() == [SocketAddress("127.0.0.53", port: 53), SocketAddress("fd00::1", port: 53)])
            try Files.replace(path, with: (0..<9).map { "nameserver 10.0.0.\($0)\n" }.joined().utf8)
            #expect(servers.current().count == 3)
            unlink(path)
            #expect(servers.current() == [])
            #expect(SocketAddress("fe80::1%lo", port: 53) != SocketAddress("fe80::1", port: 53))
            #expect(SocketAddress("fe80::1%nosuchlink", port: 53) == nil)
        }
    }
}
