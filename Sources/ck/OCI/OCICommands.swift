/// The commands by their names; each is described beside what it does.
enum OCICommands {
    static let names = [
        "create", "start", "run", "state", "kill", "delete", "exec", "ps", "list", "spec", "features", "events",
        "pause",
        "resume", "update", "checkpoint", "restore",
    ]

    /// Makes the table of that command only.
    static func named(_ name: String) -> OCICommand? {
        switch name {
        case "create": create
        case "start": start
        case "run": run
        case "state": state
        case "kill": kill
        case "delete": delete
        case "exec": exec
        case "ps": ps
        case "list": list
        case "spec": spec
        case "features": features
        case "events": events
        case "pause": pause
        case "resume": resume
        case "update": update
        case "checkpoint": checkpoint
        case "restore": restore
        default: nil
        }
    }
}
