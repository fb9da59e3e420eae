/// How the macvlans of one parent see each other (ip-link(8)).
public enum MACVLANMode: UInt32, Sendable, Hashable, CaseIterable {
    /// Not at all.
    case `private` = 1
    /// Through the switch that the parent is plugged into.
    case vepa = 2
    /// Directly.
    case bridge = 4
    /// There is one, and it takes the parent over.
    case passthru = 8
}

/// What an ipvlan shares with its parent (ip-link(8)).
public enum IPVLANMode: UInt16, Sendable, Hashable, CaseIterable {
    /// Frames: broadcasts and neighbour discovery work.
    case l2 = 0
    /// Packets only: the parent's namespace routes.
    case l3 = 1
    /// The same, and the parent's packet filter sees them.
    case l3s = 2
}

/// How the ipvlans of one parent see each other (ip-link(8)).
public enum IPVLANFlag: UInt16, Sendable, Hashable, CaseIterable {
    case bridge = 0
    case `private` = 1
    case vepa = 2
}
