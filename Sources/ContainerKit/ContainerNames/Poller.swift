import CKLinux
import ContainerSystem
import Glibc

/// Waits on many descriptors at once (epoll(7)), each with what is to be done when it is ready.
final class Poller {
    enum Interest {
        case reading, writing, both, neither

        fileprivate var events: UInt32 {
            switch self {
            case .reading: EPOLLIN.rawValue
            case .writing: EPOLLOUT.rawValue
            case .both: EPOLLIN.rawValue | EPOLLOUT.rawValue
            case .neither: 0
            }
        }
    }

    /// What a descriptor became ready for; an error is both.
    struct Readiness {
        let canRead: Bool
        let canWrite: Bool
    }

    typealias Handler = (Readiness) -> Void

    private struct Entry {
        var handler: Handler?
        /// Told apart by this: a number that was closed and given to another within one round.
        var generation: UInt32 = 0
    }

    private static let batchSize = 64
    private let descriptor: Descriptor
    private var entries: [Entry] = []
    private var events = [epoll_event](repeating: epoll_event(), count: batchSize)

    init() throws(ContainerError) {
        descriptor = Descriptor(owning: try system("make an epoll descriptor") { epoll_create1(EPOLL_CLOEXEC_FLAG) })
    }

    /// Calls `handler` whenever the descriptor is ready, until `remove`.
    func add(_ file: Descriptor, _ interest: Interest, _ handler: @escaping Handler) throws(ContainerError) {
        let index = Int(file.raw)
        while entries.count <= index { entries.append(Entry()) }
        entries[index].generation &+= 1
        var event = event(file, interest)
        try system("watch a descriptor") { epoll_ctl(descriptor.raw, EPOLL_CTL_ADD, file.raw, &event) }
        entries[index].handler = handler
    }

    func change(_ file: Descriptor, _ interest: Interest) {
        var event = event(file, interest)
        epoll_ctl(descriptor.raw, EPOLL_CTL_MOD, file.raw, &event)
    }

    /// Must come before the descriptor is closed.
    func remove(_ file: Descriptor) {
        guard entries.indices.contains(Int(file.raw)), entries[Int(file.raw)].handler != nil else { return }
        entries[Int(file.raw)].handler = nil
        epoll_ctl(descriptor.raw, EPOLL_CTL_DEL, file.raw, nil)
    }

    /// Waits for the next events and handles them.
    /// - Parameter milliseconds: how long at most; -1 for ever.
    func wait(milliseconds: CInt) {
        let count = epoll_wait(descriptor.raw, &events, CInt(Self.batchSize), milliseconds)
        guard count > 0 else { return }
        for event in events[..<Int(count)] {
            let index = Int(event.data.u64 & 0xffff_ffff)
            let entry = entries[index]
            guard let handler = entry.handler, entry.generation == UInt32(event.data.u64 >> 32) else { continue }
            let failed = event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
            handler(
                Readiness(
                    canRead: failed || event.events & EPOLLIN.rawValue != 0,
                    canWrite: failed || event.events & EPOLLOUT.rawValue != 0))
        }
    }

    private func event(_ file: Descriptor, _ interest: Interest) -> epoll_event {
        var event = epoll_event()
        event.events = interest.events
        event.data.u64 = UInt64(entries[Int(file.raw)].generation) << 32 | UInt64(UInt32(bitPattern: file.raw))
        return event
    }
}

private let EPOLL_CLOEXEC_FLAG: CInt = 0o2000000
