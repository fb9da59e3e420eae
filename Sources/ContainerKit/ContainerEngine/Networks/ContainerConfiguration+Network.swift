import ContainerSystem
import OCISpec

/// Networks and ports in the container's document: `network` has docker's word for the mode; only where a network's name
/// does not say everything there are `attachments`.
extension ContainerConfiguration {
    func addNetwork(_ document: inout ContainerDocument) {
        document.add("network", network.name)
        if case .networks(let attachments) = network, attachments.count != 1 || attachments.first?.isPlain == false {
            document.add("attachments", each: attachments) { $0.document }
        }
        document.add("ports", each: ports) { $0.document }
        document.add("publishesAll", publishesAll)
    }

    /// What is to be published at a start: with `publishesAll` each exposed port that is not named gets any port.
    /// - Parameter standard: the address of the host for those that name none (`EngineSettings.hostAddress`).
    func portsToPublish(standard: String?) -> [PortBinding] {
        var result = ports ?? []
        if publishesAll == true {
            let named = Set(result.map(\.name))
            for name in exposedPorts ?? [] where !named.contains(name) {
                guard let port = ExposedPorts(name) else { continue }
                result += port.ports.map { PortBinding($0, port.transport) }
            }
        }
        for index in result.indices where result[index].hostAddress == nil { result[index].hostAddress = standard }
        return result
    }

    mutating func readNetwork(_ key: JSONKey, _ json: inout JSONReader) throws(ContainerError) -> Bool {
        switch key {
        case "network":
            // The attachments may have come before.
            if case .networks = network { return try json.string() != nil }
            network = try Self.mode(&json)
        case "attachments":
            network = .networks(try json.list(of: "an object", NetworkAttachment.read) ?? [])
        case "ports": ports = try json.list(of: "an object", PortBinding.read)
        case "publishesAll": publishesAll = try json.bool()
        default: return false
        }
        return true
    }

    private static func mode(_ json: inout JSONReader) throws(ContainerError) -> ContainerOptions.NetworkMode {
        let word = try json.string() ?? ""
        switch word {
        case "": throw json.wrong("a network has a name")
        case "none": return .none
        case "host": return .host
        default:
            return word.hasPrefix("container:")
                ? .container(String(word.dropFirst(10))) : .networks([NetworkAttachment(word)])
        }
    }
}

extension NetworkAttachment {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("network", network)
        document.add("aliases", aliases.isEmpty ? nil : aliases)
        document.add("links", each: links.isEmpty ? nil : links) { link in
            var document = ContainerDocument()
            document.add("container", link.container)
            document.add("alias", link.alias)
            return document
        }
        document.add("address", address)
        document.add("address6", address6)
        document.add("linkLocalAddresses", linkLocalAddresses.isEmpty ? nil : linkLocalAddresses)
        document.add("macAddress", macAddress)
        document.add("driverOptions", driverOptions.isEmpty ? nil : driverOptions)
        document.add("gatewayPriority", gatewayPriority == 0 ? nil : gatewayPriority)
        document.add("interfaceName", interfaceName)
        return document
    }

    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> NetworkAttachment? {
        guard try json.beginObject() else { return nil }
        var attachment = NetworkAttachment("")
        while let key = try json.nextKey() {
            switch key {
            case "network": attachment.network = try json.string() ?? ""
            case "aliases": attachment.aliases = try json.strings() ?? []
            case "links": attachment.links = try json.list(of: "an object", Link.read) ?? []
            case "address": attachment.address = try json.string()
            case "address6": attachment.address6 = try json.string()
            case "linkLocalAddresses": attachment.linkLocalAddresses = try json.strings() ?? []
            case "macAddress": attachment.macAddress = try json.string()
            case "driverOptions":
                attachment.driverOptions =
                    try json.dictionary { json throws(ContainerError) in try json.string() } ?? [:]
            case "gatewayPriority": attachment.gatewayPriority = try json.int() ?? 0
            case "interfaceName": attachment.interfaceName = try json.string()
            default: try json.skip()
            }
        }
        return attachment
    }
}

extension NetworkAttachment.Link {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var link = Self("", alias: "")
        while let key = try json.nextKey() {
            switch key {
            case "container": link.container = try json.string() ?? ""
            case "alias": link.alias = try json.string() ?? ""
            default: try json.skip()
            }
        }
        return link
    }
}

extension PortBinding {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("containerPort", Int(containerPort))
        document.add("transport", transport.rawValue)
        document.add("hostAddress", hostAddress)
        document.add("hostPorts", hostPorts.map { "\($0.lowerBound)-\($0.upperBound)" })
        return document
    }

    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> PortBinding? {
        guard try json.beginObject() else { return nil }
        var binding = PortBinding(0)
        while let key = try json.nextKey() {
            switch key {
            case "containerPort": binding.containerPort = try json.uint16() ?? 0
            case "transport":
                let word = try json.string() ?? ""
                guard let transport = Transport(rawValue: word) else {
                    throw json.wrong("no transport is called \(PrintableText.quoted(word))")
                }
                binding.transport = transport
            case "hostAddress": binding.hostAddress = try json.string()
            case "hostPorts":
                guard let word = try json.string() else { continue }
                let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
                guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else {
                    throw json.wrong("\(PrintableText.quoted(word)) is no range of ports")
                }
                binding.hostPorts = first...last
            default: try json.skip()
            }
        }
        return binding
    }
}
