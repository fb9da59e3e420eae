import Testing

@testable import ContainerNames

/// Who finds whom under which name.
@Suite struct NameZoneTests {
    private var zone = NameZone()

    init() {
        zone.set(Self.record("a1", "web", ["front": ["10.1.0.2", "fd00::2"], "back": ["10.2.0.2"]], aliases: ["www"]))
        zone.set(Self.record("a2", "web2", ["front": ["10.1.0.3"]], aliases: ["www"]))
        zone.set(Self.record("a3", "db", ["back": ["10.2.0.3"]]))
        zone.set(Self.record("a4", "lonely", ["other": ["10.3.0.2"]]))
    }

    private static func record(_ id: String, _ name: String, _ networks: [String: [String]], aliases: [String] = [])
        -> NameRecord
    {
        NameRecord(
            id: id, name: name,
            networks: networks.sorted { $0.key < $1.key }.map { key, addresses in
                .init(id: "id-\(key)", name: key, addresses: addresses, names: [name, "\(id)short"] + aliases)
            })
    }

    /// The data of the answer; nil for what is not ours.
    private mutating func find(_ name: String, _ type: UInt16 = 1, by id: String, class: UInt16 = 1) throws -> [String]?
    {
        let bytes = Message.question(name, type, class: `class`)
        let question = try bytes.raw { try DNSQuestion($0) }
        guard case .records(let records) = zone.find(question, by: id) else { return nil }
        let reply = bytes.raw { DNSReply.answer(question, in: $0, records: records, sizeLimit: 65535) }
        return Message.read(reply)?.data
    }

    @Test mutating func namesAliasesAndShortIDsResolveOnSharedNetworks() throws {
        #expect(try find("db", by: "a1") == ["10.2.0.3"])
        #expect(try find("DB", by: "a1") == ["10.2.0.3"])
        #expect(try find("a3short", by: "a1") == ["10.2.0.3"])
        #expect(try find("db.back", by: "a1") == ["10.2.0.3"])
        let own = try find("web", by: "a1") ?? []
        #expect(Set(own) == ["10.2.0.2", "10.1.0.2"])
        #expect(try find("web.front", by: "a1") == ["10.1.0.2"])
        #expect(try find("web", by: "a3") == ["10.2.0.2"])
    }

    @Test mutating func otherNetworksAreNotSeen() throws {
        #expect(try find("db", by: "a2") == nil)
        #expect(try find("db.back", by: "a2") == nil)
        #expect(try find("web", by: "a4") == nil)
        #expect(try find("lonely", by: "a1") == nil)
        #expect(try find("web", by: "nobody") == nil)
        #expect(try find("2.0.1.10.in-addr.arpa", 12, by: "a4") == nil)
    }

    @Test mutating func aTypeThatThereIsNoneOfIsNoReasonToAskElsewhere() throws {
        #expect(try find("db", 28, by: "a1") == [])
        #expect(try find("db", 15, by: "a1") == [])
        #expect(try find("db", 65, by: "a1") == [])
        #expect(try find("web.front", 28, by: "a2") == ["fd00:0:0:0:0:0:0:2"])
        let all = try find("web.front", 255, by: "a2") ?? []
        #expect(Set(all) == ["10.1.0.2", "fd00:0:0:0:0:0:0:2"])
        #expect(try find("db", by: "a1", class: 3) == nil)
    }

    @Test mutating func eachOfSeveralComesFirstNowAndThen() throws {
        zone.set(Self.record("a2", "web2", ["front": ["10.1.0.3", "fd00::3"]], aliases: ["www"]))
        var counts: [[String]: Int] = [:]
        for _ in 0..<1000 {
            counts[try find("www", by: "a2") ?? [], default: 0] += 1
            // As a resolver does.
            _ = try find("www", 28, by: "a2")
        }
        #expect(counts.keys.count == 2 && Set(counts.keys.map { $0.sorted() }) == [["10.1.0.2", "10.1.0.3"]])
        #expect(counts.values.allSatisfy { $0 > 300 }, "\(counts)")
    }

    @Test mutating func reverseNamesSayContainerAndNetwork() throws {
        #expect(try find("3.0.2.10.in-addr.arpa", 12, by: "a1") == ["db.back"])
        let nibbles = "2" + String(repeating: ".0", count: 27) + ".0.0.d.f.ip6.arpa"
        #expect(try find(nibbles, 12, by: "a2") == ["web.front"])
        for name in [
            "9.9.2.10.in-addr.arpa", "2.10.in-addr.arpa", "256.0.2.10.in-addr.arpa", "03.0.2.10.in-addr.arpa",
            "x.0.2.10.in-addr.arpa", "3.0.2.10.in-addr.example", nibbles.replacingFirst("2", "g"), "arpa",
        ] {
            #expect(try find(name, 12, by: "a1") == nil, "\(name)")
        }
    }

    @Test mutating func linksAreSeenByTheirOwnerAlone() throws {
        var record = Self.record("a5", "app", ["back": ["10.2.0.5"]])
        record.links = [
            .init(alias: "database", target: "a3"), .init(alias: "site", target: "web"),
            .init(alias: "gone", target: "nothing"), .init(alias: "far", target: "lonely"),
        ]
        zone.set(record)
        #expect(try find("database", by: "a5") == ["10.2.0.3"])
        #expect(try find("site", by: "a5") == ["10.2.0.2"])
        #expect(try find("gone", by: "a5") == [])
        #expect(try find("far", by: "a5") == [])
        #expect(try find("database", by: "a1") == nil)
    }

    @Test mutating func whatIsTakenOutLeavesNothing() throws {
        zone.remove("a3")
        zone.remove("a3")
        #expect(try find("db", by: "a1") == nil)
        #expect(try find("3.0.2.10.in-addr.arpa", 12, by: "a1") == nil)
        zone.remove("a1")
        #expect(try find("www", by: "a2") == ["10.1.0.3"])
        zone.set(Self.record("a2", "renamed", ["front": ["10.1.0.3"]]))
        #expect(try find("web2", by: "a2") == nil)
        #expect(try find("renamed", by: "a2") == ["10.1.0.3"])
        zone.remove("a2")
        #expect(try find("renamed", by: "a2") == nil)
    }

    @Test mutating func namesThatNoMessageCanHoldAreLeftOut() throws {
        let long = String(repeating: "x", count: 64)
        zone.set(Self.record("a6", long, ["front": ["10.1.0.6"]], aliases: ["a..b", "", "fine."]))
        #expect(try find("fine", by: "a6") == ["10.1.0.6"])
        #expect(try find("a6short.front", by: "a6") == ["10.1.0.6"])
        #expect(DNSName(long) == nil && DNSName("a..b") == nil && DNSName("") == nil && DNSName(".") == nil)
        #expect(DNSName((0..<128).map { _ in "a" }.joined(separator: ".")) == nil)
    }

    /// The bytes of `front` with its length may stand inside a label.
    @Test mutating func aNetworksNameIsNotFoundInsideALabel() throws {
        let front = try #require(DNSName("front"))
        let tricky = Message.numbers(1, 0x100, 1, 0, 0, 0) + [9, 97, 97, 97] + front.wire + [0, 0, 1, 0, 1]
        let question = try tricky.raw { try DNSQuestion($0) }
        #expect(question.name.dropping(front) == nil)
        #expect(front.dropping(front) == nil)
    }
}

extension String {
    fileprivate func replacingFirst(_ character: Character, _ other: String) -> String {
        guard let index = firstIndex(of: character) else { return self }
        return self[..<index] + other + self[self.index(after: index)...]
    }
}
