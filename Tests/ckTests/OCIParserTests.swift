import ContainerSystem
import Testing

@testable import ck

/// What the flags of a command of the OCI command line say.
func ociWords(_ name: String, _ arguments: String...) throws -> OCIWords { try ociWords(name, arguments) }

func ociWords(_ name: String, _ arguments: [String]) throws -> OCIWords {
    let command = try #require(OCICommands.named(name))
    let parser = OCIParser(flags: command.flags, stopsAtOperand: command.stopsAtOperand, hint: "help")
    guard case .words(let words) = try parser.parse(arguments[...]) else { throw NotACommand() }
    return words
}

func ckRuntime(_ arguments: String...) -> Outcome { ckRuntime(arguments) }

func ckRuntime(_ arguments: [String]) -> Outcome {
    caught { Tool.main(["/usr/bin/ck-runtime"] + arguments, console: $0) }
}

@Suite struct OCIParserTests {
    @Test func aFlagHasManySpellings() throws {
        for spelling in [
            ["--bundle", "/b"], ["--bundle=/b"], ["-bundle", "/b"], ["-bundle=/b"], ["-b", "/b"], ["--b=/b"],
        ] {
            let words = try ociWords("create", spelling + ["id"])
            #expect(words.text("bundle") == "/b")
            #expect(words.operands == ["id"])
        }
        #expect(try ociWords("create", "--bundle=a=b", "id").text("bundle") == "a=b")
        #expect(try ociWords("create", "--bundle=", "id").filled("bundle") == nil)
        #expect(try ociWords("create", "-b", "1", "--bundle", "2", "id").text("bundle") == "2")
    }

    @Test func switchesTakeGosWords() throws {
        for (word, isOn) in [("", true), ("=true", true), ("=1", true), ("=T", true), ("=false", false), ("=0", false)]
        {
            #expect(try ociWords("run", "--keep" + word, "id").isOn("keep") == isOn)
        }
        #expect(try !ociWords("run", "id").isOn("keep"))
        // A word of its own is never the value of a switch.
        #expect(try ociWords("kill", "--all", "id", "KILL").operands == ["id", "KILL"])
        #expect(throws: CommandFailure("invalid boolean value \"yes\" for -keep: parse error (help)", status: 1)) {
            try ociWords("run", "--keep=yes", "id")
        }
    }

    @Test func flagsMayFollowOperandsExceptWhereTheRestIsSomebodyElses() throws {
        let delete = try ociWords("delete", "id", "--force")
        #expect(delete.isOn("force"))
        #expect(delete.operands == ["id"])
        let exec = try ociWords("exec", "-t", "id", "ls", "-l", "--tty=false", "--", "x")
        #expect(exec.isOn("tty"))
        #expect(exec.operands == ["id", "ls", "-l", "--tty=false", "--", "x"])
        #expect(try ociWords("ps", "-f", "json", "id", "-e", "-f").operands == ["id", "-e", "-f"])
        #expect(try ociWords("exec", "--", "-id", "ls").operands == ["-id", "ls"])
        #expect(try ociWords("state", "--", "--force").operands == ["--force"])
        #expect(try ociWords("update", "-r", "-", "id").text("resources") == "-")
        #expect(try ociWords("update", "id", "-").operands == ["id", "-"])
    }

    @Test func listsKeepEachValue() throws {
        let words = try ociWords("exec", "-e", "A=1", "--env", "B=2", "-g", "5", "-g=0x10", "id", "ls")
        #expect(words.all("env") == ["A=1", "B=2"])
        #expect(words.numbers("additional-gids") == [5, 16])
    }

    @Test(arguments: [
        (["--bogus"], "flag provided but not defined: -bogus (help)"),
        (["-xyz=1"], "flag provided but not defined: -xyz (help)"),
        (["---bundle"], "bad flag syntax: ---bundle (help)"),
        (["--=x"], "bad flag syntax: --=x (help)"),
        (["--bundle"], "flag needs an argument: -bundle (help)"),
        (["id", "-b"], "flag needs an argument: -b (help)"),
        (["--preserve-fds", "x", "id"], "invalid value \"x\" for flag -preserve-fds: parse error (help)"),
        (["--preserve-fds=", "id"], "invalid value \"\" for flag -preserve-fds: parse error (help)"),
        (["-f", "spec.json", "id"], "--config is not supported: the specification is the bundle's config.json"),
    ])
    func mistakes(_ arguments: [String], _ message: String) {
        #expect(throws: CommandFailure(message, status: 1)) { try ociWords("create", arguments) }
    }

    @Test func whatIsRefusedMayBeSwitchedOff() throws {
        #expect(try ociWords("delete", "--regex=false", "id").operands == ["id"])
        #expect(throws: CommandFailure.self) { try ociWords("delete", "--regex", "id") }
    }

    @Test func numbersAndDurationsAreGos() {
        let numbers: [(String, Int64?)] = [
            ("0", 0), ("-1", -1), ("+7", 7), ("0x1F", 31), ("-0x10", -16), ("010", 8), ("0o17", 15), ("0b101", 5),
            ("08", nil), ("", nil), ("1k", nil), ("0x", nil), ("0x-1", nil), ("--1", nil),
            ("9223372036854775807", .max), ("9223372036854775808", nil),
        ]
        for (text, value) in numbers { #expect(GoNumber.whole(text) == value, "\(text)") }
        let durations: [(String, Int64?)] = [
            ("5s", 5000), ("1m30s", 90_000), ("1.5h", 5_400_000), ("250ms", 250), ("1us", 1), ("0", 0), ("-1s", -1000),
            ("5", nil), ("s", nil), ("", nil), ("-", nil), ("1x", nil), ("1..2s", nil), ("999999999999h", nil),
        ]
        for (text, value) in durations { #expect(GoNumber.milliseconds(text) == value, "\(text)") }
    }
}
