import CKLinux
import ContainerSystem
import Dispatch
import Foundation
import Testing

@Suite struct ThreadsTests {
    @Test func workGoesOnBesideItsStarter() throws {
        let signal = DispatchSemaphore(value: 0)
        let own = UInt(pthread_self())
        let work = try Threads.start { () throws(ContainerError) in
            signal.wait()
            return UInt(pthread_self())
        }
        // It would never end before its starter goes on, were it not beside it.
        signal.signal()
        #expect(try work.value() != own)
        #expect(try work.value() != own)
    }

    @Test(arguments: [true, false]) func whatItThrowsIsThrownWhereItIsWaitedFor(isBusy: Bool) throws {
        let work = try Threads.start(isBusy: isBusy) { () throws(ContainerError) -> Int in
            throw ContainerError(.conflict, "taken")
        }
        work.join()
        #expect { try work.value() } throws: { ($0 as? ContainerError)?.code == .conflict }
    }

    @Test func itHasEndedWhenItsHandleIsGone() throws {
        let ended = DispatchSemaphore(value: 0)
        func start() throws {
            _ = try Threads.start { () throws(ContainerError) in
                usleep(20_000)
                ended.signal()
            }
        }
        try start()
        #expect(ended.wait(timeout: .now()) == .success)
    }

    /// To be pinned for a moment, or to migrate, is no limit to where somebody may run.
    @Test func whoWasPinnedOrMigratedMayRunEverywhere() throws {
        let work = try Threads.start(isBusy: false) { () throws(ContainerError) in
            let before = try Self.processors()
            let processor = ck_pin()
            let pinned = try Self.processors()
            ck_unpin(processor)
            let unpinned = try Self.processors()
            let second = ck_pin()
            ck_migrate_off(second)
            return (before, processor, pinned, unpinned, after: try Self.processors())
        }
        let (before, processor, pinned, unpinned, after) = try work.value()
        #expect(processor < 0 ? pinned == before : pinned == "Cpus_allowed_list:\t\(processor)")
        #expect(unpinned == before && after == before)
    }

    /// What somebody else has forbidden stays so.
    @Test func whoMayNotRunEverywhereIsLeftAlone() throws {
        let work = try Threads.start { () throws(ContainerError) in
            let before = try Self.processors()
            let processor = ck_pin()
            ck_migrate_off(processor)
            ck_unpin(processor)
            return (before, processor, after: try Self.processors())
        }
        let (before, processor, after) = try work.value()
        // The thread may not come to its starter's processor.
        #expect(processor == -1 && after == before)
    }

    private static func processors() throws(ContainerError) -> String? {
        try Files.readText("/proc/thread-self/status", limit: 1 << 16).split(separator: "\n")
            .first { $0.hasPrefix("Cpus_allowed_list:") }.map(String.init)
    }
}
