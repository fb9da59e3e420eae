import ContainerSystem
import Testing

@testable import ck

@Suite struct DispatchTests {
    static let commands: [any Command.Type] =
        CommandIndex.names.compactMap(CommandIndex.command)
        + CommandIndex.groups.flatMap { group in group.names.compactMap(group.command) }

    /// Each flag of docker's is either bound by ArgumentParser or refused by name, and none is both.
    @Test func everyFlagOfDockersIsTakenOrRefused() throws {
        var refused = 0
        for type in Self.commands {
            let synopsis = type.synopsis
            let path = synopsis.name
            let operands = Array(repeating: "x", count: synopsis.count.lowerBound)
            for flag in synopsis.flags.flags {
                let spelling = "--\(flag.name)" + (flag.kind == .value ? "=1" : flag.kind == .on ? "=false" : "")
                let words = path.split(separator: " ").map(String.init) + [spelling] + operands
                if flag.isSupported {
                    if flag.name == "help" { continue }
                    guard case .command = try Request.parse(words) else { throw NotACommand() }
                } else {
                    refused += 1
                    let end = flag.reason.map { "is not supported: \($0)\n" } ?? "is not supported yet\n"
                    #expect(ck(words) == Outcome(error: "ck: --\(flag.name) \(end)", status: 125))
                    if let short = flag.short {
                        let outcome = ck(path.split(separator: " ").map(String.init) + ["-\(short)", "1"] + operands)
                        #expect(outcome.error == "ck: -\(short), --\(flag.name) \(end)")
                    }
                }
            }
        }
        #expect(refused > 60)
    }

    @Test func whatIsOffAnywayMayBeSwitchedOff() throws {
        let run = try parse(
            Run.self, "run", "--publish-all=false", "--disable-content-trust", "--use-api-socket=0", "x")
        #expect(run.arguments.image == "x")
        let reason = "is not supported: there is no API socket, as there is no daemon\n"
        #expect(ck("run", "--use-api-socket", "x").error == "ck: --use-api-socket \(reason)")
        #expect(
            ck("run", "--gpus").error.hasPrefix("ck: --gpus is not supported: "), "and not that it lacks a value")
    }

    @Test func helpNamesEveryFlagThatWeHave() {
        for type in Self.commands {
            let help = ck(type.synopsis.name.split(separator: " ").map(String.init) + ["--help"])
            #expect(help.status == 0)
            #expect(help.out.contains("ck \(type.synopsis.name) \(type.synopsis.operands)"))
            for flag in type.synopsis.flags.flags where flag.isSupported && flag.name == flag.canonical {
                #expect(help.out.contains("--\(flag.name)"), "\(type.synopsis.name) --\(flag.name)")
                if let short = flag.short { #expect(help.out.contains("-\(short)")) }
            }
        }
    }

    @Test func commandsThatAreNotThere() {
        for name in CommandIndex.refused {
            #expect(CommandIndex.command(name) == nil)
            let reason = CommandIndex.reasons[name].map { " (\($0))" } ?? ""
            let error = "ck: ck \(name) is not supported yet\(reason)\n"
            #expect(ck(name, "--anything") == Outcome(error: error, status: 1))
        }
        #expect(ck("image", "build").error.hasPrefix("ck: ck image build is not supported yet (Dockerfiles"))
        #expect(ck("nosuch") == Outcome(error: "ck: unknown command: ck nosuch\nSee 'ck --help'.\n", status: 1))
        #expect(
            ck("image", "nosuch")
                == Outcome(error: "ck: unknown command: ck image nosuch\nSee 'ck image --help'.\n", status: 1))
    }

    @Test func countsOfArguments() {
        func message(_ arguments: String...) -> String {
            let outcome = ck(arguments)
            #expect(outcome.status == 1)
            return outcome.error
        }
        #expect(
            message("run")
                == "ck: 'ck run' requires at least 1 argument\nUsage:  ck run [OPTIONS] IMAGE [COMMAND] [ARG...]\n")
        #expect(message("exec", "a").hasPrefix("ck: 'ck exec' requires at least 2 arguments\n"))
        #expect(message("container", "ls", "x").hasPrefix("ck: 'ck container ls' accepts no arguments\n"))
        #expect(message("logs", "a", "b").hasPrefix("ck: 'ck logs' requires 1 argument\n"))
        #expect(message("commit").hasPrefix("ck: 'ck commit' requires at least 1 and at most 2 arguments\n"))
        #expect(message("images", "a", "b").hasPrefix("ck: 'ck images' requires at most 1 argument\n"))
    }

    @Test func globalOptions() {
        #expect(ck("--version") == Outcome(out: "ck version \(Tool.version)\n"))
        #expect(ck("-v") == ck("--version"))
        #expect(ck() == ck("--help"))
        #expect(ck("help", "run") == ck("run", "--help"))
        #expect(ck("-H", "x", "ps").error == "ck: -H, --host is not supported yet\n")
        #expect(ck("--nosuch", "ps") == Outcome(error: "unknown flag: --nosuch\nSee 'ck --help'.\n", status: 125))
        #expect(ck("--root") == Outcome(error: "flag needs an argument: --root\nSee 'ck --help'.\n", status: 125))
        #expect(
            ck("run", "-u") == Outcome(error: "flag needs an argument: 'u' in -u\nSee 'ck run --help'.\n", status: 125))
        #expect(ck("ps", "-h") == ck("ps", "--help"))
    }

    @Test func errorsMapToDockersStatuses() {
        #expect(ExitStatus.of(.commandNotFound, otherwise: Run.failureStatus) == 127)
        #expect(ExitStatus.of(.commandNotExecutable, otherwise: Exec.failureStatus) == 126)
        #expect(ExitStatus.of(.notFound, otherwise: Run.failureStatus) == 125)
        #expect(ExitStatus.of(.notFound, otherwise: Exec.failureStatus) == 1)
        #expect(ExitStatus.of(.conflict, otherwise: RemoveImages.failureStatus) == 1)
    }

    @Test func severalNamesGoOnAfterAFailure() {
        var seen = [String]()
        let session = Session(console: Console { _, _ in }, globals: GlobalOptions())
        let status = session.each(["a", "b", "c"]) { name throws(ContainerError) in
            seen.append(name)
            if name == "b" { throw ContainerError(.notFound, "No such container: b") }
        }
        #expect(seen == ["a", "b", "c"])
        #expect(status == 1)
    }
}
