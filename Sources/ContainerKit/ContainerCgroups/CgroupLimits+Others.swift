import ContainerSystem
import OCISpec

// MARK: - Network (Documentation/admin-guide/cgroup-v1/net_cls.rst, net_prio.rst)

extension CgroupLimits {
    /// Controllers of version 1 that have no successor.
    mutating func add(_ network: RuntimeSpec.Resources.Network) throws(CgroupFailure) {
        if let id = network.classID {
            set(.one, "net_cls.classid", "\(id)", CgroupField("network.classID", "the network class")) {
                $0.isRequested = id != 0
            }
        }
        for (index, priority) in (network.priorities ?? []).enumerated() {
            let field = CgroupField("network.priorities[\(index)]", "the network priority")
            let name = priority.name
            guard (1...15).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x2f && $0 != 0x7f })
            else { throw .invalid(field, "of \(PrintableText.quoted(name)): not the name of an interface") }
            set(.one, "net_prio.ifpriomap", "\(name) \(priority.priority)", field) {
                $0.hint = "the interface must be in the network namespace of the runtime"
            }
        }
    }
}

// MARK: - RDMA (Documentation/admin-guide/cgroup-v1/rdma.rst; the same file on version 2)

extension CgroupLimits {
    mutating func add(_ adapters: [String: RuntimeSpec.Resources.RDMA], _ version: CgroupSetting.Version)
        throws(CgroupFailure)
    {
        for (name, limits) in adapters.sorted(by: { $0.key < $1.key }) {
            let field = CgroupField(
                PrintableText.member(name, of: "rdma"), "the limit on the RDMA adapter \(PrintableText.quoted(name))")
            guard (1...63).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw .invalid(field, "is for a name that no adapter has")
            }
            let values = [
                limits.hcaHandles.map { "hca_handle=\($0)" }, limits.hcaObjects.map { "hca_object=\($0)" },
            ].compactMap(\.self)
            if values.isEmpty { throw .invalid(field, "needs hcaHandles or hcaObjects") }
            set(version, "rdma.max", ([name] + values).joined(separator: " "), field)
        }
    }
}

// MARK: - Files of version 2

extension CgroupLimits {
    /// The kernel takes at most a page in one write, and a file with many keys (`io.max`) takes one of them.
    mutating func add(unified files: [String: String], hasUnified: Bool) throws(CgroupFailure) {
        for (file, text) in files.sorted(by: { $0.key < $1.key }) {
            let field = CgroupField(PrintableText.member(file, of: "unified"), "the file \(PrintableText.quoted(file))")
            let name = file.utf8
            guard (3...255).contains(name.count), let dot = name.firstIndex(of: UInt8(ascii: ".")),
                dot != name.startIndex, name.index(after: dot) != name.endIndex,
                name.allSatisfy({ $0 > 0x20 && $0 != 0x2f && $0 < 0x7f })
            else { throw .invalid(field, "is not the name of a file such as memory.high") }
            if ["cgroup.procs", "cgroup.threads", "cgroup.kill"].contains(file) {
                throw .invalid(field, "is no limit: what is written to it moves or kills processes")
            }
            let lines = text.split(separator: "\n")
            guard lines.allSatisfy({ $0.utf8.count < 4096 }) else {
                throw .invalid(field, "has a line of more than 4095 bytes")
            }
            guard hasUnified else { throw .unsupported(field, "this host has no tree of cgroup v2") }
            for line in lines { set(.two, file, String(line), field) }
        }
    }
}
