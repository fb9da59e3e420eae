import ContainerSystem
import Glibc
import Testing

@testable import ContainerEngine

/// ps(1) without ps: a folder stands in for /proc.
@Suite struct ProcessListTests {
    private let host = ProcessHost(
        now: 1_767_366_000, boot: 1_767_360_000, memory: 1_000_000, userName: { ["0": "root", "7": "ann"]["\($0)"] },
        groupName: { $0 == 0 ? "root" : nil })

    private func add(
        _ folder: String, _ pid: Int32, parent: Int32 = 1, name: String = "sh", state: String = "S", user: Int = 0,
        ticks: Int = 0, start: Int = 0, arguments: String = "", terminal: Int = 0, nice: Int = 0, threads: Int = 1
    ) throws {
        try Files.makeDirectory("\(folder)/\(pid)")
        let fields: [Int] = [
            Int(parent), Int(pid), Int(pid), terminal, -1, 4_194_560, 11, 0, 22, 0, ticks, 0, 0, 0, 20 + nice, nice,
            threads, 0, start, 8_192_000, 500,
        ]
        let rest = fields.map(String.init) + [String](repeating: "0", count: 31)
        try Files.replace(
            "\(folder)/\(pid)/stat", with: Array("\(pid) (\(name)) \(state) \(rest.joined(separator: " "))\n".utf8))
        let status = "Name:\tx\nUid:\t\(user)\t\(user)\t\(user)\t\(user)\nGid:\t0\t5\t5\t5\nVmRSS:\t   2000 kB\n"
        try Files.replace("\(folder)/\(pid)/status", with: Array(status.utf8))
        try Files.replace("\(folder)/\(pid)/cmdline", with: Array(arguments.utf8))
    }

    private func list(_ words: String..., fill: (String) throws -> Void) throws -> ProcessList {
        try withTemporaryFolder { folder in
            try fill(folder)
            let pids = try Files.list(folder).compactMap { Int32($0) }.sorted()
            return ProcessList(of: pids + [4_000_000], try ProcessQuery(words), host: host, folder: folder)
        }
    }

    @Test func theFullFormatIsTheUsualOne() throws {
        let found = try list { folder in
            try add(folder, 10, user: 7, ticks: 366_100, start: 590_000, arguments: "sleep\0100\0", terminal: 34816)
            try add(folder, 11, parent: 10, name: "a) (b", state: "Z", start: 0)
        }
        #expect(found.titles == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"])
        let stime = ProcessText.date(1_767_365_900, "%H:%M")
        #expect(found.rows[0] == ["ann", "10", "1", "99", stime, "pts/0", "01:01:01", "sleep 100"])
        #expect(found.rows[1].last == "[a) (b] <defunct>" && found.rows[1][0] == "root" && found.rows[1][5] == "?")
        #expect(found.rows.count == 2, "what is gone has no row")
    }

    @Test func columnsOfOnesOwn() throws {
        let fill = { (folder: String) in
            try add(
                folder, 10, user: 9, ticks: 300, start: 590_000, arguments: "evil\u{1b}[2J\n\0x", nice: 5, threads: 3)
        }
        let found = try list("-o", "pid,user,group,rgroup", "-o", "stat,comm,args=WHAT,ALL", fill: fill)
        #expect(found.titles == ["PID", "USER", "GROUP", "RGROUP", "STAT", "COMMAND", "WHAT,ALL"])
        #expect(found.rows == [["10", "9", "5", "root", "SNsl", "sh", "evil?[2J? x"]])
        #expect(
            try list("-eo", "pid,ppid,rss,vsz,pmem,pcpu,etime,time,times,ni,pri,nlwp,tname", fill: fill).rows
                == [["10", "1", "2000", "8000", "0.2", "3.0", "01:40", "00:00:03", "3", "5", "14", "3", "?"]])
        #expect(try list("opid", "--format=user=,comm", fill: fill).titles == ["PID", "", "COMMAND"])
    }

    @Test(arguments: [
        ("aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"),
        ("-aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"),
        ("axu", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"),
        ("-ef", "UID PID PPID C STIME TTY TIME CMD"), ("-eF", "UID PID PPID C SZ RSS PSR STIME TTY TIME CMD"),
        ("-e", "PID TTY TIME CMD"), ("ax", "PID TTY STAT TIME COMMAND"),
        ("-l", "F S UID PID PPID C PRI NI ADDR SZ WCHAN TTY TIME CMD"),
        ("l", "F UID PID PPID PRI NI VSZ RSS WCHAN STAT TTY TIME COMMAND"), ("-j", "PID PGID SID TTY TIME CMD"),
        ("j", "PPID PID PGID SID TTY TPGID STAT UID TIME COMMAND"),
        ("v", "PID TTY STAT TIME MAJFL TRS DRS RSS %MEM COMMAND"),
    ])
    func layouts(options: String, titles: String) throws {
        let found = try list(options) { try add($0, 10, arguments: "x") }
        #expect(found.titles.joined(separator: " ") == titles)
        #expect(found.rows.count == 1 && found.rows[0].count == found.titles.count)
    }

    @Test func orderAndTree() throws {
        let fill = { (folder: String) in
            try add(folder, 10, ticks: 5, arguments: "top")
            try add(folder, 11, parent: 10, ticks: 900, arguments: "one")
            try add(folder, 12, parent: 11, ticks: 10_000, arguments: "deep")
            try add(folder, 13, parent: 10, ticks: 1, arguments: "two")
        }
        #expect(try list("-eo", "pid", "--sort", "-times", fill: fill).rows.map { $0[0] } == ["12", "11", "10", "13"])
        #expect(try list("axo", "pid,cmd", "k", "cmd", fill: fill).rows.map { $0[1] } == ["deep", "one", "top", "two"])
        #expect(
            try list("-eHo", "pid,cmd", fill: fill).rows.map { $0[1] }
                == ["top", " \\_ one", "     \\_ deep", " \\_ two"])
    }

    @Test(arguments: [
        (["-o", "cmd"], "Couldn't find PID field in ps output"),
        (["-o", "pid,nosuch"], "ps: error: unknown user-defined format specifier \"nosuch\""),
        (["-o", "pid,\u{1b}c"], "ps: error: unknown user-defined format specifier \"?c\""),
        (["-o", "user=PID,pid=X"], "specifying \"user=PID\" is not allowed"),
        (["-o"], "ps: error: the option -o needs a value"), (["-L"], "ps: error: the option -L is not supported"),
        (["-p", "1"], "ps: error: the option -p is not supported"),
        (["--pid=1"], "ps: error: the option --pid is not supported"),
        (["e"], "ps: error: the option e is not supported"),
    ])
    func whatIsNotThereIsRefusedByName(words: [String], message: String) {
        #expect { try ProcessQuery(words) } throws: { error in
            (error as? ContainerError)?.message == message
        }
    }
}
