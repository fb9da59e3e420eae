import ContainerKitTesting
import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import ContainerKit

/// Pulls and pushes as sequences of events, with no network and no root.
@Suite struct TransferTests {
    @Test func aPullIsASequenceWithAnImageAtItsEnd() async throws {
        let fixture = try Fixture(layers: ["base", "top"])
        defer { fixture.remove() }
        let pull = fixture.pulling()
        var statuses: [String: [String]] = [:]
        var bytes: [String: Int64] = [:]
        for try await event in pull {
            switch event {
            case .layer(let id, let status): statuses[id, default: []].append(status)
            case .progress(let id, _, let done, _): bytes[id] = done
            }
        }
        #expect(statuses.count == 2)
        for (id, layer) in statuses {
            #expect(layer == ["Pulling fs layer", "Download complete", "Pull complete"], "\(id)")
        }
        #expect(bytes.values.sorted() == [3, 4])
        let id = try await pull.value
        #expect(try fixture.store.list().map(\.id) == [id])
        // Once more: there is nothing left to say.
        for try await event in pull { Issue.record("\(event)") }
    }

    @Test func aPushIsASequenceToo() async throws {
        let fixture = try Fixture(layers: ["base"])
        defer { fixture.remove() }
        _ = try await fixture.pulling().value
        let registry = FakeTransport { _ in .status(200) }
        let push = fixture.pushing(to: registry)
        var statuses = [String]()
        for try await case .layer(_, let status) in push { statuses.append(status) }
        #expect(statuses.contains("Layer already exists"))
        #expect(try await push.value.hasPrefix("sha256:"))
    }

    @Test func theSequenceThrowsWhatThePullThrows() async throws {
        let fixture = try Fixture(layers: ["base", "top"])
        defer { fixture.remove() }
        fixture.snapshotter.fail(
            try SHA256Hasher.digest(Array("top".utf8)), with: ContainerError(.exhausted, "the disk is full"))
        let pull = fixture.pulling()
        var seen = 0
        await #expect { for try await _ in pull { seen += 1 } } throws: {
            ($0 as? ContainerError)?.message == "pull localhost:5000/app:1: the disk is full"
        }
        #expect(seen >= 2, "what happened before is told")
        await #expect(throws: ContainerError.self) { try await pull.value }
    }

    /// Nobody listens while 50,000 events come: what is kept is what counts.
    @Test func aSlowListenerMissesNoStatusAndCostsNoMemory() async throws {
        let transfer = Transfer { progress throws(ContainerError) in
            for layer in 0..<5 {
                try progress(.layer(id: "\(layer)", status: "begin"))
                for done in 1...10_000 {
                    try progress(.progress(id: "\(layer)", .downloading, done: Int64(done), total: 10_000))
                }
                try progress(.layer(id: "\(layer)", status: "end"))
            }
            return "done"
        }
        #expect(try await transfer.value == "done")
        var events = [TransferEvent]()
        for try await event in transfer { events.append(event) }
        let expected = (0..<5).flatMap { layer -> [TransferEvent] in
            [
                .layer(id: "\(layer)", status: "begin"),
                .progress(id: "\(layer)", .downloading, done: 10_000, total: 10_000),
                .layer(id: "\(layer)", status: "end"),
            ]
        }
        #expect(events == expected)
    }

    @Test func cancellingTheListenerEndsThePull() async throws {
        let gate = DispatchSemaphore(value: 0)
        let fixture = try Fixture(layers: ["base", "middle", "top"], gate: gate)
        defer { fixture.remove() }
        let pull = fixture.pulling()
        let (begun, signal) = AsyncStream<Void>.makeStream()
        let listener = Task {
            for try await _ in pull { signal.yield() }
        }
        for await _ in begun { break }
        listener.cancel()
        let waiter = Task { try await pull.value }
        waiter.cancel()
        // The registry has not answered yet: neither of them waits for it.
        for task in [listener, Task { _ = try await waiter.value }] {
            await #expect { try await task.value } throws: { ($0 as? ContainerError)?.code == .cancelled }
        }
        gate.signal()
        await #expect { try await pull.value } throws: { ($0 as? ContainerError)?.code == .cancelled }
        #expect(try fixture.store.list().isEmpty && fixture.snapshotter.layers().isEmpty)
        let again = fixture.pulling()
        #expect(try await !again.value.isEmpty)
        #expect(try fixture.store.list().count == 1)
    }

    @Test func aCancelledWaiterEndsTheWork() async throws {
        let work = EndlessWork()
        let transfer = work.transfer()
        let waiter = Task { try await transfer.value }
        var iterator = transfer.makeAsyncIterator()
        _ = try await iterator.next()
        waiter.cancel()
        await #expect { try await waiter.value } throws: { ($0 as? ContainerError)?.code == .cancelled }
        // Somebody else, who is not cancelled, waits until nothing goes on any more.
        await #expect(throws: ContainerError.self) { try await transfer.value }
        #expect(work.hasEnded)
        await #expect(throws: ContainerError.self) { try await iterator.next() }
    }

    @Test func whatNobodyRefersToAnyMoreIsGivenUp() async throws {
        let work = EndlessWork()
        for try await _ in work.transfer() { break }
        let deadline = ContinuousClock.now + .seconds(30)
        while !work.hasEnded, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(work.hasEnded)
    }

    /// Tasks run on as many threads as there are processors; a transfer takes none of those.
    @Test func busyTransfersLeaveTheListenersTheirThreads() async throws {
        let works = (0..<4).map { _ in EndlessWork() }
        let transfers = works.map { $0.transfer() }
        for transfer in transfers {
            var seen = 0
            for try await _ in transfer {
                seen += 1
                if seen == 3 { break }
            }
        }
        #expect(works.allSatisfy { !$0.hasEnded })
        for transfer in transfers { transfer.cancel() }
        for transfer in transfers { await #expect(throws: ContainerError.self) { try await transfer.value } }
    }

    @Test func aTransferThatIsOverCannotBeGivenUp() async throws {
        let transfer = Transfer { progress throws(ContainerError) in
            try progress(.layer(id: "a", status: "Pull complete"))
            return 7
        }
        #expect(try await transfer.value == 7)
        transfer.cancel()
        #expect(try await transfer.value == 7)
        var iterator = transfer.makeAsyncIterator()
        #expect(try await iterator.next() == .layer(id: "a", status: "Pull complete"))
        #expect(try await iterator.next() == nil)
    }
}

/// A transfer that only its giving up ends, or ten minutes: longer than a busy machine takes to see it given up. It keeps
/// its thread all the time.
private final class EndlessWork: Sendable {
    private let ended = Mutex(false)

    var hasEnded: Bool { ended.withLock { $0 } }

    func transfer() -> Transfer<Int> {
        Transfer { [self] progress throws(ContainerError) in
            defer { ended.withLock { $0 = true } }
            let deadline = ContinuousClock.now + .seconds(3600)
            var done: Int64 = 0
            while ContinuousClock.now < deadline {
                done += 1
                try progress(.progress(id: "a", .downloading, done: done, total: .max))
                usleep(1000)
            }
            return 0
        }
    }
}
