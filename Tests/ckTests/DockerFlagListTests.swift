import ContainerEngine
import ContainerSystem
import Foundation
import Testing

@testable import ck

/// Every flag of docker's commands is taken, or refused with a word why; `Documentation/FromDocker.md` says which.
@Suite struct DockerFlagListTests {
    enum Verdict: Equatable {
        case taken
        /// Why not, as the user is told.
        case refused(String)
    }

    static let commands = DockerFlagList.commands.keys.sorted()

    /// As many operands as the command needs.
    private static func words(_ command: String, _ more: [String] = []) -> [String] {
        let words = command.split(separator: " ").map(String.init)
        var rest = words[...]
        guard case .command(_, let type)? = try? CommandIndex.resolve(&rest) else { return words + more }
        return words + more + Array(repeating: "x", count: type.synopsis.count.lowerBound)
    }

    /// What a command line comes to; the values of the commands that read their words themselves are read too.
    private static func verdict(_ words: [String]) -> Verdict {
        do {
            guard case .command(let invocation) = try Request.parse(words) else { return .refused("it is no command") }
            switch invocation.command {
            case let run as Run: _ = try run.arguments.options()
            case let create as Create: _ = try create.arguments.options()
            case let exec as Exec: _ = try exec.execOptions()
            default: break
            }
            return .taken
        } catch let error as CommandFailure {
            return .refused(error.text)
        } catch {
            return .refused("\(error)")
        }
    }

    @Test func theListIsThere() { #expect(Self.commands.count > 90) }

    @Test(arguments: commands) func everyFlagIsTakenOrRefusedWithAReason(_ command: String) throws {
        if case .refused(let text) = Self.verdict(Self.words(command)) {
            // All of the command: it is known by its name at least.
            let group = String(command.prefix { $0 != " " })
            let isKnown = [command, group].contains { text.hasPrefix("ck: ck \($0) is not supported yet") }
            #expect(isKnown, "ck \(command): \(text)")
            return
        }
        for flag in DockerFlagList.commands[command] ?? [] {
            guard case .refused(let text) = Self.verdict(Self.words(command, flag.words)) else { continue }
            let ours = try #require(
                try Self.table(command).named(flag.name), "ck \(command) does not know --\(flag.name)")
            #expect(ours.kind == (flag.type == "bool" ? flag.isOnByItself ? .on : .off : .value))
            let reason = try #require(ours.reason, "ck \(command) --\(flag.name): \(text)")
            #expect(text == "ck: --\(flag.name) is not supported: \(reason)")
        }
    }

    @Test(arguments: commands) func lettersMeanWhatTheyMeanToDocker(_ command: String) throws {
        guard let table = try? Self.table(command) else { return }
        for flag in DockerFlagList.commands[command] ?? [] {
            #expect(table.named(flag.name)?.short.map(String.init) == flag.letter, "ck \(command) --\(flag.name)")
        }
    }

    /// What the tool itself does with a flag, so that the container's options do not tell.
    private static let tools = [
        "cidfile", "detach", "disable-content-trust", "env-file", "isolation", "label-file", "platform", "pull",
        "quiet", "sig-proxy", "volume-driver",
    ]

    /// A flag that is taken and ignored would be worse than one that is refused.
    @Test(arguments: ["run", "create"]) func aFlagThatIsTakenHasAnEffect(_ command: String) throws {
        func options(_ flags: [String]) throws -> ContainerOptions? {
            guard case .command(let invocation) = try Request.parse([command] + flags + ["x"]) else { return nil }
            return try (invocation.command as? Run)?.arguments.options()
                ?? (invocation.command as? Create)?.arguments.options()
        }
        for flag in DockerFlagList.commands[command] ?? [] where !Self.tools.contains(flag.name) {
            guard Self.verdict(Self.words(command, flag.words)) == .taken else { continue }
            let plain = try options(Array(flag.words.dropFirst()))
            #expect(try options(flag.words) != plain, "ck \(command) \(flag.words)")
        }
    }

    private static func table(_ command: String) throws -> FlagTable {
        var rest = command.split(separator: " ").map(String.init)[...]
        guard case .command(_, let type) = try CommandIndex.resolve(&rest) else { throw NotACommand() }
        return type.synopsis.flags
    }

    // MARK: - Documentation

    private static let begin = "<!-- begin: flags -->\n"
    private static let end = "<!-- end: flags -->"

    /// The table of the document.
    private static var table: String {
        var lines = ["| command | supported | refused |", "|---|---|---|"]
        for command in commands {
            if case .refused = verdict(words(command)) {
                lines.append(
                    "| `\(command)` | | all of it: \(CommandIndex.reasons[command] ?? "it is not there yet") |")
                continue
            }
            var taken: [String] = []
            var refused: [String] = []
            for flag in DockerFlagList.commands[command] ?? [] {
                if verdict(words(command, flag.words)) == .taken {
                    taken.append(flag.description)
                } else {
                    let reason = (try? Self.table(command))?.named(flag.name)?.reason ?? "it is not there yet"
                    refused.append("\(flag): \(reason)")
                }
            }
            lines.append("| `\(command)` | \(taken.joined(separator: ", ")) | \(refused.joined(separator: "; ")) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static var documentPath: String {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/Documentation/FromDocker.md"
    }

    /// Written by this test itself when `CK_WRITE_DOCUMENTS` is set.
    @Test func theDocumentSaysWhatHolds() throws {
        let text = try Files.readText(Self.documentPath)
        let start = try #require(text.range(of: Self.begin)).upperBound
        let end = try #require(text.range(of: Self.end)).lowerBound
        let isCurrent = text[start..<end] == Self.table
        if !isCurrent, getenv("CK_WRITE_DOCUMENTS") != nil {
            try Files.replace(Self.documentPath, with: Array((text[..<start] + Self.table + text[end...]).utf8))
            return
        }
        #expect(
            isCurrent, "run `CK_WRITE_DOCUMENTS=1 swift test --filter DockerFlagListTests` and look at the changes")
    }
}
