/// Events that nobody has looked at yet. Bounded however slow the one who looks is: of a layer's progress in a phase
/// only the newest is kept, in the place of the older one. A status is never lost, and all of a layer's events stay in
/// their order.
public struct TransferBuffer: Sendable {
    private struct Key: Hashable {
        let id: String
        let phase: TransferEvent.Phase
    }

    private var events: [TransferEvent] = []
    /// Where the progress waits that a newer one may replace, counted from the first event of all.
    private var replaceable: [Key: Int] = [:]
    private var taken = 0

    public init() {}

    public var isEmpty: Bool { events.isEmpty }

    public mutating func add(_ event: TransferEvent) {
        switch event {
        case .layer(let id, _):
            // What comes after a status may not appear before it.
            for phase in TransferEvent.Phase.allCases { replaceable[Key(id: id, phase: phase)] = nil }
            events.append(event)
        case .progress(let id, let phase, _, _):
            let key = Key(id: id, phase: phase)
            if let place = replaceable[key], place >= taken {
                events[place - taken] = event
            } else {
                replaceable[key] = taken + events.count
                events.append(event)
            }
        }
    }

    /// The oldest event.
    public mutating func popFirst() -> TransferEvent? {
        guard !events.isEmpty else { return nil }
        taken += 1
        return events.removeFirst()
    }

    /// Everything, the oldest first.
    public mutating func takeAll() -> [TransferEvent] {
        defer {
            taken += events.count
            events.removeAll(keepingCapacity: true)
        }
        return events
    }
}
