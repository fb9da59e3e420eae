import Glibc

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
