import ContainerSystem
import Glibc

/// The switches of a network namespace (`/proc/sys/net`), in a folder that goes with this object.
final class FakeSysctls: Sendable {
    let folder: String

    /// What the kernel has for each link, by kind of address, and what it is at first.
    private static let ofLink = [
        ("ipv4", "route_localnet", "0"), ("ipv6", "accept_ra", "1"), ("ipv6", "accept_dad", "1"),
        ("ipv6", "disable_ipv6", "0"),
    ]

    init() throws(ContainerError) {
        var template = Array("/tmp/containerkit-network-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a folder for the switches") }
        folder = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        for name in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] { try make(name, "0") }
    }

    deinit { try? Files.removeTree(folder) }

    subscript(_ name: String) -> String? {
        (try? Files.readText("\(folder)/\(name)", limit: 64))?.split(separator: "\n").first.map(String.init)
    }

    func add(link: String) {
        for (kind, name, value) in Self.ofLink { try? make("\(kind)/conf/\(link)/\(name)", value) }
    }

    func remove(link: String) {
        for kind in ["ipv4", "ipv6"] { try? Files.removeTree("\(folder)/\(kind)/conf/\(link)") }
    }

    private func make(_ name: String, _ value: String) throws(ContainerError) {
        let path = "\(folder)/\(name)"
        try Files.makeDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), mode: 0o755)
        try Files.replace(path, with: (value + "\n").utf8, mode: 0o644)
    }
}
