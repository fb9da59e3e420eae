import ContainerSystem
import OCISpec

/// How errors call what was asked for.
public enum CgroupNaming: Sendable, Equatable {
    /// In the words of a command line: `the memory limit needs the cgroup controller memory, ...`.
    case words
    /// By the JSON path below this object (`linux.resources`): `linux.resources.memory.limit: the memory limit needs ...`.
    case fields(of: String)
}

/// A field of `linux.resources`: its JSON path below that, and what it is in the user's words.
struct CgroupField: Equatable {
    var path: String
    /// `the memory limit`
    var purpose: String

    init(_ path: String, _ purpose: String) {
        self.path = path
        self.purpose = purpose
    }
}

/// One value for one file of a controller.
struct CgroupSetting: Equatable {
    enum Version {
        case one
        case two
    }

    var version: Version
    var file: String
    var value: String
    var field: CgroupField
    /// Whether the value restricts anything: on a host without the controller "no limit" is what there is anyway.
    var isRequested = true
    /// What takes its place on a kernel that does not have the file.
    var alternative: Alternative?
    /// Whether a kernel without the file is good enough.
    var isOptional = false
    /// Whether the kernel may refuse the value (EINVAL) until another one of the same controller has changed.
    var dependsOnOthers = false
    /// The way out when the kernel refuses it.
    var hint: String?

    struct Alternative: Equatable {
        var file: String
        var value: String
    }

    var controller: String { String(file.prefix { $0 != "." }) }
    var purpose: String { field.purpose }
}

/// An error, and the field that it is about.
struct CgroupFailure: Error {
    var error: ContainerError
    var field: String?

    init(_ error: ContainerError, _ field: CgroupField? = nil) {
        self.error = error
        self.field = field?.path
    }

    /// A value that is malformed or out of range.
    static func invalid(_ field: CgroupField, _ message: String, hint: String? = nil) -> CgroupFailure {
        CgroupFailure(ContainerError(.invalidArgument, "\(field.purpose) \(message)", hint: hint), field)
    }

    /// What this version of cgroups does not have.
    static func unsupported(_ field: CgroupField, _ message: String, hint: String? = nil) -> CgroupFailure {
        CgroupFailure(ContainerError(.unsupported, "\(field.purpose): \(message)", hint: hint), field)
    }

    static func missing(_ controller: String, for field: CgroupField) -> CgroupFailure {
        let hint: String? =
            switch controller {
            case "memory", "cpuset": "the kernel enables it at boot: cgroup_enable=\(controller)"
            case "net_cls", "net_prio": "it is one of cgroup v1: mount -t cgroup -o \(controller)"
            default: nil
            }
        return missing(controller, for: field, "which this host does not have", hint: hint)
    }

    /// A file of version 2, on a hybrid host that has its controller on version 1.
    static func elsewhere(_ controller: String, for field: CgroupField) -> CgroupFailure {
        missing(
            controller, for: field, "which this host does not have in its tree of cgroup v2",
            hint: "cgroup v1 has it here: use the other fields of the resources")
    }

    private static func missing(
        _ controller: String, for field: CgroupField, _ reason: String, hint: String?
    ) -> CgroupFailure {
        let message = "\(field.purpose) needs the cgroup controller \(controller), \(reason)"
        return CgroupFailure(ContainerError(.unsupported, message, hint: hint), field)
    }

    /// As its caller wants it named. The path of a field goes before everything, even the operation.
    func named(_ naming: CgroupNaming, during operation: String? = nil) -> ContainerError {
        if case .fields(let object) = naming, let field {
            return error.during(object.isEmpty ? field : "\(object).\(field)")
        }
        return operation.map(error.during) ?? error
    }
}
