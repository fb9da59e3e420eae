import ContainerKitTesting
import ContainerSystem
import Glibc
import Testing

@testable import ContainerNetworking

/// What the firewall code says to the kernel, and what it makes of the answers.
@Suite struct NFTablesTests {
    let network = MasqueradedNetwork(bridge: "ck0", subnet: IPv4Subnet(masking: 0x0ac9_0000, prefixLength: 16))

    /// A listing as the kernel sends it.
    func listing(_ rules: [NFTablesRule]) -> FakeNetlink.Answer {
        .datagrams(
            rules.map { rule in
                var attributes = NetlinkAttributes()
                attributes.append(1, "containerkit")
                attributes.append(2, rule.chain.name)
                attributes.append(7, bytes: rule.userData)
                return Wire.message(1, type: 0x0a06, flags: 2, [2, 0, 0, 0] + attributes.bytes)
            } + [Wire.done(1)])
    }

    @Test func oneExchangeWhenTheRulesAreThere() throws {
        let rules = NFTables.rules(for: network)
        // The kernel lists chain by chain, in an order of its own.
        let netlink = FakeNetlink([listing(Array(rules[1...]) + [rules[0]])])
        try NFTables(netlink).ensure([network])
        #expect(netlink.requests.count == 1)
    }

    @Test func createsInOneTransaction() throws {
        let netlink = FakeNetlink([listing([])])
        try NFTables(netlink, table: "containerkit-x").ensure([network])
        #expect(
            netlink.operations == [
                "list nftables table ip containerkit-x", "change the firewall",
                "create nftables table ip containerkit-x",
                "create nftables chain containerkit-x postrouting", "create nftables chain containerkit-x forward",
                "empty nftables chain containerkit-x postrouting", "empty nftables chain containerkit-x forward",
                "add nftables rule ck0 10.201.0.0/16 masquerade to containerkit-x postrouting",
                "add nftables rule ck0 from to containerkit-x forward",
                "add nftables rule ck0 to to containerkit-x forward", "commit the change of the firewall",
            ])
        #expect(netlink.requests.count == 2)
    }

    @Test func aRuleThatIsGoneIsPutBack() throws {
        let netlink = FakeNetlink([listing(Array(NFTables.rules(for: network).dropLast()))])
        try NFTables(netlink).ensure([network])
        #expect(netlink.requests.count == 2)
    }

    @Test func kernelWithoutIt() throws {
        for answers: [FakeNetlink.Answer] in [
            [.datagrams([Wire.failure(1, EINVAL)])],
            [listing([]), .datagrams([Wire.failure(1, EOPNOTSUPP)])],
            [
                listing([]),
                .datagrams(
                    (2...10).map { $0 == 8 ? Wire.failure($0, ENOENT) : Wire.acknowledgement($0) }),
            ],
        ] {
            let error = try #require(throws: ContainerError.self) {
                try NFTables(FakeNetlink(answers)).ensure([network])
            }
            #expect(error.code == .unsupported)
            #expect(error.hint?.contains("--network host or --network none") == true)
        }
    }

    @Test func withoutRights() throws {
        let error = try #require(throws: ContainerError.self) {
            try NFTables(FakeNetlink([.datagrams([Wire.failure(1, EPERM)])])).ensure([network])
        }
        #expect(error.code == .permissionDenied)
    }

    @Test func removingWhatIsGone() throws {
        let netlink = FakeNetlink([
            .datagrams([Wire.failure(2, ENOENT)]), .datagrams([Wire.failure(1, EPERM)]),
        ])
        try NFTables(netlink).remove()
        #expect(throws: ContainerError.self) { try NFTables(netlink).remove() }
    }

    @Test func goldenTransactionEnds() {
        expect(
            NFTablesMessage.batchBegin,
            """
            14000000 1000 0100 01000000 00000000   # NFNL_MSG_BATCH_BEGIN, request only
            00 00 000a                             # nfgenmsg: resource nftables, big endian
            """)
        expect(NFTablesMessage.batchEnd, "14000000 1100 0100 01000000 00000000 00 00 000a")
    }

    @Test func goldenTableAndChain() {
        expect(
            NFTablesMessage.newTable("ck"),
            """
            24000000 000a 0504 01000000 00000000   # NFT_MSG_NEWTABLE, request+ack+create
            02 00 0000                             # nfgenmsg: ip
            0700 0100 636b00 00                    # NFTA_TABLE_NAME
            0800 0200 00000000                     # NFTA_TABLE_FLAGS
            """)
        expect(
            NFTablesMessage.newChain(.postrouting, in: "ck"),
            """
            50000000 030a 0504 01000000 00000000   # NFT_MSG_NEWCHAIN, request+ack+create
            02 00 0000
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
            "1c000000 020a 0500 01000000 00000000 02 00 0000 0700 0100 636b00 00")
        expect(
            NFTablesMessage.deleteRules(of: .forward, in: "ck"),
            """
            28000000 080a 0500 01000000 00000000   # NFT_MSG_DELRULE, request+ack
            02 00 0000
            0700 0100 636b00 00                    # NFTA_RULE_TABLE
            0c00 0200 666f727761726400             # NFTA_RULE_CHAIN "forward"
            """)
        expect(
            NFTablesMessage.listRules(of: "ck"),
            "1c000000 070a 0103 01000000 00000000 02 00 0000 0700 0100 636b00 00")
    }

    @Test func goldenMasqueradeRule() {
        expect(
            NFTablesMessage.newRule(NFTables.rules(for: network)[0], in: "ck"),
            """
            68010000 060a 050c 01000000 00000000   # NFT_MSG_NEWRULE, request+ack+create+append
            02 00 0000
            0700 0100 636b00 00                    # NFTA_RULE_TABLE
            1000 0200 706f7374726f7574696e6700     # NFTA_RULE_CHAIN "postrouting"
            1801 0480                              # NFTA_RULE_EXPRESSIONS, nested
             3400 0180                             # NFTA_LIST_ELEM
              0c00 0100 7061796c6f616400           # NFTA_EXPR_NAME "payload"
              2400 0280                            # NFTA_EXPR_DATA
               0800 0100 00000001                  # into register 1
               0800 0200 00000001                  # network header
               0800 0300 0000000c                  # offset 12
               0800 0400 00000004                  # length 4
             4400 0180
              0c00 0100 6269747769736500           # "bitwise"
              3400 0280
               0800 0100 00000001                  # from register 1
               0800 0200 00000001                  # into register 1
               0800 0300 00000004                  # length 4
               0c00 0480 0800 0100 ffff0000        # mask
               0c00 0580 0800 0100 00000000        # xor
             2c00 0180
              0800 0100 636d7000                   # "cmp"
              2000 0280
               0800 0100 00000001                  # register 1
               0800 0200 00000000                  # equal
               0c00 0380 0800 0100 0ac90000        # 10.201.0.0
             2400 0180
              0900 0100 6d65746100 000000          # "meta"
              1400 0280
               0800 0100 00000001                  # into register 1
               0800 0200 00000007                  # oifname
             3800 0180
              0800 0100 636d7000                   # "cmp"
              2c00 0280
               0800 0100 00000001
               0800 0200 00000001                  # not equal
               1800 0380 1400 0100 636b3000 00000000 00000000 00000000
             1400 0180
              0900 0100 6d61737100 000000          # "masq"
              0400 0280
            2300 0700                              # NFTA_RULE_USERDATA
             00 1d 636b30 20 31302e3230312e302e302f3136 20 6d6173717565726164 6500 00
            """)
    }

    private func expect(
        _ message: NetlinkMessage, _ golden: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(dump(message.encoded(sequence: 1)) == dump(hex(golden)), sourceLocation: sourceLocation)
    }
}
