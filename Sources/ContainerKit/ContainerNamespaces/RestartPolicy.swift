/// What the supervisor does when a container's program has ended (docker, `--restart`).
public enum RestartPolicy: Sendable, Equatable {
    case no
    /// After a status other than 0, and `maximum` times at most; 0 is any number of times.
    case onFailure(maximum: Int)
    case always
    /// As `always`, but one that was stopped by hand stays stopped.
    case unlessStopped

    /// docker's word for it.
    public var name: String {
        switch self {
        case .no: "no"
        case .onFailure: "on-failure"
        case .always: "always"
        case .unlessStopped: "unless-stopped"
        }
    }

    public var maximum: Int {
        if case .onFailure(let maximum) = self { maximum } else { 0 }
    }

    /// - Returns: nil for a name that docker does not know, and for a maximum where there can be none.
    public init?(name: String, maximum: Int = 0) {
        switch name {
        case "on-failure" where maximum >= 0: self = .onFailure(maximum: maximum)
        case "",
            "no" where maximum == 0:
            self = .no
        case "always" where maximum == 0: self = .always
        case "unless-stopped" where maximum == 0: self = .unlessStopped
        default: return nil
        }
    }
}
