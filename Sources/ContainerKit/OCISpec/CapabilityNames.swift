/// The capabilities that Linux has (capabilities(7), linux/capability.h).
public enum CapabilityNames {
    /// Without the prefix `CAP_`, in the order of their bits.
    public static let all: [StaticString] = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]

    /// Whether it is the name of one as specifications write it, `CAP_NET_RAW`.
    static func contains(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            guard bytes.count > 4, bytes[0] == UInt8(ascii: "C"), bytes[1] == UInt8(ascii: "A"),
                bytes[2] == UInt8(ascii: "P"), bytes[3] == UInt8(ascii: "_")
            else { return false }
            for known in all where known.utf8CodeUnitCount == bytes.count - 4 {
                var index = 0
                while index < known.utf8CodeUnitCount, known.utf8Start[index] == bytes[index + 4] { index += 1 }
                if index == known.utf8CodeUnitCount { return true }
            }
            return false
        }
    }
}
