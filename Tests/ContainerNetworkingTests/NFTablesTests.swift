import ContainerKitTesting
import ContainerSystem
import Glibc
import Testing

@testable import ContainerNetworking

/// What the firewall code says to the kernel, and what it makes of the answers.
@Suite struct NFTablesTests {
    let network = FirewallNetwork(bridge: "ck0", subnets: [.v4(IPv4Subnet(masking: 0x0ac9_0000, prefixLength: 16))])
    let port = PublishedPort(
        transport: .tcp, hostPort: 8080, containerAddress: .v4(IPv4Address(0x0ac9_0002)), containerPort: 80,
        bridge: "no-such-bridge")

    /// The state's number and a listing, as the kernel sends them.
    func listing(_ rules: [NFTablesRule], generation: UInt32 = 7) -> FakeNetlink.Answer {
        var number = NetlinkAttributes()
        number.append(1, bigEndian: generation)
        return .datagrams(
            [Wire.message(1, type: 0x0a0f, [0, 0, 0, 0] + number.bytes), Wire.acknowledgement(1)]
                + rules.map { rule in
                    var attributes = NetlinkAttributes()
                    attributes.append(1, "containerkit")
                    attributes.append(2, rule.chain.name)
                    attributes.append(7, bytes: rule.userData)
                    return Wire.message(2, type: 0x0a06, flags: 2, [1, 0, 0, 0] + attributes.bytes)
                } + [Wire.done(2)])
    }

    @Test func oneExchangeWhenTheRulesAreThere() throws {
        let rules = NFTables.rules(for: [network])
        // The kernel lists chain by chain, in an order of its own; what another program added to a chain of its own in
        // our table is none of ours.
        let foreign = NFTablesRule(chain: .init(name: "theirs", base: nil), comment: "") { _ in }
        let netlink = FakeNetlink([
            listing(rules.filter { $0.chain == .forward } + [foreign] + rules.filter { $0.chain != .forward })
        ])
        try NFTables(netlink).ensure(
            networks: { () throws(ContainerError) in [network] },
            ports: { () throws(ContainerError) in throw ContainerError(.systemFailure, "ports are not needed") })
        #expect(netlink.requests.count == 1)
    }

