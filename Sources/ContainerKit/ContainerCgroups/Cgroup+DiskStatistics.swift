import ContainerSystem

extension Cgroup {
    private typealias Disks = CgroupDetailedStatistics.Disks
    private typealias Table = WritableKeyPath<Disks, [CgroupDetailedStatistics.DiskEntry]>

    /// Version 1 counts in the scheduler that a disk has, and else where it throttles: the first that counted anything.
    func readDisks1(_ folder: String, _ disks: inout CgroupDetailedStatistics.Disks) {
        let all: [(String, Table)] = [
            ("sectors_recursive", \.sectors), ("io_service_time_recursive", \.serviceTime),
            ("io_wait_time_recursive", \.waitTime), ("io_merged_recursive", \.merged),
            ("io_queued_recursive", \.queued), ("time_recursive", \.time), ("io_serviced_recursive", \.operations),
            ("io_service_bytes_recursive", \.bytes),
        ]
        let two: [(String, Table)] = [("io_serviced", \.operations), ("io_service_bytes", \.bytes)]
        let recursive = two.map { ($0.0 + "_recursive", $0.1) }
        for (prefix, files) in [
            ("blkio.bfq.", all), ("blkio.bfq.", recursive), ("blkio.", all), ("blkio.throttle.", recursive),
            ("blkio.throttle.", two),
        ] {
            guard !entries(folder, prefix + files[0].0).isEmpty else { continue }
            for (file, table) in files { disks[keyPath: table] = entries(folder, prefix + file) }
            return
        }
    }

    /// Lines of `8:0 Read 4096` or `8:0 4096`, and a last one with the total of all.
    private func entries(_ folder: String, _ file: String) -> [CgroupDetailedStatistics.DiskEntry] {
        (text(folder, file) ?? "").split(separator: "\n").compactMap { line in
            let words = CgroupText.words(String(line))
            guard words.count == 2 || words.count == 3, let device = Cgroup.device(words[0]),
                let value = words.last.flatMap({ UInt64($0) })
            else { return nil }
            return .init(
                major: device.major, minor: device.minor, operation: words.count == 3 ? words[1] : "", value: value)
        }
    }

    /// Lines of `8:0 rbytes=4096 wbytes=0 rios=1 ...`.
    func readDisks2(_ folder: String, _ disks: inout CgroupDetailedStatistics.Disks) {
        let kinds: [String: (Table, String)] = [
            "rbytes": (\.bytes, "Read"), "wbytes": (\.bytes, "Write"), "rios": (\.operations, "Read"),
            "wios": (\.operations, "Write"),
        ]
        for line in (text(folder, "io.stat") ?? "").split(separator: "\n") {
            let words = CgroupText.words(String(line))
            guard let device = words.first.flatMap(Cgroup.device) else { continue }
            for word in words.dropFirst() {
                let parts = word.split(separator: "=")
                guard parts.count == 2, let (table, operation) = kinds[String(parts[0])],
                    let value = UInt64(parts[1])
                else { continue }
                disks[keyPath: table].append(
                    .init(major: device.major, minor: device.minor, operation: operation, value: value))
            }
        }
        disks.pressure = pressure(folder, "io.pressure")
    }

    private static func device(_ text: String) -> (major: UInt64, minor: UInt64)? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else { return nil }
        return (major, minor)
    }
}
