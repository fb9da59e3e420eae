import ContainerNamespaces
import ContainerSystem
import OCISpec

extension ContainerConfiguration {
    /// Reads the document that the database keeps. Members that a later version may have written are skipped.
    /// - Throws: `invalidArgument` that names the value by its JSON path.
    init(document: [UInt8]) throws(ContainerError) {
        self = try JSONReader.read(document, name: "the container's configuration") { json throws(ContainerError) in
            var configuration = ContainerConfiguration.empty
            guard try json.beginObject() else { throw json.wrong("null where an object belongs") }
            while let key = try json.nextKey() {
                if try configuration.readProcess(key, &json) { continue }
                if try configuration.readRights(key, &json) { continue }
                if try configuration.readNetwork(key, &json) { continue }
                if try !configuration.readLife(key, &json) { try json.skip() }
            }
            return configuration
        }
    }

    private static let empty = ContainerConfiguration(
        imageName: "", command: [], environment: [], workingDirectory: "/", user: "", hostname: "", volumes: [],
        labels: [:], limits: .init(), network: .none, noNewPrivileges: false, terminal: false, stdinOpen: false,
        autoRemove: false)

    private mutating func readProcess(_ key: JSONKey, _ json: inout JSONReader) throws(ContainerError) -> Bool {
        switch key {
        case "imageName": imageName = try json.string() ?? ""
        case "command": command = try json.strings() ?? []
        case "imageCommand": imageCommand = try json.strings()
        case "imageEntrypoint": imageEntrypoint = try json.strings()
        case "environment": environment = try json.strings() ?? []
        case "workingDirectory": workingDirectory = try json.string() ?? "/"
        case "user": user = try json.string() ?? ""
        case "groups": groups = try json.strings()
        case "hostname": hostname = try json.string() ?? ""
        case "domainname": domainname = try json.string()
        case "volumes": volumes = try json.objects(VolumeBind.read) ?? []
        case "volumesFrom": volumesFrom = try json.strings()
        case "labels": labels = try json.texts() ?? [:]
        case "annotations": annotations = try json.texts()
        case "terminal": terminal = try json.bool() ?? false
        case "stdinOpen": stdinOpen = try json.bool() ?? false
        case "attach": attach = try json.strings()
        case "detachKeys": detachKeys = try json.string()
        case "exposedPorts": exposedPorts = try json.strings()
        case "names": names = try ContainerOptions.NameService.read(&json)
        default: return false
        }
        return true
    }

    private mutating func readRights(_ key: JSONKey, _ json: inout JSONReader) throws(ContainerError) -> Bool {
        switch key {
        case "limits": limits = try ContainerOptions.Limits.read(&json) ?? .init()
        case "noNewPrivileges": noNewPrivileges = try json.bool() ?? false
        case "security": security = try ContainerOptions.Security.read(&json)
        case "namespaces": namespaces = try ContainerOptions.NamespaceModes.read(&json)
        case "devices": devices = try ContainerOptions.Devices.read(&json)
        case "sysctls": sysctls = try json.texts()
        case "ulimits": ulimits = try json.objects(ContainerOptions.Ulimit.read)
        case "oomScoreAdjustment": oomScoreAdjustment = try json.int()
        case "shmSize": shmSize = try json.int64()
        case "readOnlyRoot": readOnlyRoot = try json.bool()
        case "cgroupParent": cgroupParent = try json.string()
        case "runtime": runtime = try json.string()
        default: return false
        }
        return true
    }

    private mutating func readLife(_ key: JSONKey, _ json: inout JSONReader) throws(ContainerError) -> Bool {
        switch key {
        case "autoRemove": autoRemove = try json.bool() ?? false
        case "stopSignal": stopSignal = try json.string()
        case "stopTimeout": stopTimeout = try json.int()
        case "restart": restart = try RestartPolicy.read(&json)
        case "health": health = try HealthCheck.read(&json)
        case "usesInit": usesInit = try json.bool()
        case "logging": logging = try LogConfiguration.read(&json)
        default: return false
        }
        return true
    }
}

