import ContainerSystem
import OCISpec

/// Something that happened to an object, as docker's `events` tells it.
public struct Event: Sendable, Equatable {
    /// What it happened to.
    public enum Kind: String, Sendable, CaseIterable {
        case container, image, network, volume
        // docker has them too, and filters may ask for them.
        case plugin, daemon, service, node, secret, config, builder
    }

    public var kind: Kind
    /// docker's word: `start`, `die`, `exec_create: sh -c true`.
    public var action: String
    public var id: String
    /// Of containers and images with the labels; by key.
    public var attributes: [String: String]
    /// Nanoseconds since 1970.
    public var time: Int64

    public init(
        _ kind: Kind, _ action: String, id: String, attributes: [String: String] = [:],
        time: Int64 = Int64(Timestamp.now * 1e9)
    ) {
        self.kind = kind
        self.action = action
        self.id = id
        self.attributes = attributes
        self.time = time
    }

    /// The action without what follows its colon: `exec_create`, `health_status`.
    public var verb: Substring { action.prefix { $0 != ":" } }

    /// One line of the log, which is also docker's `--format json`.
    public var json: String {
        var text = "{"
        if kind == .container || kind == .image {
            text += "\"status\":\(JSONString.quoted(action)),\"id\":\(JSONString.quoted(id)),"
        }
        if kind == .container, let image = attributes["image"] { text += "\"from\":\(JSONString.quoted(image))," }
        return text
            + "\"Type\":\"\(kind.rawValue)\",\"Action\":\(JSONString.quoted(action)),\"Actor\":\(actor),"
            + "\"scope\":\"local\",\"time\":\(time / 1_000_000_000),\"timeNano\":\(time)}"
    }

    /// The part that says what it happened to.
    var actor: String {
        "{\"ID\":\(JSONString.quoted(id)),\"Attributes\":{\(JSONString.members(attributes))}}"
    }
}

extension Event {
    /// Reads a line of the log; nil for one that is none, which a full disk may have cut off.
    init?(line: ArraySlice<UInt8>) {
        do throws(ContainerError) {
            let event = try JSONReader.read(Array(line), name: "event") { json throws(ContainerError) in
                try Self.read(&json)
            }
            guard let event else { return nil }
            self = event
        } catch {
            return nil
        }
    }

    private static func read(_ json: inout JSONReader) throws(ContainerError) -> Event? {
        var kind: Kind?
        var (action, id, time) = ("", "", Int64(0))
        var attributes: [String: String] = [:]
        guard try json.beginObject() else { return nil }
        while let key = try json.nextKey() {
            switch key {
            case "Type": kind = try json.string().flatMap(Kind.init(rawValue:))
            case "Action": action = try json.string() ?? ""
            case "timeNano": time = try json.int64() ?? 0
            case "Actor":
                guard try json.beginObject() else { continue }
                while let key = try json.nextKey() {
                    switch key {
                    case "ID": id = try json.string() ?? ""
                    case "Attributes":
                        attributes =
                            try json.dictionary { json throws(ContainerError) in try json.string() } ?? [:]
                    default: try json.skip()
                    }
                }
            default: try json.skip()
            }
        }
        guard let kind, !action.isEmpty else { return nil }
        return Event(kind, action, id: id, attributes: attributes, time: time)
    }
}
