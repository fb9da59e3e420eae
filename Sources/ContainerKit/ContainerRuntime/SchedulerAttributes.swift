import ContainerSystem
import OCISpec

/// How a process is scheduled, as the kernel takes it: sched_setattr(2), ioprio_set(2), sched_setaffinity(2).
enum SchedulerAttributes {
    private static let policies: [String: UInt32] = [
        "SCHED_OTHER": 0, "SCHED_FIFO": 1, "SCHED_RR": 2, "SCHED_BATCH": 3, "SCHED_ISO": 4, "SCHED_IDLE": 5,
        "SCHED_DEADLINE": 6,
    ]
    private static let flags: [String: UInt64] = [
        "SCHED_FLAG_RESET_ON_FORK": 0x01, "SCHED_FLAG_RECLAIM": 0x02, "SCHED_FLAG_DL_OVERRUN": 0x04,
        "SCHED_FLAG_KEEP_POLICY": 0x08, "SCHED_FLAG_KEEP_PARAMS": 0x10, "SCHED_FLAG_UTIL_CLAMP_MIN": 0x20,
        "SCHED_FLAG_UTIL_CLAMP_MAX": 0x40,
    ]
    private static let classes: [String: UInt32] = [
        "IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3,
    ]

    /// `struct sched_attr` of 48 bytes.
    static func bytes(_ scheduler: RuntimeSpec.Process.Scheduler) throws(ContainerError) -> [UInt8] {
        guard let policy = policies[scheduler.policy] else {
            throw ContainerError(
                .invalidArgument, "process.scheduler.policy: \"\(scheduler.policy)\" is not a scheduling policy")
        }
        var set: UInt64 = 0
        for name in scheduler.flags ?? [] {
            guard let flag = flags[name] else {
                throw ContainerError(
                    .invalidArgument, "process.scheduler.flags: \"\(name)\" is not a flag of a scheduler")
            }
            set |= flag
        }
        var bytes: [UInt8] = []
        func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number) { bytes += $0 } }
        append(UInt32(48))
        append(policy)
        append(set)
        append(scheduler.nice ?? 0)
        append(UInt32(bitPattern: scheduler.priority ?? 0))
        append(scheduler.runtime ?? 0)
        append(scheduler.deadline ?? 0)
        append(scheduler.period ?? 0)
        return bytes
    }

    static func value(_ priority: RuntimeSpec.Process.IOPriority) throws(ContainerError) -> UInt32 {
        guard let kind = classes[priority.class] else {
            throw ContainerError(
                .invalidArgument, "process.ioPriority.class: \"\(priority.class)\" is not a class of I/O priorities")
        }
        let level = priority.priority ?? 0
        guard (0...7).contains(level) else {
            throw ContainerError(.invalidArgument, "process.ioPriority.priority: \(level) is not one of 0 to 7")
        }
        return kind << 13 | UInt32(level)
    }

    /// A list of CPUs (cpuset(7)) as a set of bits.
    static func cpus(_ list: String, field: String) throws(ContainerError) -> [UInt8] {
        func wrong() -> ContainerError {
            ContainerError(.invalidArgument, "\(field): \"\(list)\" is not a list of CPUs such as 0-2,5")
        }
        var bits = [UInt8](repeating: 0, count: 128)
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                first >= 0, first <= last, last < bits.count * 8
            else { throw wrong() }
            for cpu in first...last { bits[cpu / 8] |= 1 << UInt8(cpu % 8) }
        }
        return bits
    }
}
