import CKLinux
import ContainerSystem
import Glibc
import Testing

@testable import ContainerNamespaces

/// The client of a supervisor's socket, with the test as the supervisor.
@Suite struct SupervisorTests {
    /// Listens in a folder of its own, whose path is longer than an address may be.
    private func withListener(_ body: (String, Descriptor) throws -> Void) throws {
        var template = Array("/tmp/ck-supervisor-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let base = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(base) }
        let folder = base + "/" + String(repeating: "x", count: 120)
        try Files.makeDirectory(folder)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let directory = try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: "/proc/self/fd/\(directory.raw)/control".utf8)
        }
        let listener = Descriptor(owning: socket(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue), 0))
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener.raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener.raw, 8) == 0)
        try body(folder, listener)
    }

    private static let size = MemoryLayout<ck_message>.size

    /// The first three fields, by their offsets in launch_plan.h.
    private func receive(_ socket: CInt) -> [Int32] {
        var fields = [Int32](repeating: -1, count: Self.size)
        let count = recv(socket, &fields, fields.count * 4, 0)
        return count == Self.size ? Array(fields[..<3]) : []
    }

    private func send(_ socket: CInt, _ fields: [Int32]) {
        let message = fields + [Int32](repeating: 0, count: Self.size / 4 - fields.count)
        _ = Glibc.send(socket, message, Self.size, 0)
    }

    @Test func messagesAreTheHeaders() throws {
        try withListener { folder, listener in
            let supervisor = try Supervisor.connect(runFolder: folder)
            let peer = Descriptor(owning: accept(listener.raw, nil, nil))
            supervisor.resize(rows: 24, columns: 80)
            #expect(receive(peer.raw) == [4, 24, 80])
            supervisor.signal(10)
            #expect(receive(peer.raw) == [5, 10, 0])
            try supervisor.stop(signal: 15, timeoutMilliseconds: 1500)
            #expect(receive(peer.raw) == [13, 15, 1500])
            try supervisor.stop(signal: 15, timeoutMilliseconds: nil)
            #expect(receive(peer.raw) == [13, 15, -1])
            for (policy, fields) in [
                (RestartPolicy.no, [14, 0, 0]), (.onFailure(maximum: 7), [14, 1, 7]), (.always, [14, 2, 0]),
                (.unlessStopped, [14, 3, 0]),
            ] as [(RestartPolicy, [Int32])] {
                try supervisor.setRestartPolicy(policy)
                #expect(receive(peer.raw) == fields)
            }
            supervisor.hold(input: true, output: false)
            #expect(receive(peer.raw) == [15, 1, 0])
            supervisor.hold(input: false, output: true)
            #expect(receive(peer.raw) == [15, 2, 0])
        }
    }

    @Test func eventsAreToldApart() throws {
        try withListener { folder, listener in
            let supervisor = try Supervisor.connect(runFolder: folder)
            let peer = Descriptor(owning: accept(listener.raw, nil, nil))
            #expect(try supervisor.next(milliseconds: 10) == nil)
            // A message of no event is passed over.
            for fields: [Int32] in [[1, 0, 0], [3, 7, 1], [3, 137, 2], [12, 0, 0]] { send(peer.raw, fields) }
            #expect(
                try supervisor.next(milliseconds: 1000)
                    == .exited(status: 7, willRestart: true, wasKilledAfterTimeout: false))
            #expect(
                try supervisor.next(milliseconds: nil)
                    == .exited(status: 137, willRestart: false, wasKilledAfterTimeout: true))
            #expect(try supervisor.next(milliseconds: 1000) == .detached)
            shutdown(peer.raw, CInt(SHUT_RDWR))
            let error = #expect(throws: ContainerError.self) { try supervisor.next(milliseconds: 1000) }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func attachingTellsWhichStreamsAndKeys() throws {
        try withListener { folder, listener in
            let supervisor = try Supervisor.connect(runFolder: folder)
            let peer = Descriptor(owning: accept(listener.raw, nil, nil))
            send(peer.raw, [11, 0, 0])
            try supervisor.attach(ClientStreams(input: nil, output: 1, error: 2), detachKeys: [16, 17])
            #expect(receive(peer.raw) == [10, 6, 2])
            send(peer.raw, [3, 0, 0])
            let ended = #expect(throws: ContainerError.self) {
                try supervisor.attach(ClientStreams(input: 0, output: nil, error: nil), detachKeys: [])
            }
            #expect(ended?.code == .unavailable)
            #expect(receive(peer.raw) == [10, 1, 0])
            let keys = [UInt8](repeating: 1, count: 33)
            let tooMany = #expect(throws: ContainerError.self) {
                try supervisor.attach(ClientStreams(input: nil, output: 1, error: nil), detachKeys: keys)
            }
            #expect(tooMany?.code == .invalidArgument)
        }
    }

    @Test func nobodyThereIsSaid() throws {
        try withListener { folder, _ in
            for missing in [folder + "/none", "/proc/self/status"] {
                let error = #expect(throws: ContainerError.self) { try Supervisor.connect(runFolder: missing) }
                #expect(error?.code == .unavailable)
            }
        }
    }
}
