extension Cgroup {
    /// Bytes that the cgroup, and those below it, have read from and written to disks; zeros where nothing counts them.
    public func diskTransfers() -> (read: UInt64, written: UInt64) {
        guard let (folder, version) = location(of: "blkio") else { return (0, 0) }
        var disks = CgroupDetailedStatistics.Disks()
        version == .one ? readDisks1(folder, &disks) : readDisks2(folder, &disks)
        func sum(_ operation: String) -> UInt64 {
            disks.bytes.reduce(0) { $1.operation == operation ? $0 &+ $1.value : $0 }
        }
        return (sum("Read"), sum("Write"))
    }
}