    @Test func createsInOneTransaction() throws {
        let netlink = FakeNetlink([listing([])])
        try NFTables(netlink, table: "containerkit-x").ensure([network], ports: [port])
        #expect(netlink.requests.count == 2)
        let operations = netlink.requests[1].descriptions
        #expect(
            operations.prefix(5) == [
                "change the firewall", "create nftables table inet containerkit-x",
                "delete nftables table inet containerkit-x", "create nftables table inet containerkit-x",
                "create nftables chain containerkit-x early",
            ])
        #expect(operations.contains("add to nftables set containerkit-x any4"))
        #expect(operations.last == "commit the change of the firewall")
        #expect(operations.count { $0.hasPrefix("add nftables rule") } == NFTables.rules(for: [network]).count)
        // The transaction is for the state that was read.
        let begin = NetlinkMessage.parse(netlink.requests[1].bytes[...]).first?.message
        #expect(begin?.payload == [0, 0, 0, 10, 8, 0, 1, 0, 0, 0, 0, 7])
    }

    @Test func aRuleThatIsGoneIsPutBack() throws {
        let netlink = FakeNetlink([listing(Array(NFTables.rules(for: [network]).dropLast()))])
        try NFTables(netlink).ensure([network])
        #expect(netlink.requests.count == 2)
    }

    @Test func everyChangeOfANetworkIsSeen() {
        let changes: [(inout FirewallNetwork) -> Void] = [
            { $0.bridge = "ck1" }, { $0.subnets = [] }, { $0.isInternal = true }, { $0.masquerades = false },
            { $0.allowsTrafficBetweenContainers = false }, { $0.isGatewayReachable = false },
            { $0.reachesLinkLocal = false },
        ]
        var seen = [NFTables.rules(for: [network]).map(\.comment)]
        for change in changes {
            var other = network
            change(&other)
            let comments = NFTables.rules(for: [other]).map(\.comment)
            #expect(!seen.contains(comments))
            seen.append(comments)
        }
    }

    /// ERESTART: somebody changed the firewall between the reading and the transaction. The list is asked for again.
    @Test func anotherProcessWasFaster() throws {
        let busy = FakeNetlink.Answer.datagrams([Wire.failure(1, ERESTART)])
        let netlink = FakeNetlink([listing([]), busy, listing([], generation: 8)])
        var lists = 0
        try NFTables(netlink).ensure(
            networks: { () throws(ContainerError) in
                lists += 1
                return [network]
            }, ports: { () throws(ContainerError) in [] })
        #expect(lists == 2 && netlink.requests.count == 4)
        let stubborn = FakeNetlink((0..<200).flatMap { _ in [listing([]), busy] })
        let error = try #require(throws: ContainerError.self) { try NFTables(stubborn).ensure([network]) }
        #expect(error.code == .unavailable)
    }

    /// The sequence number of the message that the kernel answers in any case.
    func lastOfTransaction() throws -> UInt32 {
        let netlink = FakeNetlink([listing([])])
        try NFTables(netlink).ensure([network])
        return UInt32(netlink.requests[1].messageCount - 1)
    }

    @Test func kernelWithoutIt() throws {
        let last = try lastOfTransaction()
        for answers: [FakeNetlink.Answer] in [
            [.datagrams([Wire.failure(1, EINVAL), Wire.failure(2, EINVAL)])],
            [listing([]), .datagrams([Wire.failure(1, EOPNOTSUPP)])],
            [listing([]), .datagrams([Wire.failure(8, ENOENT), Wire.acknowledgement(last)])],
        ] {
            let error = try #require(throws: ContainerError.self) {
                try NFTables(FakeNetlink(answers)).ensure([network])
            }
            #expect(error.code == .unsupported)
            #expect(error.hint?.contains("--network host or --network none") == true)
        }
    }

    @Test func withoutRights() throws {
        let refused = FakeNetlink.Answer.datagrams([Wire.failure(1, EPERM), Wire.failure(2, EPERM)])
        let error = try #require(throws: ContainerError.self) { try NFTables(FakeNetlink([refused])).ensure([network]) }
        #expect(error.code == .permissionDenied)
    }

    @Test func removingWhatIsGone() throws {
        let netlink = FakeNetlink([
            .datagrams([Wire.failure(2, ENOENT)]), .datagrams([Wire.failure(1, EPERM)]),
        ])
        try NFTables(netlink).remove()
        #expect(throws: ContainerError.self) { try NFTables(netlink).remove() }
    }

    @Test func publishingWithoutATable() throws {
        let netlink = FakeNetlink([.datagrams([Wire.failure(2, ENOENT)])])
        let error = try #require(throws: ContainerError.self) { try NFTables(netlink).publish([port]) }
        #expect(error.code == .unavailable)
        try NFTables(netlink).publish([])
        #expect(netlink.requests.count == 1)
    }

    /// Every element of every map comes back as the port that it was made of; damaged ones are none.
    @Test func portsAsElements() throws {
        for transport in PublishedPort.Transport.allCases {
            for (host, target) in [
                (nil, "10.0.0.2"), ("192.0.2.1", "10.0.0.2"), (nil, "fd00::2"), ("2001:db8::1", "fd00::2"),
            ] as [(String?, String)] {
                let port = PublishedPort(
                    transport: transport, hostAddress: try host.map { try IPAddress($0) }, hostPort: 65535,
                    containerAddress: try IPAddress(target), containerPort: 256, bridge: "ck0")
                let map = PortMap(for: port)
                let element = map.element(port)
                #expect(map.port(element) == port)
                #expect(map.set(id: 1).key.length == UInt32(element.key.count))
                #expect(map.set(id: 1).data?.length == UInt32(element.data.count))
                for length in 0..<element.key.count {
                    #expect(map.port(.init(key: Array(element.key[..<length]), data: element.data)) == nil)
                }
                for length in 0..<element.data.count - 4 {
                    #expect(map.port(.init(key: element.key, data: Array(element.data[..<length]))) == nil)
                }
            }
        }
        #expect(
            try PublishedPort(
                transport: .udp, hostAddress: IPAddress("0.0.0.0"), hostPort: 53,
                containerAddress: IPAddress("10.0.0.2"),
                containerPort: 53, bridge: "ck0"
            ).description == "0.0.0.0:53->10.0.0.2:53/udp")
    }

    @Test func goldenTransactionEnds() {
        expect(
            NFTablesMessage.batchBegin(generation: 0x0102),
            """
            1c000000 1000 0100 01000000 00000000   # NFNL_MSG_BATCH_BEGIN, request only
            00 00 000a                             # nfgenmsg: resource nftables, big endian
            0800 0100 00000102                     # NFNL_BATCH_GENID
            """)
        expect(NFTablesMessage.batchEnd, "14000000 1100 0100 01000000 00000000 00 00 000a")
    }

    @Test func goldenTableAndChain() {
        expect(
            NFTablesMessage.newTable("ck"),
            """
            24000000 000a 0504 01000000 00000000   # NFT_MSG_NEWTABLE, request+ack+create
            01 00 0000                             # nfgenmsg: inet
            0700 0100 636b00 00                    # NFTA_TABLE_NAME
            0800 0200 00000000                     # NFTA_TABLE_FLAGS
            """)
        expect(
            NFTablesMessage.newChain(.postrouting, in: "ck"),
            """
            50000000 030a 0504 01000000 00000000   # NFT_MSG_NEWCHAIN, request+ack+create
            01 00 0000
            0700 0100 636b00 00                    # NFTA_CHAIN_TABLE
            1000 0300 706f7374726f7574696e6700     # NFTA_CHAIN_NAME "postrouting"
            1400 0480                              # NFTA_CHAIN_HOOK, nested
              0800 0100 00000004                   # NFTA_HOOK_HOOKNUM: postrouting
              0800 0200 00000064                   # NFTA_HOOK_PRIORITY: 100
            0800 0500 00000001                     # NFTA_CHAIN_POLICY: accept
            0800 0700 6e617400                     # NFTA_CHAIN_TYPE "nat"
            """)
        expect(
            NFTablesMessage.deleteTable("ck"),
            "1c000000 020a 0500 01000000 00000000 01 00 0000 0700 0100 636b00 00")
        expect(
            NFTablesMessage.listRules(of: "ck"),
            "1c000000 070a 0103 01000000 00000000 01 00 0000 0700 0100 636b00 00")
    }

    @Test func goldenElement() throws {
        let port = PublishedPort(
            transport: .tcp, hostAddress: try IPAddress("192.0.2.1"), hostPort: 8080,
            containerAddress: try IPAddress("10.201.0.2"), containerPort: 80, bridge: "ck0")
        let message = NFTablesMessage.elements(
            [PortMap.ofAddressIPv4.element(port)], of: "address4", in: "ck", .add)[0]
        expect(
            message,
            """
            64000000 0c0a 0504 01000000 00000000   # NFT_MSG_NEWSETELEM, request+ack+create
            01 00 0000
            0700 0100 636b00 00                    # NFTA_SET_ELEM_LIST_TABLE
            0d00 0200 616464726573733400 000000    # NFTA_SET_ELEM_LIST_SET "address4"
            3800 0380                              # NFTA_SET_ELEM_LIST_ELEMENTS, nested
             3400 0180                             # NFTA_LIST_ELEM
              1400 0180                            # NFTA_SET_ELEM_KEY
               1000 0100 c0000201 06000000 1f900000  # 192.0.2.1 . tcp . 8080
              1000 0280                            # NFTA_SET_ELEM_DATA
               0c00 0100 0ac90002 00500000         # 10.201.0.2 . 80
              0a00 0600 00 04 636b3000 0000        # NFTA_SET_ELEM_USERDATA: comment "ck0"
            """)
    }

    @Test func goldenRule() {
        var setID: UInt32 = 4
        let rule = NFTablesRule(chain: .forward, comment: "c") {
            $0.interface(.outputName, isIn: ["ck0"])
            $0.verdict(.drop)
        }
        let messages = rule.messages(in: "ck", setID: &setID)
        #expect(messages.count == 3 && setID == 5)
        expect(
            messages[0],
            """
            60000000 090a 0504 01000000 00000000   # NFT_MSG_NEWSET, request+ack+create
            01 00 0000
            0700 0100 636b00 00                    # NFTA_SET_TABLE
            0c00 0200 5f5f736574256400             # NFTA_SET_NAME "__set%d"
            0800 0300 00000003                     # NFTA_SET_FLAGS: anonymous, constant
            0800 0400 00000029                     # NFTA_SET_KEY_TYPE: interface name
            0800 0500 00000010                     # NFTA_SET_KEY_LEN
            0c00 0980 0800 0100 00000001           # NFTA_SET_DESC, NFTA_SET_DESC_SIZE
            0800 0a00 00000005                     # NFTA_SET_ID
            0a00 0d00 00 04 01000000 0000          # NFTA_SET_USERDATA: byte order of the key
            """)
        expect(
            messages[2],
            """
            b8000000 060a 050c 01000000 00000000   # NFT_MSG_NEWRULE, request+ack+create+append
            01 00 0000
            0700 0100 636b00 00                    # NFTA_RULE_TABLE
            0c00 0200 666f727761726400             # NFTA_RULE_CHAIN "forward"
            8800 0480                              # NFTA_RULE_EXPRESSIONS, nested
             2400 0180                             # NFTA_LIST_ELEM
              0900 0100 6d65746100 000000          # NFTA_EXPR_NAME "meta"
              1400 0280                            # NFTA_EXPR_DATA
               0800 0100 00000008                  # into register 0 of four bytes
               0800 0200 00000007                  # oifname
             3000 0180
              0b00 0100 6c6f6f6b757000 00          # "lookup"
              2000 0280
               0c00 0100 5f5f736574256400          # NFTA_LOOKUP_SET "__set%d"
               0800 0200 00000008                  # NFTA_LOOKUP_SREG
               0800 0400 00000005                  # NFTA_LOOKUP_SET_ID
             3000 0180
              0e00 0100 696d6d65646961746500 0000  # "immediate"
              1c00 0280
               0800 0100 00000000                  # NFTA_IMMEDIATE_DREG: the verdict
               1000 0280 0c00 0280                 # NFTA_IMMEDIATE_DATA, NFTA_DATA_VERDICT
                0800 0100 00000000                 # NFTA_VERDICT_CODE: drop
            0800 0700 00 02 6300                   # NFTA_RULE_USERDATA: comment "c"
            """)
    }

    private func expect(
        _ message: NetlinkMessage, _ golden: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(dump(message.encoded(sequence: 1)) == dump(hex(golden)), sourceLocation: sourceLocation)
    }
}
