import ContainerSystem
import Foundation
import Testing

@testable import ck

/// Every flag of docker's image commands is taken, or refused with a word why; `Documentation/FromDocker.md` says which.
@Suite struct DockerImageFlagsTests {
    struct Flag: CustomStringConvertible {
        let name: String
        let letter: String?
        let type: String
        let isOnByItself: Bool

        var description: String { "`" + (letter.map { "-\($0), " } ?? "") + "--\(name)`" }

        /// A command line that asks for something.
        var spelling: String {
            if type == "bool" { return "--\(name)" + (isOnByItself ? "=false" : "") }
            return "--\(name)=" + (Self.values[name] ?? "x")
        }

        private static let values = ["platform": "linux/amd64", "filter": "label=a", "type": "image", "limit": "5"]

        init(_ word: Substring) {
            let parts = word.split(separator: ":")
            let names = parts[0].split(separator: ",")
            name = String(names[names.count - 1])
            letter = names.count > 1 ? String(names[0]) : nil
            type = String(parts[1].split(separator: "=")[0])
            isOnByItself = parts[1].hasSuffix("=true")
        }
    }

    enum Verdict: Equatable {
        case taken
        /// Why not, as the user is told.
        case refused(String)
    }

    private static func flags(_ command: String) -> [Flag] {
        (DockerImageFlags.commands[command] ?? "").split(separator: " ").map(Flag.init)
    }

    /// As many operands as the command needs.
    private static func words(_ command: String, _ more: String...) -> [String] {
        let words = command.split(separator: " ").map(String.init)
        var rest = words[...]
        guard case .command(_, let type)? = try? CommandIndex.resolve(&rest) else { return words + more }
        return words + more + Array(repeating: "x", count: type.synopsis.count.lowerBound)
    }

    private static func verdict(_ words: [String]) -> Verdict {
        do {
            guard case .command = try Request.parse(words) else { return .refused("it is no command") }
            return .taken
        } catch {
            return .refused(error.text)
        }
    }

    @Test(arguments: DockerImageFlags.commands.keys.sorted()) func everyFlagIsTakenOrRefusedWithAReason(
        _ command: String
    ) throws {
        if case .refused(let text) = Self.verdict(Self.words(command)) {
            // All of the command is refused: it has to say why.
            let reason = try #require(CommandIndex.reasons[command], "ck \(command): \(text)")
            #expect(text.hasPrefix("ck: ck \(command) is not supported yet") && text.contains(reason))
            return
        }
        for flag in Self.flags(command) {
            guard case .refused(let text) = Self.verdict(Self.words(command, flag.spelling)) else { continue }
            let table = try Self.table(command)
            let ours = try #require(table.named(flag.name), "ck \(command) does not know --\(flag.name)")
            #expect(text == "ck: --\(flag.name) is not supported: \(ours.reason ?? "no reason")")
            #expect(ours.kind == (flag.type == "bool" ? flag.isOnByItself ? .on : .off : .value))
        }
    }

    @Test(arguments: DockerImageFlags.commands.keys.sorted()) func lettersMeanWhatTheyMeanToDocker(_ command: String)
        throws
    {
        guard let table = try? Self.table(command) else { return }
        for flag in Self.flags(command) {
            #expect(table.named(flag.name)?.short.map(String.init) == flag.letter, "ck \(command) --\(flag.name)")
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
        for command in DockerImageFlags.commands.keys.sorted() {
            if case .refused = verdict(words(command)) {
                lines.append("| `\(command)` | | all of it: \(CommandIndex.reasons[command] ?? "") |")
                continue
            }
            var taken: [String] = []
            var refused: [String] = []
            for flag in flags(command) {
                if verdict(words(command, flag.spelling)) == .taken {
                    taken.append(flag.description)
                } else {
                    let reason = (try? Self.table(command))?.named(flag.name)?.reason ?? ""
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
            isCurrent, "run `CK_WRITE_DOCUMENTS=1 swift test --filter DockerImageFlagsTests` and look at the changes")
    }
}
