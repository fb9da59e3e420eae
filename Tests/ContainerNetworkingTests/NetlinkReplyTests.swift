import ContainerKitTesting
import ContainerSystem
import Glibc
import Testing

@testable import ContainerNetworking

@Suite struct NetlinkReplyTests {
    let up = RouteMessage.setLinkUp(7, name: "x")

    @Test func acknowledgementsAndErrors() throws {
        let netlink = FakeNetlink([
            .datagrams([
                Wire.acknowledgement(1) + Wire.failure(2, EEXIST), Wire.failure(3, EPERM, text: "not you"),
            ])
        ])
        let replies = try netlink.transact(NetlinkBatch([up, up, up]))
        #expect(replies.map(\.failure?.errno.name) == [nil, "EEXIST", "EPERM"])
        #expect(replies[2].failure?.text == "not you")
        try replies[1].check(ignoring: EEXIST)
        let error = try #require(throws: ContainerError.self) { try replies[2].check(ignoring: EEXIST) }
        #expect(error.code == .permissionDenied)
        #expect(error.message == "set link x up")
        #expect(error.cause == "EPERM: Operation not permitted: not you")
    }

    /// Without NETLINK_CAP_ACK the whole request stands between the error number and the kernel's words.
    @Test func errorTextAfterAnUncappedRequest() throws {
        let request = up.encoded(sequence: 1)
        var attributes = NetlinkAttributes()
        attributes.append(1, "No such device")
        let error = Wire.message(1, type: 2, flags: 0x200, [UInt8](native: -ENODEV) + request + attributes.bytes)
        let replies = try FakeNetlink([.datagrams([error])]).transact(NetlinkBatch([up]))
        #expect(replies[0].failure == NetlinkFailure(errno: Errno(rawValue: ENODEV), text: "No such device"))
    }

    @Test func listingInSeveralParts() throws {
        let netlink = FakeNetlink([
            .datagrams([
                Wire.link(1, index: 1, "lo") + Wire.link(1, index: 2, "ck0", kind: "bridge", isUp: false),
                Wire.link(1, index: 3, "veth0", kind: "veth"), Wire.done(1),
            ])
        ])
        let links = try BridgeNetwork(netlink).links()
        #expect(links.map(\.name) == ["lo", "ck0", "veth0"])
        #expect(links.map(\.kind) == [nil, "bridge", "veth"])
        #expect(links.map(\.isUp) == [true, false, true])
    }

    @Test func interruptedListingIsAskedAgain() throws {
        let netlink = FakeNetlink([
            .datagrams([Wire.link(1, index: 1, "lo"), Wire.done(1, flags: 0x12)]),
            .datagrams([Wire.link(1, index: 1, "lo"), Wire.link(1, index: 2, "a"), Wire.done(1)]),
        ])
        #expect(try BridgeNetwork(netlink).links().map(\.name) == ["lo", "a"])
        let stubborn = FakeNetlink(Array(repeating: .datagrams([Wire.done(1, flags: 0x12)]), count: 20))
        #expect(throws: ContainerError.self) { try BridgeNetwork(stubborn).links() }
        #expect(stubborn.requests.count == 10)
    }

    @Test func refusedTransactionIsComplete() throws {
        let batch = NetlinkBatch([
            NFTablesMessage.batchBegin(), NFTablesMessage.newTable("t"), NFTablesMessage.batchEnd,
        ])
        var collector = NetlinkReplyCollector(batch)
        #expect(!collector.isComplete)
        try collector.consume(Wire.failure(1, EPERM)[...])
        #expect(collector.isComplete)
        // Its ends are not acknowledged.
        collector = NetlinkReplyCollector(batch)
        try collector.consume(Wire.acknowledgement(2)[...])
        #expect(collector.isComplete)
    }

    @Test func answersToAnEarlierBatchAreLeftOut() throws {
        var collector = NetlinkReplyCollector(NetlinkBatch([up]), base: 10)
        try collector.consume(Wire.failure(10, EPERM)[...])
        try collector.consume(Wire.failure(1, EPERM)[...])
        #expect(!collector.isComplete)
        try collector.consume(Wire.acknowledgement(11)[...])
        #expect(collector.isComplete && collector.replies[0].failure == nil)
    }

    /// Every prefix of an answer, and every byte of it set to 255: no crash, no endless loop.
    @Test func damagedAnswers() throws {
        let whole = Wire.link(1, index: 2, "ck0", kind: "bridge") + Wire.failure(1, EINVAL, text: "words")
        let get = NetlinkBatch([RouteMessage.getLink(named: "ck0")])
        for length in 0..<whole.count {
            var collector = NetlinkReplyCollector(get)
            try collector.consume(whole[..<length])
            #expect(!collector.isComplete || length >= whole.count - 16)
            var damaged = whole
            damaged[length] = 255
            collector = NetlinkReplyCollector(get)
            try collector.consume(damaged[...])
            _ = collector.replies[0].messages.compactMap(Link.init)
        }
    }

    @Test func sequencesAreRaisedInEveryMessage() {
        let batch = NetlinkBatch([up, RouteMessage.getLink(named: "odd")])
        let numbers = NetlinkMessage.parse(batch.numbered(from: 40)[...]).map(\.sequence)
        #expect(numbers == [41, 42])
        #expect(batch.numbered(from: 0) == batch.bytes)
    }

    /// Linux 6.1 says of the message after the first that the transaction as a whole comes too late.
    @Test(arguments: [1, 2] as [UInt32]) func aTransactionThatComesTooLate(sequence: UInt32) throws {
        let batch = NetlinkBatch([
            NFTablesMessage.batchBegin(generation: 7), NFTablesMessage.newTable("one").withoutAcknowledgement,
            NFTablesMessage.newTable("two"), NFTablesMessage.batchEnd,
        ])
        var collector = NetlinkReplyCollector(batch)
        try collector.consume(Wire.failure(sequence, ERESTART)[...])
        #expect(collector.isComplete, "nothing more is said")
        #expect(collector.replies.compactMap(\.failure).map(\.errno.rawValue) == [ERESTART])
    }
}
