import ContainerSystem

/// How fast a link may send: a token bucket (tc-tbf(8)).
public struct TrafficLimit: Sendable, Hashable {
    /// In bits per second.
    public let rate: UInt64
    /// In bytes: what may go out at once after a pause.
    public let burst: UInt32
    /// In bytes: what may wait; more is dropped.
    public let queue: UInt32

    /// - Parameters:
    ///   - rate: in bits per second, 8 kbit/s to 1 Tbit/s.
    ///   - burst: in bytes; nil is what ten milliseconds carry, at least 64 KiB: less would cut what a sender hands
    ///     over at once.
    ///   - latency: how long a packet may wait, in milliseconds, 1 to 10,000.
    /// - Throws: `ContainerError` `invalidArgument`.
    public init(rate: UInt64, burst: UInt32? = nil, latency: UInt32 = 50) throws(ContainerError) {
        guard (8000...1_000_000_000_000).contains(rate) else {
            throw ContainerError(
                .invalidArgument, "a limit of \(rate) bits per second is not between 8,000 and 1,000,000,000,000")
        }
        guard (1...10_000).contains(latency) else {
            throw ContainerError(.invalidArgument, "a latency of \(latency) ms is not between 1 and 10,000")
        }
        if let burst, burst < 1600 {
            throw ContainerError(
                .invalidArgument, "a burst of \(burst) bytes holds no whole packet", hint: "at least 1600")
        }
        let perSecond = rate / 8
        let burst = burst ?? UInt32(clamping: max(perSecond / 100, 64 << 10))
        self.rate = rate
        self.burst = burst
        queue = UInt32(clamping: perSecond * UInt64(latency) / 1000 + UInt64(burst))
    }
}

extension RouteMessage {
    static let newQueueing: UInt16 = 36  // RTM_NEWQDISC
    static let deleteQueueing: UInt16 = 37

    /// Limits what a link sends.
    public static func limit(_ index: UInt32, name: String, to limit: TrafficLimit) -> NetlinkMessage {
        let perSecond = limit.rate / 8
        // struct tc_tbf_qopt: rate, peak rate (each a tc_ratespec), limit, buffer, mtu. The link layer "ethernet"
        // spares the table of transmission times that old programs send along.
        let rate: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0] + [UInt8](native: UInt32(clamping: perSecond))
        let parameters =
            rate + [UInt8](repeating: 0, count: 12) + [UInt8](native: limit.queue) + [UInt8](repeating: 0, count: 8)
        var attributes = NetlinkAttributes()
        attributes.append(1, "tbf")  // TCA_KIND
        attributes.nest(2) { options in  // TCA_OPTIONS
            options.append(1, bytes: parameters)  // TCA_TBF_PARMS
            if perSecond > UInt64(UInt32.max) { options.append(4, perSecond) }  // TCA_TBF_RATE64
            options.append(6, limit.burst)  // TCA_TBF_BURST
        }
        return NetlinkMessage(
            "limit link \(name) to \(limit.rate) bits per second", type: newQueueing, flags: [.create, .replace],
            header: queueingHeader(index), attributes: attributes)
    }

    /// Takes the limit away.
    public static func unlimit(_ index: UInt32, name: String) -> NetlinkMessage {
        NetlinkMessage("take the limit of link \(name) away", type: deleteQueueing, header: queueingHeader(index))
    }

    /// `struct tcmsg`: family, padding, index, handle, parent: the root, info
    private static func queueingHeader(_ index: UInt32) -> [UInt8] {
        [0, 0, 0, 0] + [UInt8](native: index) + [0, 0, 0, 0] + [UInt8](native: UInt32.max) + [0, 0, 0, 0]
    }
}
