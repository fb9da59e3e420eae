import ContainerSystem
import Glibc
import Synchronization

/// A server on a loopback port that answers each connection with the same bytes, whatever it is asked.
final class LoopbackServer: Sendable {
    let port: UInt16
    private let listener: Descriptor
    private let isStopped = Flag()

    /// - Parameter linger: milliseconds between the answer and the end of the connection.
    init(answer: [UInt8], linger: UInt32 = 0) throws {
        (listener, port) = try Self.listen()
        let listener = listener
        let task = Box<@Sendable () -> Void> { [isStopped] in
            while true {
                let raw = accept(listener.raw, nil, nil)
                if raw < 0 || isStopped.value { break }
                let connection = Descriptor(owning: raw)
                var request = [UInt8](repeating: 0, count: 4096)
                _ = read(connection.raw, &request, request.count)
                _ = answer.withUnsafeBytes {
                    Glibc.send(connection.raw, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                if linger > 0 { usleep(linger * 1000) }
            }
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(task).toOpaque()
        try system("start a thread") {
            -pthread_create(
                &thread, nil,
                { context in
                    Unmanaged<Box<@Sendable () -> Void>>.fromOpaque(context!).takeRetainedValue().value()
                    return nil
                }, context)
        }
        pthread_detach(thread)
    }

    /// Wakes the thread, which then lets go of the port.
    func stop() {
        isStopped.raise()
        shutdown(listener.raw, CInt(SHUT_RDWR))
    }

    /// A port that nobody listens on (any more).
    static func freePort() throws -> UInt16 { try listen().port }

    private static func listen() throws -> (listener: Descriptor, port: UInt16) {
        let listener = Descriptor(
            owning: try system("socket") {
                socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer throws in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = try system("bind") { bind(listener.raw, address, length) }
                _ = try system("listen") { Glibc.listen(listener.raw, 16) }
                _ = try system("getsockname") { getsockname(listener.raw, address, &length) }
            }
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }
}

private final class Flag: Sendable {
    private let state = Mutex(false)
    var value: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}

/// A value where only an object can go.
private final class Box<Value: Sendable>: Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
