import ContainerSystem
import Glibc

/// What the kernel says of a process at one moment (proc_pid_stat(5), proc_pid_status(5)). Read by us: nothing that an
/// image brings is ever run for it.
struct ProcessSample: Sendable {
    let pid: Int32
    /// At most 15 bytes of the program's name; the process itself may change them.
    let name: String
    /// `R`, `S`, `D`, `Z`, ...
    let state: Character
    /// The numbers of `stat` from the fourth on.
    private let numbers: [Int64]
    private let status: [Substring: Substring]
    /// With spaces between its words; empty for a zombie and a thread of the kernel.
    let commandLine: String
    let waitChannel: String

    /// Nil when it is gone.
    /// - Parameter folder: `/proc`.
    init?(pid: Int32, folder: String = "/proc") {
        let own = "\(folder)/\(pid)"
        guard let stat = try? Files.readText(own + "/stat", limit: 8192), let open = stat.firstIndex(of: "("),
            let close = stat.lastIndex(of: ")"), open < close
        else { return nil }
        let fields = stat[stat.index(after: close)...].split(whereSeparator: \.isWhitespace)
        numbers = fields.dropFirst().map { Int64($0) ?? Int64(bitPattern: UInt64($0) ?? 0) }
        guard let first = fields.first?.first, numbers.count >= 36 else { return nil }
        self.pid = pid
        state = first
        name = String(stat[stat.index(after: open)..<close]).printable
        status = Self.table((try? Files.readText(own + "/status", limit: 1 << 16)) ?? "")
        commandLine = Self.commandLine(own)
        waitChannel = (try? Files.readText(own + "/wchan", limit: 256)) ?? ""
    }

    private static func table(_ text: String) -> [Substring: Substring] {
        var table: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            table[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
        }
        return table
    }

    /// Whatever the process has put there, a line of it stays a line, and drives no terminal.
    private static func commandLine(_ folder: String) -> String {
        guard let file = try? Descriptor.open(folder + "/cmdline", O_RDONLY),
            var bytes = try? file.firstBytes(1 << 15)
        else { return "" }
        while bytes.last == 0 { bytes.removeLast() }
        return String(decoding: bytes.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self).printable
    }

    // MARK: - Fields, by their numbers in proc_pid_stat(5)

    private func number(_ field: Int) -> Int64 { numbers[field - 4] }

    var parent: Int32 { Int32(truncatingIfNeeded: number(4)) }
    var group: Int64 { number(5) }
    var session: Int64 { number(6) }
    var terminal: Int64 { number(7) }
    var foregroundGroup: Int64 { number(8) }
    var flags: Int64 { number(9) }
    var minorFaults: Int64 { number(10) }
    var majorFaults: Int64 { number(12) }
    /// Hundredths of a second, in its own code and in the kernel.
    var cpuTicks: Int64 { number(14) &+ number(15) }
    var priority: Int64 { number(18) }
    var nice: Int64 { number(19) }
    var threads: Int64 { number(20) }
    /// Hundredths of a second after the host's boot.
    var startTicks: Int64 { number(22) }
    /// Bytes.
    var virtualSize: Int64 { number(23) }
    var codeSize: Int64 { max(0, number(27) &- number(26)) }
    var processor: Int64 { number(39) }

    /// kB
    var residentSize: Int64 { kilobytes("VmRSS") }
    var lockedSize: Int64 { kilobytes("VmLck") }

    private func kilobytes(_ name: Substring) -> Int64 {
        status[name]?.split(separator: " ").first.flatMap { Int64($0) } ?? 0
    }

    /// Real, effective, saved, of the file system.
    var users: [UInt32] { ids("Uid") }
    var groups: [UInt32] { ids("Gid") }

    private func ids(_ name: Substring) -> [UInt32] {
        let ids = (status[name] ?? "").split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
        return ids.count == 4 ? ids : [0, 0, 0, 0]
    }
}

/// What processes are compared with.
struct ProcessHost: Sendable {
    /// Seconds since 1970.
    var now: Double
    var boot: Double
    /// kB
    var memory: Int64
    var userName: @Sendable (UInt32) -> String?
    var groupName: @Sendable (UInt32) -> String?

    /// This host; names are those that it knows, not the container's.
    static func current(folder: String = "/proc") -> ProcessHost {
        func line(_ file: String, _ name: String) -> Double {
            let text = (try? Files.readText("\(folder)/\(file)", limit: 1 << 22)) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        }
        return ProcessHost(
            now: Timestamp.now, boot: line("stat", "btime "), memory: Int64(line("meminfo", "MemTotal:")),
            userName: { user in getpwuid(user).map { String(cString: $0.pointee.pw_name) } },
            groupName: { group in getgrgid(group).map { String(cString: $0.pointee.gr_name) } })
    }

    func started(_ process: ProcessSample) -> Double { boot + Double(process.startTicks) / 100 }

    /// Seconds since it was started.
    func age(_ process: ProcessSample) -> Int64 { Int64(max(0, now - started(process))) }
}
