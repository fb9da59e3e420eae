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

    /// Where it runs at first is no limit to where it may run.
    @Test func aChildThatGoesOnElsewhereMayRunEverywhere() throws {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/sleep")
        child.arguments = ["60"]
        try child.run()
        defer {
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
        }
        let before = try Self.processors(of: "self")
        ck_migrate(child.processIdentifier)
        #expect(try Self.processors(of: "\(child.processIdentifier)") == before)
    }

    private static func processors(of process: String) throws -> String? {
        try Files.readText("/proc/\(process)/status", limit: 1 << 16).split(separator: "\n")
            .first { $0.hasPrefix("Cpus_allowed_list:") }.map(String.init)
    }
}