extension JSONReader {
    /// An object of strings.
    fileprivate mutating func texts() throws(ContainerError) -> [String: String]? {
        try dictionary { json throws(ContainerError) in try json.string() }
    }

    fileprivate mutating func objects<Element>(
        _ read: (inout JSONReader) throws(ContainerError) -> Element?
    ) throws(ContainerError) -> [Element]? {
        try list(of: "an object", read)
    }
}

extension RestartPolicy {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> RestartPolicy? {
        guard try json.beginObject() else { return nil }
        var (name, maximum) = ("", 0)
        while let key = try json.nextKey() {
            switch key {
            case "name": name = try json.string() ?? ""
            case "maximum": maximum = try json.int() ?? 0
            default: try json.skip()
            }
        }
        guard let policy = RestartPolicy(name: name, maximum: maximum) else {
            throw json.wrong("no restart policy is called \(PrintableText.quoted(name))")
        }
        return policy
    }
}

extension HealthCheck {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> HealthCheck? {
        guard try json.beginObject() else { return nil }
        var check = HealthCheck(test: [])
        while let key = try json.nextKey() {
            switch key {
            case "test": check.test = try json.strings() ?? []
            case "interval": check.interval = try json.int64() ?? 0
            case "timeout": check.timeout = try json.int64() ?? 0
            case "startPeriod": check.startPeriod = try json.int64() ?? 0
            case "startInterval": check.startInterval = try json.int64() ?? 0
            case "retries": check.retries = try json.int() ?? 0
            default: try json.skip()
            }
        }
        return check
    }
}

extension LogConfiguration {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> LogConfiguration? {
        guard try json.beginObject() else { return nil }
        var logging = LogConfiguration()
        while let key = try json.nextKey() {
            switch key {
            case "driver":
                let word = try json.string() ?? ""
                guard let driver = Driver(rawValue: word) else {
                    throw json.wrong("no log driver is called \(PrintableText.quoted(word))")
                }
                logging.driver = driver
            case "options": logging.options = try json.texts() ?? [:]
            default: try json.skip()
            }
        }
        return logging
    }
}

extension VolumeBind {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> VolumeBind? {
        guard try json.beginObject() else { return nil }
        var volume = VolumeBind(source: "", target: "")
        while let key = try json.nextKey() {
            switch key {
            case "source": volume.source = try json.string() ?? ""
            case "target": volume.target = try json.string() ?? ""
            case "readOnly": volume.readOnly = try json.bool() ?? false
            case "kind":
                let word = try json.string()
                volume.kind = word.flatMap(Kind.init(rawValue:))
                if word != nil, volume.kind == nil { throw json.wrong("no kind of mount") }
            case "details": volume.details = try Details.read(&json)
            default: try json.skip()
            }
        }
        return volume
    }
}

extension VolumeBind.Details {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> VolumeBind.Details? {
        guard try json.beginObject() else { return nil }
        var details = VolumeBind.Details()
        while let key = try json.nextKey() {
            switch key {
            case "propagation": details.propagation = try json.string()
            case "isNotRecursive": details.isNotRecursive = try json.bool()
            case "recursiveReadOnly": details.recursiveReadOnly = try json.string()
            case "noCopy": details.noCopy = try json.bool()
            case "subpath": details.subpath = try json.string()
            case "labels": details.labels = try json.texts()
            case "driverOptions": details.driverOptions = try json.texts()
            case "tmpfsOptions": details.tmpfsOptions = try json.strings()
            case "sourceMustExist": details.sourceMustExist = try json.bool()
            case "isAnonymous": details.isAnonymous = try json.bool()
            case "mode": details.mode = try json.string()
            default: try json.skip()
            }
        }
        return details
    }
}

extension ContainerOptions.NameService {
    fileprivate static func read(_ json: inout JSONReader) throws(ContainerError) -> Self? {
        guard try json.beginObject() else { return nil }
        var names = Self()
        while let key = try json.nextKey() {
            switch key {
            case "servers": names.servers = try json.strings() ?? []
            case "options": names.options = try json.strings() ?? []
            case "search": names.search = try json.strings() ?? []
            case "hosts": names.hosts = try json.strings() ?? []
            default: try json.skip()
            }
        }
        return names
    }
}
