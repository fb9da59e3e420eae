import ContainerEngine
import ContainerSystem
import TextTemplate

/// An event as a line.
struct EventLine {
    private let template: Template?
    private let isJSON: Bool

    init(_ format: String) throws(CommandFailure) {
        isJSON = format == "json"
        do throws(TemplateError) { template = format.isEmpty || isJSON ? nil : try Template(format) } catch {
            throw CommandFailure("ck: \(error.description)", status: 64)
        }
    }

    func line(_ event: Event) throws -> String {
        if let template {
            do throws(TemplateError) { return try template.text(of: .object(Self.object(event))) } catch {
                throw CommandFailure("ck: \(error.description)", status: 1)
            }
        }
        if isJSON { return event.json }
        let attributes = event.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let suffix = attributes.isEmpty ? "" : " (\(attributes.joined(separator: ", ")))"
        let line = "\(Self.time(event.time)) \(event.kind.rawValue) \(event.action) \(event.id)\(suffix)"
        // One event is one line, whatever its labels say.
        return line.replacing("\n", with: "\\n")
    }

    /// docker's: nine digits, of this host's time zone.
    private static func time(_ nanoseconds: Int64) -> String { Timestamp.local(nanoseconds: nanoseconds) }

    private static func object(_ event: Event) -> Object {
        let hasStatus = event.kind == .container || event.kind == .image
        return Object(
            type: "events.Message",
            [
                .init("Status", key: "status", omitsEmpty: true, .string(hasStatus ? event.action : "")),
                .init("ID", key: "id", omitsEmpty: true, .string(hasStatus ? event.id : "")),
                .init(
                    "From", key: "from", omitsEmpty: true,
                    .string(event.kind == .container ? event.attributes["image"] ?? "" : "")),
                .init("Type", .string(event.kind.rawValue)), .init("Action", .string(event.action)),
                .init(
                    "Actor",
                    .object(
                        Object(
                            type: "events.Actor",
                            [.init("ID", .string(event.id)), .init("Attributes", .strings(event.attributes))]))),
                .init("Scope", key: "scope", "local"),
                .init("Time", key: "time", .int(event.time / 1_000_000_000)),
                .init("TimeNano", key: "timeNano", .int(event.time)),
            ])
    }
}
