import ContainerSystem
import OCISpec

/// The limits of an OCI spec as settings of the host's controllers, in the order in which the kernel takes them
/// (config-linux.md, "Control groups"; the kernel's Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst). Pure.
///
/// What version 2 has no counterpart for is refused there, as the specification says under "Unified".
struct CgroupLimits {
    var settings: [CgroupSetting] = []
    /// Whether swap was limited only because docker's default for a memory limit is twice as much with swap.
    var swapIsDefault = false
    /// Fields that change nothing, and why.
    var warnings: [(field: CgroupField, text: String)] = []
    private let host: CgroupHost

    /// - Throws: `invalidArgument` and `unsupported` that name the field.
    init(_ resources: RuntimeSpec.Resources, on host: CgroupHost) throws(CgroupFailure) {
        self.host = host
        if let memory = resources.memory { try add(memory, version(of: "memory")) }
        if let cpu = resources.cpu {
            try add(cpu, version(of: "cpu"))
            try addPlaces(cpu, version(of: "cpuset"))
        }
        if let pids = resources.pids { add(pids, version(of: "pids")) }
        if let blockIO = resources.blockIO { try add(blockIO, version(of: "blkio")) }
        try add(resources.hugepageLimits ?? [], version(of: "hugetlb"))
        if let network = resources.network { try add(network) }
        try add(resources.rdma ?? [:], version(of: "rdma"))
        // Last, so that they have the last word.
        try add(unified: resources.unified ?? [:], hasUnified: host.unified != nil)
    }

    /// The version that a controller is on: one, if a tree of version 1 has it.
    private func version(of controller: String) -> CgroupSetting.Version {
        host.mountPoint(of: controller) == nil && host.unified != nil ? .two : .one
    }

    /// The controllers of version 2 that are needed.
    var unifiedControllers: Set<String> {
        Set(settings.lazy.filter { $0.version == .two && $0.isRequested }.map(\.controller)).subtracting(["cgroup"])
    }

    mutating func set(
        _ version: CgroupSetting.Version, _ file: String, _ value: String, _ field: CgroupField,
        _ adjust: (inout CgroupSetting) -> Void = { _ in }
    ) {
        var setting = CgroupSetting(version: version, file: file, value: value, field: field)
        adjust(&setting)
        settings.append(setting)
    }
}

/// A limit as the specification writes it: nothing or 0 is not set, -1 is no limit.
enum CgroupLimit: Equatable {
    case unlimited
    case value(UInt64)

    init?(_ value: Int64?, _ field: CgroupField) throws(CgroupFailure) {
        guard let value, value != 0 else { return nil }
        if value == -1 {
            self = .unlimited
        } else if value > 0 {
            self = .value(UInt64(value))
        } else {
            throw CgroupFailure(
                ContainerError(.invalidArgument, "\(field.purpose) of \(value) is negative"), field)
        }
    }

    func text(_ none: String) -> String {
        switch self {
        case .unlimited: none
        case .value(let number): String(number)
        }
    }

    var number: UInt64? {
        if case .value(let number) = self { number } else { nil }
    }
}

// MARK: - Processes and huge pages

extension CgroupLimits {
    mutating func add(_ pids: RuntimeSpec.Resources.Pids, _ version: CgroupSetting.Version) {
        let limit = pids.limit > 0 ? String(pids.limit) : "max"
        set(version, "pids.max", limit, CgroupField("pids.limit", "the process limit")) {
            $0.isRequested = pids.limit > 0
        }
    }

    /// The limit holds for pages in use and, where the kernel counts them, for those that are only reserved: the second
    /// refuses mmap(2) where the first kills with SIGBUS.
    mutating func add(_ limits: [RuntimeSpec.Resources.HugepageLimit], _ version: CgroupSetting.Version)
        throws(CgroupFailure)
    {
        for (index, limit) in limits.enumerated() {
            let size = limit.pageSize
            let field = CgroupField("hugepageLimits[\(index)]", "the limit on huge pages of \(size)")
            guard size.utf8.count <= 16, ["KB", "MB", "GB"].contains(where: size.hasSuffix),
                size.utf8.count > 2, size.utf8.dropLast(2).allSatisfy({ (0x30...0x39).contains($0) })
            else {
                throw CgroupFailure(
                    ContainerError(
                        .invalidArgument,
                        "the huge page size \(PrintableText.quoted(size)) is not a number of KB, MB or GB such as 2MB"),
                    CgroupField("hugepageLimits[\(index)].pageSize", ""))
            }
            let end = version == .one ? "limit_in_bytes" : "max"
            set(version, "hugetlb.\(size).\(end)", String(limit.limit), field) {
                $0.hint = "/sys/kernel/mm/hugepages has the page sizes of this host"
            }
            set(version, "hugetlb.\(size).rsvd.\(end)", String(limit.limit), field) { $0.isOptional = true }
        }
    }
}
