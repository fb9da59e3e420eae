import ContainerSystem
import Glibc
import OCISpec

/// Compiled filters in files, so that an ordinary start reads one small file and never loads libseccomp.
///
/// A file is a header (8 bytes `ckbpf` and a version, then flags and number of instructions, 4 bytes each), the
/// instructions, and an FNV-1a sum of all before it, in the machine's byte order. A file that is cut short, foreign or
/// writable by others counts as absent and is written anew.
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
        let path = "\(directory)/\(name).bpf"
        if let cached = load(path) { return cached }
        let filter = try compile()
        // A cache that cannot be written costs time and nothing else.
        try? Files.makeDirectory(directory, mode: 0o700)
        try? Files.replace(path, with: SeccompCache.encode(filter), mode: 0o600)
        return filter
    }

    public func filter(for policy: RuntimeSpec.Seccomp) throws(ContainerError) -> SeccompFilter? {
        try SeccompFilter.compile(policy)
    }

    private func load(_ path: String) -> SeccompFilter? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        let limit = SeccompFilter.instructionLimit * 8 + SeccompCache.overhead
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o022 == 0,
            status.st_uid == geteuid(), (SeccompCache.overhead + 8...limit).contains(Int(status.st_size))
        else { return nil }
        let size = Int(status.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, size))
        }
        return bytes.count == size ? SeccompCache.decode(bytes) : nil
    }

    // MARK: Format

    private static let magic: UInt64 = 0x0100_0066_7062_6b63  // "ckbpf", version 1
    private static let overhead = 24

    static func encode(_ filter: SeccompFilter) -> [UInt8] {
        var bytes = withUnsafeBytes(of: magic, Array.init)
        bytes += withUnsafeBytes(of: filter.flags, Array.init)
        bytes += withUnsafeBytes(of: UInt32(filter.instructionCount), Array.init)
        bytes += filter.program
        return bytes + withUnsafeBytes(of: checksum(bytes[...]), Array.init)
    }

    static func decode(_ bytes: [UInt8]) -> SeccompFilter? {
        guard bytes.count >= overhead + 8 else { return nil }
        let (found, flags, count, sum) = bytes.withUnsafeBytes {
            (
                $0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: 12, as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
            )
        }
        guard found == magic, bytes.count == overhead + Int(count) * 8, sum == checksum(bytes.dropLast(8)) else {
            return nil
        }
        return try? SeccompFilter(program: Array(bytes[16..<bytes.count - 8]), flags: flags)
    }

    /// FNV-1a over words of 8 bytes: against accidents, not against an attacker, who would need the folder's rights.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { buffer in
            var sum: UInt64 = 0xcbf2_9ce4_8422_2325
            for offset in stride(from: 0, to: buffer.count - 7, by: 8) {
                sum = (sum ^ buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x0000_0100_0000_01b3
            }
            return sum
        }
    }
}

/// The first two numbers of a kernel's release (uname(2)).
public struct KernelVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var major: Int
    public var minor: Int

    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Parses the start of a release such as `6.1.0-18-amd64`; nil when it does not start with two numbers.
    public init?(release: String) {
        var release = release
        guard let version = release.withUTF8({ KernelVersion(release: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = version
    }

    /// Bytes in a plain loop: this runs at every start, where the first use of anything generic costs more than all of it.
    private init?(release: UnsafeRawBufferPointer) {
        var numbers = (0, 0)
        var digits = 0
        var isMinor = false
        for byte in release {
            if (0x30...0x39).contains(byte), digits < 4 {
                let digit = Int(byte) - 0x30
                if isMinor { numbers.1 = numbers.1 * 10 + digit } else { numbers.0 = numbers.0 * 10 + digit }
                digits += 1
            } else if byte == UInt8(ascii: "."), !isMinor, digits > 0 {
                isMinor = true
                digits = 0
            } else {
                break
            }
        }
        guard isMinor, digits > 0 else { return nil }
        self.init(numbers.0, numbers.1)
    }

    /// The kernel that runs here.
    public static var current: KernelVersion {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: &name.release) { KernelVersion(release: $0) } ?? KernelVersion(0, 0)
    }

    public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    public var description: String { "\(major).\(minor)" }
}
