import OCISpec
import ContainerRuntime
import ContainerSystem
import Glibc

/// state, list and ps: what there is.
extension OCICommands {
    static var state: OCICommand {
        OCICommand(
            name: "state", abstract: "show the state of a container as JSON", operands: "<container-id>", count: 1...1,
            flags: []
        ) { session in
            let state = try session.runtime().state(of: session.id)
            session.console.out(OCIStateText.json(state, owner: "").text(indent: "  "))
            return 0
        }
    }

    private static let format = OCIFlag("format", "f", kind: .text, help: "'table' or 'json'", standard: "\"table\"")

    static var list: OCICommand {
        OCICommand(
            name: "list", abstract: "list the containers of this root", operands: "", count: 0...0,
            flags: [format, OCIFlag("quiet", "q", kind: .isSwitch, help: "show ids only")]
        ) { session in
            let isJSON = try session.wantsJSON()
            let states = try session.runtime().list()
            if session.words.isOn("quiet") {
                for state in states { session.console.out(state.id) }
            } else if isJSON {
                session.console.out(
                    JSONText.array(states.map { OCIStateText.json($0, owner: OCIStateText.name(of: $0.owner)) }).compact
                )
            } else {
                session.console.out(OCIStateText.table(states))
            }
            return 0
        }
    }

    static var ps: OCICommand {
        OCICommand(
            name: "ps", abstract: "show the processes of a container", operands: "<container-id> [ps options]",
            count: 1...Int.max, flags: [format], stopsAtOperand: true
        ) { session in
            let isJSON = try session.wantsJSON()
            let processes = try session.runtime().processes(of: session.id)
            if isJSON {
                session.console.out(JSONText.array(processes.map { .number(Int64($0)) }).compact)
            } else {
                let options = Array(session.words.operands.dropFirst())
                let output = try HostCommand.output(["ps"] + (options.isEmpty ? ["-ef"] : options))
                for line in try ProcessTable.lines(of: output, processes) { session.console.out(line) }
            }
            return 0
        }
    }
}

extension OCISession {
    fileprivate func wantsJSON() throws(CommandFailure) -> Bool {
        switch words.text("format") ?? "table" {
        case "table": return false
        case "json": return true
        case let other:
            throw CommandFailure("invalid format option \(Quoting.go(other)): must be table or json", status: 1)
        }
    }
}

/// States as runc shows them.
enum OCIStateText {
    static func json(_ state: OCIState, owner: String) -> JSONText {
        var members: [(String, JSONText)] = [
            ("ociVersion", .string(state.ociVersion)), ("id", .string(state.id)), ("pid", .number(Int64(state.pid))),
            ("status", .string(state.status.rawValue)), ("bundle", .string(state.bundle)),
            ("rootfs", .string(state.rootfs)), ("created", .string(time(state.created))),
        ]
        if !state.annotations.isEmpty {
            let sorted = state.annotations.sorted { $0.key < $1.key }
            members.append(("annotations", .object(sorted.map { ($0.key, .string($0.value)) })))
        }
        return .object(members + [("owner", .string(owner))])
    }

    static func table(_ states: [OCIState]) -> String {
        let header = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]
        let rows = states.map {
            [$0.id, String($0.pid), $0.status.rawValue, $0.bundle, time($0.created), name(of: $0.owner)]
        }
        let all = [header] + rows
        let widths = header.indices.map { column in max(12, (all.map { $0[column].count }.max() ?? 0) + 3) }
        return all.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined()
        }.joined(separator: "\n")
    }

    /// RFC 3339 to the nanosecond, without zeros at the end.
    static func time(_ nanoseconds: UInt64) -> String {
        var text = Timestamp.format(Double(nanoseconds / 1_000_000_000))
        var digits = String(nanoseconds % 1_000_000_000)
        if digits == "0" { return text }
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        text.removeLast()
        return "\(text).\(digits)Z"
    }

    static func name(of user: UInt32) -> String {
        guard let entry = getpwuid(user) else { return "#\(user)" }
        return String(cString: entry.pointee.pw_name)
    }
}
