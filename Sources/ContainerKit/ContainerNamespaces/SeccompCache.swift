import ContainerSystem
import Glibc
import OCISpec

/// Compiled filters in files, so that an ordinary start reads one small file and never loads libseccomp.
///
/// A file that is cut short, foreign or writable by others counts as absent and is written anew.
public struct SeccompCache: Sendable {
    public let directory: String

    /// - Parameter directory: where the files are; it is made when the first is written.
    public init(directory: String) { self.directory = directory }

    /// The default policy for a set of capabilities, compiled at most once per host.
    /// - Throws: `ContainerError` when it is not cached and cannot be compiled.
    public func standard(capabilities: UInt64, kernel: KernelVersion = .current) throws(ContainerError)
        -> SeccompFilter
    {
        // The number goes up with every change to the policy or to what compiles it.
        let name =
            "default-1-\(DefaultSeccompPolicy.architecture)-\(String(capabilities, radix: 16))-\(kernel.description)"
        return try filter(named: name) { () throws(ContainerError) in
            try SeccompFilter.compile(DefaultSeccompPolicy.make(capabilities: capabilities, kernel: kernel))
        }
    }

    /// The filter that is cached under a name, or else what `compile` answers, which is then cached.
    /// - Parameter name: a plain file name that changes with whatever the filter depends on.
    public func filter(
        named name: String, compile: () throws(ContainerError) -> SeccompFilter
    ) throws(ContainerError) -> SeccompFilter {
        try filter("\(directory)/\(name).bpf", SeccompCacheFile(key: []), compile)
    }

    /// The filter of a policy of any origin, compiled at most once per host.
    ///
    /// The file has the policy in it, and counts only when that is the same to the last byte: its name is a sum that two
    /// policies may share.
    /// - Returns: nil for a policy that lets everything pass.
    /// - Throws: `ContainerError` that names the field of the policy by its JSON path.
    public func filter(for policy: RuntimeSpec.Seccomp) throws(ContainerError) -> SeccompFilter? {
        if policy.defaultAction == "SCMP_ACT_ALLOW", policy.syscalls?.isEmpty != false {
            try policy.validate()
            return nil
        }
        let file = SeccompCacheFile(key: SeccompPolicyBytes.make(policy))
        if file.key.count > SeccompCacheFile.keyLimit { return try SeccompFilter.compile(policy) }
        let sum = String(SeccompCacheFile.checksum(file.key[...]), radix: 16)
        // The number goes up with every change to what compiles a policy, or to the bytes that stand for it.
        let path = "\(directory)/policy-1-\(DefaultSeccompPolicy.architecture)-\(sum).bpf"
        return try filter(path, file) { () throws(ContainerError) in
            let filter = try SeccompFilter.compile(policy)
            prune()
            return filter
        }
    }

    private func filter(_ path: String, _ file: SeccompCacheFile, _ compile: () throws(ContainerError) -> SeccompFilter)
        throws(ContainerError) -> SeccompFilter
    {
        if let cached = load(path, file) { return cached }
        let filter = try compile()
        // A cache that cannot be written costs time and nothing else.
        try? Files.makeDirectory(directory, mode: 0o700)
        try? Files.replace(path, with: file.encode(filter), mode: 0o600)
        return filter
    }

    /// Some hundred policies are more than a host has in use: beyond, all go, and those in use come back.
    private func prune() {
        guard let names = try? Files.list(directory) else { return }
        let policies = names.filter { $0.hasPrefix("policy-") }
        if policies.count >= 256 { for name in policies { unlink("\(directory)/\(name)") } }
    }

    private func load(_ path: String, _ format: SeccompCacheFile) -> SeccompFilter? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o022 == 0,
            status.st_uid == geteuid(), format.sizes.contains(Int(status.st_size))
        else { return nil }
        let size = Int(status.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, size))
        }
        return bytes.count == size ? format.decode(bytes) : nil
    }
}
