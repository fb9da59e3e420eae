import ContainerSystem
import Synchronization
import Testing

@testable import ContainerKit

@Suite struct ContainerSequenceTests {
    private final class Counter: Sendable {
        private let count = Mutex(0)
        func add() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock { $0 } }
    }

    private func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<6000 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return condition()
    }

    @Test func elementsComeInTheirOrder() async throws {
        let sequence = ContainerSequence<Int>(ahead: 2) { _, yield throws(ContainerError) in
            for number in 0..<1000 { try yield(number) }
        }
        #expect(try await sequence.collect() == Array(0..<1000))
        #expect(try await ContainerSequence(["a", "b"]).collect() == ["a", "b"])
    }

    @Test func whatTheWorkThrowsComesAfterWhatItMade() async throws {
        let sequence = ContainerSequence<Int> { _, yield throws(ContainerError) in
            try yield(1)
            throw ContainerError(.notFound, "gone")
        }
        var iterator = sequence.makeAsyncIterator()
        #expect(try await iterator.next() == 1)
        await #expect(throws: ContainerError.self) { try await iterator.next() }
    }

    @Test func theWorkWaitsForItsListener() async throws {
        let made = Counter()
        let sequence = ContainerSequence<Int>(ahead: 3) { _, yield throws(ContainerError) in
            for number in 0..<10 {
                made.add()
                try yield(number)
            }
        }
        #expect(await eventually { made.value == 4 })
        try await Task.sleep(for: .milliseconds(50))
        #expect(made.value == 4, "three wait, and the fourth for its turn")
        #expect(try await sequence.collect().count == 10)
    }

    /// What the work was told, and that its thread has ended.
    private final class Ending: Sendable {
        private let code = Mutex<ContainerError.Code?>(nil)
        let begun = Counter()
        func set(_ value: ContainerError.Code) { code.withLock { $0 = value } }
        var value: ContainerError.Code? { code.withLock { $0 } }

        /// Never has anything to say.
        func silence() -> ContainerSequence<Int> {
            ContainerSequence { interruption, _ throws(ContainerError) in
                self.begun.add()
                let isInterrupted = interruption.wait(milliseconds: 1_200_000)
                self.set(isInterrupted ? .cancelled : .unavailable)
                throw ContainerError(.cancelled, "over")
            }
        }
    }

    @Test func aTaskThatIsCancelledEndsTheWork() async throws {
        let ending = Ending()
        let sequence = ending.silence()
        let listener = Task { try await sequence.collect() }
        try await Task.sleep(for: .milliseconds(20))
        listener.cancel()
        await #expect {
            try await listener.value
        } throws: {
            ($0 as? ContainerError)?.code == .cancelled
        }
        #expect(await eventually { ending.value == .cancelled })
    }

    @Test func lettingGoEndsTheWork() async throws {
        let ending = Ending()
        var sequence: ContainerSequence<Int>? = ending.silence()
        #expect(await eventually { ending.begun.value == 1 } && sequence != nil)
        sequence = nil
        #expect(await eventually { ending.value == .cancelled })
        let busy = Ending()
        do {
            let full = ContainerSequence<Int>(ahead: 1) { _, yield throws(ContainerError) in
                do throws(ContainerError) {
                    while true { try yield(1) }
                } catch {
                    busy.set(error.code)
                    throw error
                }
            }
            var iterator = full.makeAsyncIterator()
            _ = try await iterator.next()
        }
        #expect(await eventually { busy.value == .cancelled }, "also while it waits for room")
    }

    @Test func aListenerCanBeLateAndSeveral() async throws {
        let sequence = ContainerSequence(Array(0..<100))
        let sums = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { try await sequence.collect().reduce(0, +) } }
            return try await group.reduce(0, +)
        }
        #expect(sums == 4950, "each element goes to one")
    }
}
