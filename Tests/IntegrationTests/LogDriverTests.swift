import ContainerSystem
import Glibc
import Testing

@Suite struct LogDriverTests {
    private func run(_ box: Sandbox, _ options: [String], _ script: String) throws -> CommandResult {
        try box.ck(["run", "--name", "ll", "--network", "none"] + options + ["bb", "sh", "-c", script])
    }

    private func folder(_ box: Sandbox) throws -> String {
        "\(box.root)/containers/\(try #require(try Files.list(box.root + "/containers").first))"
    }

    @Test func noneKeepsNothing() throws {
        try Sandbox.with { box in
            let result = try run(box, ["--log-driver", "none"], "echo seen")
            #expect(result.output == "seen\n")
            let files = try Files.list(try folder(box))
            #expect(!files.contains { $0.contains("log") }, "\(files)")
        }
    }

    /// Byte by byte as docker's driver writes them.
    @Test func localEntriesAreDockers() throws {
        try Sandbox.with { box in
            #expect(try run(box, ["--log-driver", "local"], "echo a; echo; echo e >&2; printf end").status == 0)
            let bytes = try Files.read(try folder(box) + "/local-logs/container.log")
            let entries = try LocalLog.entries(bytes)
            #expect(Set(entries.map(\.source)) == ["stdout", "stderr"])
            let out = entries.filter { $0.source == "stdout" }
            #expect(out.map(\.line) == ["a", "", "end"])
            #expect(entries.first { $0.source == "stderr" }?.line == "e")
            // What has no newline is a part: with an id, its number, and not the last.
            #expect(out.map(\.isPartial) == [false, false, true])
            #expect(out[2].ordinal == 1 && !out[2].isLast && out[2].id.count == 64)
            #expect(entries.allSatisfy { $0.time > 1_700_000_000_000_000_000 })
        }
    }

    @Test func longLinesAreCutAndNumbered() throws {
        try Sandbox.with { box in
            #expect(
                try run(box, ["--log-driver", "local"], "head -c 40000 /dev/zero | tr '\\0' x; echo; echo after").status
                    == 0)
            let entries = try LocalLog.entries(try Files.read(try folder(box) + "/local-logs/container.log"))
            #expect(entries.map(\.line.utf8.count) == [16384, 16384, 7232, 5])
            #expect(entries.map(\.ordinal) == [1, 2, 3, 0] && entries.map(\.isLast) == [false, false, true, false])
            #expect(Set(entries.dropLast().map(\.id)).count == 1)
        }
    }

    @Test func filesAreKeptToTheirNumberAndSize() throws {
        try Sandbox.with { box in
            for driver in ["local", "json-file"] {
                let result = try run(
                    box, ["--log-driver", driver, "--log-opt", "max-size=50k", "--log-opt", "max-file=2"],
                    "i=0; while [ $i -lt 4000 ]; do echo line $i of some length; i=$((i+1)); done")
                #expect(result.status == 0)
                let folder = try folder(box) + (driver == "local" ? "/local-logs" : "")
                let files = try Files.list(folder).filter { $0.contains(".log") }.sorted()
                #expect(files.count == 2 && files[1] == files[0] + ".1", "\(files)")
                for file in files {
                    var status = stat()
                    #expect(stat("\(folder)/\(file)", &status) == 0 && status.st_size < 52_000, "\(status.st_size)")
                }
                #expect(try box.ck(["rm", "ll"]).status == 0)
            }
        }
    }

    @Test func aFullDiskDoesNotStopTheContainer() throws {
        try Sandbox.with { box in
            let script = """
                while [ ! -e /go ]; do sleep 0.05; done
                i=0; while [ $i -lt 30000 ]; do echo some text in line $i; i=$((i+1)); done; exec sleep 100
                """
            let one = try Supervised(
                box, "ll", ["--log-driver", "local", "--log-opt", "max-size=100k"], ["sh", "-c", script])
            let file = one.folder + "/local-logs"
            try #require(try box.inside(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", file]).status == 0)
            box.atEnd { _ = try? box.inside(["umount", "-l", file]) }
            // The file that is open lies elsewhere; the next one does not have room for what it may hold.
            #expect(try box.ck(["exec", "ll", "touch", "/go"]).status == 0)
            #expect(
                one.waits { (try? box.ck(["exec", "ll", "ps", "-o", "args"]).output.contains("sleep 100")) == true })
        }
    }

    @Test func optionsThatCannotBeAreRefused() throws {
        try Sandbox.with { box in
            for (options, words) in [
                (["--log-opt", "max-size=0"], "max-size must be a positive number"),
                (["--log-opt", "max-file=0"], "max-file cannot be less than 1"),
                (["--log-opt", "nosuch=1"], "unknown log opt 'nosuch' for json-file log driver"),
                (["--log-opt", "labels=a"], "log opt 'labels' is not supported"),
                (["--log-opt", "compress=true"], "compress=true is not supported"),
                (["--log-driver", "local", "--log-opt", "tag=x"], "log opt 'tag' is not supported"),
            ] {
                let result = try run(box, options, "true")
                #expect(result.status == 125 && result.errors.contains(words), "\(options) \(result)")
            }
            #expect(try box.ck(["ps", "-a", "-q"]).output.isEmpty)
        }
    }
}

/// Reads docker's local format: protocol buffers between two lengths.
private enum LocalLog {
    struct Entry {
        var source = "", line = "", id = ""
        var time: UInt64 = 0
        var isPartial = false, isLast = false
        var ordinal: UInt64 = 0
    }

    struct Malformed: Error {}

    static func entries(_ bytes: [UInt8]) throws -> [Entry] {
        var rest = bytes[...]
        var result: [Entry] = []
        while !rest.isEmpty {
            let size = try length(rest)
            guard rest.count >= size + 8, try length(rest.dropFirst(4 + size)) == size else { throw Malformed() }
            result.append(try entry(rest.dropFirst(4).prefix(size)))
            rest = rest.dropFirst(size + 8)
        }
        return result
    }

    private static func length(_ bytes: ArraySlice<UInt8>) throws -> Int {
        guard bytes.count >= 4 else { throw Malformed() }
        return bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    private static func entry(_ bytes: ArraySlice<UInt8>) throws -> Entry {
        var entry = Entry()
        try fields(bytes) { tag, number, text in
            switch tag {
            case 1: entry.source = String(decoding: text, as: UTF8.self)
            case 2: entry.time = number
            case 3: entry.line = String(decoding: text, as: UTF8.self)
            case 4: entry.isPartial = number == 1
            case 5:
                try fields(text) { tag, number, text in
                    switch tag {
                    case 1: entry.isLast = number == 1
                    case 2: entry.id = String(decoding: text, as: UTF8.self)
                    case 3: entry.ordinal = number
                    default: throw Malformed()
                    }
                }
            default: throw Malformed()
            }
        }
        return entry
    }

    private static func fields(
        _ bytes: ArraySlice<UInt8>, _ body: (_ tag: UInt64, _ number: UInt64, _ text: ArraySlice<UInt8>) throws -> Void
    ) throws {
        var rest = bytes
        func number() throws -> UInt64 {
            var (value, shift): (UInt64, UInt64) = (0, 0)
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            throw Malformed()
        }
        while !rest.isEmpty {
            let key = try number()
            let value = try number()
            if key & 7 == 0 {
                try body(key >> 3, value, [])
            } else {
                guard key & 7 == 2, rest.count >= Int(value) else { throw Malformed() }
                try body(key >> 3, 0, rest.prefix(Int(value)))
                rest = rest.dropFirst(Int(value))
            }
        }
    }
}
