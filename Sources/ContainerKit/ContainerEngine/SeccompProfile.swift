import ContainerNamespaces
import ContainerSystem
import FoundationEssentials
import OCISpec

/// A filter of system calls in docker's form: that of the OCI with rules that depend on the machine, the kernel and the
/// container's capabilities (moby's `profiles/seccomp`).
public struct SeccompProfile {
    private struct Conditions: Decodable {
        var caps: [String]?
        var arches: [String]?
        var minKernel: String?
    }

    private struct Rule: Decodable {
        var name: String?
        var names: [String]?
        var action: String
        var errnoRet: UInt32?
        var args: [RuntimeSpec.Seccomp.Argument]?
        var includes: Conditions?
        var excludes: Conditions?
    }

    private struct Architecture: Decodable {
        var architecture: String
        var subArchitectures: [String]?
    }

    private struct Document: Decodable {
        var defaultAction: String
        var defaultErrnoRet: UInt32?
        var architectures: [String]?
        var archMap: [Architecture]?
        var flags: [String]?
        var listenerPath: String?
        var syscalls: [Rule]?
    }

    private let document: Document

    /// Whether the text is a profile.
    /// - Throws: `invalidArgument` with what is wrong with it.
    public static func check(_ text: String) throws(ContainerError) {
        _ = try SeccompProfile(text).policy(capabilities: Capabilities.standard)
    }

    init(_ text: String) throws(ContainerError) {
        guard text.utf8.count <= 1 << 20 else {
            throw ContainerError(.invalidArgument, "a seccomp profile of more than 1 MiB")
        }
        try JSONBounds.check(Array(text.utf8), name: "the seccomp profile")
        do { document = try JSONDecoder().decode(Document.self, from: Data(text.utf8)) } catch {
            throw ContainerError(.invalidArgument, "decode the seccomp profile", cause: Self.reason(error))
        }
    }

    /// The policy for a container.
    /// - Parameter capabilities: the bounding set as a mask.
    /// - Throws: `invalidArgument` for a profile that contradicts itself.
    func policy(capabilities: UInt64, kernel: KernelVersion = .current) throws(ContainerError) -> RuntimeSpec.Seccomp {
        if document.architectures?.isEmpty == false, document.archMap?.isEmpty == false {
            throw ContainerError(
                .invalidArgument, "the seccomp profile has both 'architectures' and 'archMap'", hint: "use one of them")
        }
        if document.listenerPath?.isEmpty == false {
            throw ContainerError(
                .unsupported, "the seccomp profile asks a listener",
                hint: "an OCI specification can: see ck oci run")
        }
        var rules: [RuntimeSpec.Seccomp.Rule] = []
        for (index, rule) in (document.syscalls ?? []).enumerated() {
            if rule.name?.isEmpty == false, rule.names?.isEmpty == false {
                throw ContainerError(
                    .invalidArgument, "syscalls[\(index)] of the seccomp profile has both 'name' and 'names'",
                    hint: "use one of them")
            }
            guard try holds(rule, capabilities, kernel) else { continue }
            let names = rule.names.flatMap { $0.isEmpty ? nil : $0 } ?? [rule.name ?? ""]
            rules.append(.init(names: names, action: rule.action, errnoRet: rule.errnoRet, args: rule.args))
        }
        let policy = RuntimeSpec.Seccomp(
            defaultAction: document.defaultAction, defaultErrnoRet: document.defaultErrnoRet,
            architectures: architectures, flags: document.flags, syscalls: rules)
        try policy.validate(at: "the seccomp profile")
        return policy
    }

    private var architectures: [String]? {
        guard let map = document.archMap, !map.isEmpty else { return document.architectures }
        let own = map.first { $0.architecture == Self.architecture.token }
        return own.map { [$0.architecture] + ($0.subArchitectures ?? []) }
    }

    private func holds(_ rule: Rule, _ capabilities: UInt64, _ kernel: KernelVersion) throws(ContainerError) -> Bool {
        if let includes = rule.includes {
            if let arches = includes.arches, !arches.isEmpty, !arches.contains(Self.architecture.name) { return false }
            for name in includes.caps ?? [] where try !has(name, capabilities) { return false }
            if let least = includes.minKernel, try kernel < version(least) { return false }
        }
        if let excludes = rule.excludes {
            if excludes.arches?.contains(Self.architecture.name) == true { return false }
            for name in excludes.caps ?? [] where try has(name, capabilities) { return false }
            if let least = excludes.minKernel, try kernel >= version(least) { return false }
        }
        return true
    }

    private func has(_ name: String, _ capabilities: UInt64) throws(ContainerError) -> Bool {
        guard let capability = Capability(name: name) else {
            throw ContainerError(.invalidArgument, "the seccomp profile: \(name.printable) is no capability")
        }
        return capabilities & capability.mask != 0
    }

    private func version(_ text: String) throws(ContainerError) -> KernelVersion {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else {
            throw ContainerError(
                .invalidArgument, "the seccomp profile: minKernel \(text.printable) is not such as 4.8")
        }
        return KernelVersion(major, minor)
    }

    /// Go's name of this machine, by which rules are chosen, and seccomp's.
    private static let architecture: (name: String, token: String) = {
        #if arch(arm64)
        ("arm64", "SCMP_ARCH_AARCH64")
        #else
        ("amd64", "SCMP_ARCH_X86_64")
        #endif
    }()

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(key.stringValue) is missing \(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(place(context)): \(context.debugDescription)"
        case .dataCorrupted: return "it is not JSON"
        @unknown default: return "\(error)"
        }
    }
}
