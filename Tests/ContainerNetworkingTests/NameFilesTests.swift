import Testing

@testable import ContainerNetworking

@Suite struct NameFilesTests {
    static let local = """
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::\tip6-localnet
        ff00::\tip6-mcastprefix
        ff02::1\tip6-allnodes
        ff02::2\tip6-allrouters

        """

    @Test func hosts() throws {
        let address = try IPv4Address("172.17.0.2")
        #expect(
            NameFiles.hosts(hostname: "0123456789ab", addresses: [address.description]) == Self.local
                + "172.17.0.2\t0123456789ab\n")
        #expect(
            NameFiles.hosts(hostname: "web.example.com", addresses: [address.description])
                == Self.local + "172.17.0.2\tweb.example.com web\n")
        #expect(NameFiles.hosts(hostname: "x", addresses: []) == Self.local)
        #expect(
            NameFiles.hosts(
                hostname: "x", addresses: [address.description], extra: [.init(name: "db", address: "2001:db8::5")])
                == Self.local + "2001:db8::5\tdb\n172.17.0.2\tx\n")
    }

    @Test func noSecondLineFromAName() throws {
        let text = NameFiles.hosts(hostname: "a\n6.6.6.6\tgood", addresses: ["192.0.2.2"])
        #expect(text.split(separator: "\n").last?.hasPrefix("192.0.2.2\t") == true)
        #expect(NameFiles.hostname("a\r\nb") == "ab\n")
        #expect(
            ResolverConfiguration(nameservers: ["192.0.2.1\nsearch evil"]).rendered()
                == "nameserver 192.0.2.1searchevil\n")
    }

    @Test func hostname() { #expect(NameFiles.hostname("web") == "web\n") }

    @Test func resolverOfTheHost() {
        let host = ResolverConfiguration(
            parsing: """
                # comment
                ; another
                domain first.example.com
                nameserver 127.0.0.1
                nameserver\t192.0.2.53
                nameserver 2001:db8::53
                nameserver fe80::1%eth0
                nameserver nonsense
                nameserver
                sortlist 192.0.2.0
                search example.com corp.example.com
                options ndots:2
                options timeout:1 rotate
                """)
        #expect(host.nameservers == ["127.0.0.1", "192.0.2.53", "2001:db8::53", "fe80::1%eth0"])
        #expect(
            host.forBridge().rendered() == """
                nameserver 192.0.2.53
                search example.com corp.example.com
                options ndots:2 timeout:1 rotate

                """)
        #expect(
            host.forBridge(nameservers: ["127.0.0.11"], search: ["."], options: ["ndots:0"]).rendered()
                == "nameserver 127.0.0.11\noptions ndots:0\n")
    }

    @Test(arguments: ["", "nameserver 127.0.0.53\n", "nameserver ::1\nnameserver 127.1.2.3\n"])
    func fallback(_ text: String) {
        #expect(
            ResolverConfiguration(parsing: text).forBridge().rendered() == "nameserver 8.8.8.8\nnameserver 8.8.4.4\n")
    }

    @Test func stubOfSystemdResolved() {
        let stub = ResolverConfiguration(parsing: "nameserver 127.0.0.53\noptions edns0")
        #expect(stub.realPath == "/run/systemd/resolve/resolv.conf")
        #expect(ResolverConfiguration(parsing: "nameserver 127.0.0.53\nnameserver 192.0.2.1").realPath == nil)
    }
}
