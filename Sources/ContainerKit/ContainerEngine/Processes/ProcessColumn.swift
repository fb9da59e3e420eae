import ContainerSystem

/// A column that ps(1) can show: where it comes from, and what stands above it.
struct ProcessColumn: Sendable {
    /// Every name that `-o` knows it by.
    let names: [String]
    var title: String
    let text: @Sendable (ProcessSample, ProcessHost) -> String

    /// - Throws: `invalidArgument` in the words of ps.
    static func named(_ name: String) throws(ContainerError) -> ProcessColumn {
        guard let column = all.first(where: { $0.names.contains(name) }) else {
            throw ContainerError(
                .invalidArgument, "ps: error: unknown user-defined format specifier \"\(name.printable)\"",
                hint: "known are " + all.map { $0.names[0] }.joined(separator: ", "))
        }
        return column
    }

    /// The same with another title.
    func titled(_ title: String) -> ProcessColumn {
        var copy = self
        copy.title = title
        return copy
    }

    private init(
        _ names: String, _ title: String, _ text: @escaping @Sendable (ProcessSample, ProcessHost) -> String
    ) {
        self.names = names.split(separator: " ").map(String.init)
        self.title = title
        self.text = text
    }

    /// A number of the process alone.
    private init(_ names: String, _ title: String, number: @escaping @Sendable (ProcessSample) -> Int64) {
        self.init(names, title) { process, _ in String(number(process)) }
    }

    static let all: [ProcessColumn] = identities + names + commands + times + sizes + schedule

    private static let identities: [ProcessColumn] = [
        .init("pid tgid", "PID") { Int64($0.pid) }, .init("ppid", "PPID") { Int64($0.parent) },
        .init("pgid pgrp", "PGID") { $0.group }, .init("sid sess session", "SID") { $0.session },
        .init("tpgid", "TPGID") { $0.foregroundGroup },
        .init("uid euid", "UID") { Int64($0.users[1]) }, .init("ruid", "RUID") { Int64($0.users[0]) },
        .init("suid", "SUID") { Int64($0.users[2]) }, .init("gid egid", "GID") { Int64($0.groups[1]) },
        .init("rgid", "RGID") { Int64($0.groups[0]) }, .init("sgid", "SGID") { Int64($0.groups[2]) },
    ]

    private static let names: [ProcessColumn] = [
        .init("user euser uname", "USER") { $1.user($0.users[1]) }, .init("ruser", "RUSER") { $1.user($0.users[0]) },
        .init("suser", "SUSER") { $1.user($0.users[2]) },
        .init("group egroup", "GROUP") { $1.group($0.groups[1]) }, .init("rgroup", "RGROUP") { $1.group($0.groups[0]) },
    ]

    private static let commands: [ProcessColumn] = [
        .init("comm ucmd ucomm", "COMMAND") { process, _ in process.shortCommand },
        .init("args cmd command", "COMMAND") { process, _ in process.command },
        .init("tty tt", "TT") { process, _ in ProcessText.terminal(process.terminal) },
        .init("tname", "TTY") { process, _ in ProcessText.terminal(process.terminal) },
        .init("wchan", "WCHAN") { process, _ in ["", "0"].contains(process.waitChannel) ? "-" : process.waitChannel },
    ]

    private static let times: [ProcessColumn] = [
        .init("time cputime", "TIME") { process, _ in ProcessText.time(process.cpuTicks / 100) },
        .init("bsdtime", "TIME") { process, _ in ProcessText.shortTime(process.cpuTicks / 100) },
        .init("times cputimes", "TIME") { $0.cpuTicks / 100 },
        .init("etime", "ELAPSED") { ProcessText.elapsed($1.age($0)) },
        .init("etimes", "ELAPSED") { String($1.age($0)) },
        .init("stime start_time", "STIME") { process, host in
            let started = host.started(process)
            let isToday = ProcessText.date(started, "%F") == ProcessText.date(host.now, "%F")
            return ProcessText.start(started, now: host.now, isRecent: isToday)
        },
        .init("bsdstart start", "START") { process, host in
            ProcessText.start(host.started(process), now: host.now, isRecent: host.age(process) < 86400)
        },
        .init("lstart", "STARTED") { process, host in ProcessText.date(host.started(process), "%a %b %e %T %Y") },
    ]

    private static let sizes: [ProcessColumn] = [
        .init("rss rssize rsz", "RSS") { $0.residentSize }, .init("vsz vsize", "VSZ") { $0.virtualSize / 1024 },
        .init("sz", "SZ") { $0.virtualSize / 4096 }, .init("trs", "TRS") { $0.codeSize / 1024 },
        .init("drs", "DRS") { ($0.virtualSize - $0.codeSize) / 1024 },
        .init("pmem %mem", "%MEM") { process, host in
            ProcessText.percent(host.memory == 0 ? 0 : Double(process.residentSize) / Double(host.memory) * 100)
        },
        .init("maj_flt majflt", "MAJFL") { $0.majorFaults }, .init("min_flt minflt", "MINFL") { $0.minorFaults },
    ]

    private static let schedule: [ProcessColumn] = [
        .init("s state", "S") { process, _ in String(process.state) },
        .init("stat", "STAT") { process, _ in process.longState },
        .init("pcpu %cpu", "%CPU") { ProcessText.percent($1.cpuPercent($0)) },
        .init("c", "C") { String(min(99, Int64($1.cpuPercent($0)))) },
        .init("ni nice", "NI") { $0.nice }, .init("pri", "PRI") { 39 - $0.priority },
        .init("priority", "PRI") { $0.priority }, .init("opri", "PRI") { 60 + $0.priority },
        .init("nlwp thcount", "NLWP") { $0.threads }, .init("psr", "PSR") { $0.processor },
        .init("f flag flags", "F") { process, _ in String((process.flags >> 6) & 7, radix: 8) },
        .init("addr", "ADDR") { _, _ in "-" },
    ]
}

extension ProcessHost {
    fileprivate func user(_ id: UInt32) -> String { userName(id)?.printable ?? String(id) }
    fileprivate func group(_ id: UInt32) -> String { groupName(id)?.printable ?? String(id) }

    fileprivate func cpuPercent(_ process: ProcessSample) -> Double {
        let age = now - started(process)
        return age > 0 ? Double(process.cpuTicks) / age : 0
    }
}

extension ProcessSample {
    private var suffix: String { state == "Z" ? " <defunct>" : "" }

    fileprivate var shortCommand: String { name + suffix }

    /// In brackets where there is no command line to show.
    fileprivate var command: String { commandLine.isEmpty ? "[\(name)]" + suffix : commandLine }

    /// The state, and what else there is to say in a letter each.
    fileprivate var longState: String {
        var text = String(state)
        if nice < 0 { text += "<" }
        if nice > 0 { text += "N" }
        if lockedSize > 0 { text += "L" }
        if session == Int64(pid) { text += "s" }
        if threads > 1 { text += "l" }
        if foregroundGroup == group { text += "+" }
        return text
    }
}
