import ContainerImages
import ContainerSystem
import Testing

@Suite struct TransferBufferTests {
    private func status(_ id: String, _ status: String) -> TransferEvent { .layer(id: id, status: status) }
    private func got(_ id: String, _ done: Int64) -> TransferEvent {
        .progress(id: id, .downloading, done: done, total: 9)
    }

    @Test func theNewestProgressTakesTheOldOnesPlace() {
        var buffer = TransferBuffer()
        for done in 1...3 {
            buffer.add(got("a", Int64(done)))
            buffer.add(got("b", Int64(done * 2)))
            buffer.add(.progress(id: "a", .extracting, done: Int64(done - 1), total: 9))
        }
        #expect(buffer.takeAll() == [got("a", 3), got("b", 6), .progress(id: "a", .extracting, done: 2, total: 9)])
        #expect(buffer.isEmpty && buffer.takeAll().isEmpty)
    }

    @Test func aStatusIsKeptAndNothingPassesIt() {
        var buffer = TransferBuffer()
        let events = [status("a", "one"), got("a", 1), status("a", "two"), got("a", 2), status("b", "one")]
        for event in events { buffer.add(event) }
        buffer.add(got("a", 3))
        #expect(buffer.takeAll() == [events[0], events[1], events[2], got("a", 3), events[4]])
    }

    /// What was taken is not replaced any more.
    @Test func takingAndAddingInTurns() {
        var buffer = TransferBuffer()
        buffer.add(got("a", 1))
        buffer.add(got("b", 1))
        #expect(buffer.popFirst() == got("a", 1))
        buffer.add(got("a", 2))
        buffer.add(got("b", 2))
        #expect(buffer.popFirst() == got("b", 2))
        buffer.add(got("b", 3))
        #expect(buffer.takeAll() == [got("a", 2), got("b", 3)])
        buffer.add(got("b", 4))
        #expect(buffer.popFirst() == got("b", 4))
        #expect(buffer.popFirst() == nil)
    }

    /// Whoever hears of a pull can end it, and loses nothing of what is complete.
    @Test func anObserverThatThrowsEndsThePull() throws {
        let image = try TestImage(["base", "top"])
        try Fixture.with { (fixture: Fixture) throws in
            let error = failure {
                try fixture.pull("localhost:5000/app:1", from: image.registry()) { event throws(ContainerError) in
                    if case .layer(_, "Download complete") = event { throw ContainerError(.cancelled, "enough") }
                }
            }
            #expect(error?.code == .cancelled)
            #expect(error?.message == "pull localhost:5000/app:1: enough")
            #expect(try fixture.store.list().isEmpty)
            let registry = image.registry()
            let (outcome, _) = try fixture.pull("localhost:5000/app:1", from: registry)
            #expect(outcome.isNew)
            let fetched = Set(registry.urls.filter { $0.contains("/blobs/") })
            #expect(fetched.count < 2, "a whole layer was fetched before: \(fetched)")
        }
    }
}
