import ContainerSystem

extension RuntimeSpec.Linux {
    /// config-linux.md, "Devices".
    func checkDevices() throws(ContainerError) {
        guard let devices else { return }
        for index in devices.indices {
            let device = devices[index]
            do throws(ContainerError) { try device.check() } catch { throw error.atMember("devices[\(index)]") }
            // Privileged engines may name one twice; but one path cannot be two devices.
            for earlier in 0..<index where devices[earlier].path == device.path {
                if !devices[earlier].isSameNode(as: device) {
                    throw Fault.invalid(
                        "devices[\(index)].path",
                        "\(PrintableText.quoted(device.path)) is another device at [\(earlier)] already")
                }
            }
        }
    }
}

extension RuntimeSpec.Linux.Device {
    /// The bits that the kernel has for them (linux/kdev_t.h).
    private static let majors: ClosedRange<Int64> = 0...0xfff
    private static let minors: ClosedRange<Int64> = 0...0xfffff

    fileprivate func check() throws(ContainerError) {
        guard ["c", "b", "u", "p"].contains(type) else {
            throw type.isEmpty ? Fault.missing("type") : Fault.unknown("type", type, "a type of device: c, b, u or p")
        }
        if path.isEmpty { throw Fault.missing("path") }
        try Fault.checkAbsolute(path, "path")
        if type != "p" {
            guard let major else { throw Fault.missing("major") }
            guard let minor else { throw Fault.missing("minor") }
            if !Self.majors.contains(major) { throw Fault.outside("major", major, Self.majors) }
            if !Self.minors.contains(minor) { throw Fault.outside("minor", minor, Self.minors) }
        }
        if let fileMode, fileMode > 0o7777 {
            throw Fault.invalid("fileMode", "\(fileMode) has more bits than a mode (decimal, 4095 at most)")
        }
        if uid == .max { throw Fault.invalid("uid", "\(UInt32.max) is the one number that is no id") }
        if gid == .max { throw Fault.invalid("gid", "\(UInt32.max) is the one number that is no id") }
    }

    fileprivate func isSameNode(as other: RuntimeSpec.Linux.Device) -> Bool {
        if type == "p" || other.type == "p" { return type == other.type }
        return (type == "b") == (other.type == "b") && major == other.major && minor == other.minor
    }
}
