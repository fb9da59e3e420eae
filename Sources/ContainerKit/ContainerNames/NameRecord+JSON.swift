import ContainerSystem
import OCISpec

extension NameRecord {
    /// More than a container with every option of its command line takes.
    static let sizeLimit = 1 << 20
    static let fileName = "names.json"

    /// The document, in one line.
    public var json: String {
        func list(_ values: [String]) -> JSONText { .strings(values) }
        let networks = networks.map { network -> JSONText in
            .object([
                ("id", .string(network.id)), ("name", .string(network.name)), ("internal", .bool(network.isInternal)),
                ("addresses", list(network.addresses)), ("names", list(network.names)),
            ])
        }
        let links = links.map { link -> JSONText in
            .object([("alias", .string(link.alias)), ("target", .string(link.target))])
        }
        return JSONText.object([
            ("id", .string(id)), ("name", .string(name)), ("networks", .array(networks)), ("servers", list(servers)),
            ("links", .array(links)),
        ]).compact
    }

    /// Writes the record of a container.
    /// - Parameter runFolder: the container's: `RUNROOT/containers/ID`.
    /// - Throws: `ContainerError` with the file and the errno.
    public func write(to runFolder: String) throws(ContainerError) {
        try Files.replace("\(runFolder)/\(Self.fileName)", with: json.utf8, mode: 0o600)
    }

    /// Reads the record of a container.
    /// - Parameter runFolder: the container's: `RUNROOT/containers/ID`.
    /// - Throws: `notFound` when there is none; `invalidArgument` with the member that is wrong.
    public init(readingFrom runFolder: String) throws(ContainerError) {
        let path = "\(runFolder)/\(Self.fileName)"
        try self.init(json: try Files.read(path, limit: Self.sizeLimit), name: path)
    }

    /// - Parameter name: what errors call the document.
    /// - Throws: `invalidArgument` with the member that is wrong.
    public init(json: [UInt8], name: String) throws(ContainerError) {
        self = try JSONReader.read(json, name: name) { json throws(ContainerError) in try Self.read(&json) }
    }

    private static func read(_ json: inout JSONReader) throws(ContainerError) -> NameRecord {
        var record = NameRecord(id: "", name: "", networks: [])
        guard try json.beginObject() else { throw json.wrong("null where an object belongs") }
        while let key = try json.nextKey() {
            switch key {
            case "id": record.id = try json.string() ?? ""
            case "name": record.name = try json.string() ?? ""
            case "networks":
                record.networks =
                    try json.list(of: "a network") { json throws(ContainerError) in try network(&json) } ?? []
            case "servers": record.servers = try addresses(&json)
            case "links":
                record.links = try json.list(of: "a link") { json throws(ContainerError) in try link(&json) } ?? []
            default: try json.skip()
            }
        }
        if record.id.isEmpty { throw json.missing("id") }
        return record
    }

    private static func network(_ json: inout JSONReader) throws(ContainerError) -> Network? {
        var network = Network(id: "", name: "", addresses: [], names: [])
        guard try json.beginObject() else { return nil }
        while let key = try json.nextKey() {
            switch key {
            case "id": network.id = try json.string() ?? ""
            case "name": network.name = try json.string() ?? ""
            case "internal": network.isInternal = try json.bool() ?? false
            case "addresses": network.addresses = try addresses(&json)
            case "names": network.names = try json.strings() ?? []
            default: try json.skip()
            }
        }
        if network.id.isEmpty { throw json.missing("id") }
        return network
    }

    private static func link(_ json: inout JSONReader) throws(ContainerError) -> Link? {
        var link = Link(alias: "", target: "")
        guard try json.beginObject() else { return nil }
        while let key = try json.nextKey() {
            switch key {
            case "alias": link.alias = try json.string() ?? ""
            case "target": link.target = try json.string() ?? ""
            default: try json.skip()
            }
        }
        return link
    }

    private static func addresses(_ json: inout JSONReader) throws(ContainerError) -> [String] {
        let texts = try json.strings() ?? []
        for text in texts where HostAddress(String(text.prefix { $0 != "%" })) == nil {
            throw json.wrong("\"\(text.printablePart)\" is no address")
        }
        return texts
    }
}

extension String {
    /// As much of somebody else's text as a message has room for.
    fileprivate var printablePart: String { String(printable.prefix(64)) }
}
