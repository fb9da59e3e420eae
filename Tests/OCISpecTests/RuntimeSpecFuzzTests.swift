import ContainerSystem
import Glibc
import Testing

@testable import OCISpec

/// Documents of real engines with bytes changed, values exchanged, members moved and doubled: each is a specification, or is
/// refused with one line that names a member or a place.
@Suite struct RuntimeSpecFuzzTests {
    private static func setting(_ name: String, _ standard: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
    }

    private static let values = [
        "null", "true", "-1", "0", "1", "-0", "1e3", "0.5", "1e400", "4294967295", "4294967296", "9223372036854775807",
        "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "[]", "{}",
        "[null]", "[[]]", "[{}]", "{\"\":\"\"}", "{\"a\":{}}", "\"\"", "\"/\"", "\"x\"", "\"..\"", "\"/..\"",
        "\"\\u0000\"",
        "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u001b[2J\\n\"", "\"bind\"", "\"user\"", "\"time\"",
        "\"SCMP_ACT_NOTIFY\"",
        "\"CAP_CHOWN\"", "\"RLIMIT_CPU\"", "\"SCHED_DEADLINE\"", "\"0-3,7\"", "\"\u{202e}é\"", "",
        "{\"containerID\":0,\"hostID\":4294967295,\"size\":4294967295}", "[{\"type\":\"user\"}]",
        "\"\(String(repeating: "y", count: 300))\"", String(repeating: "[", count: 80),
    ]

    private static let words: [[UInt8]] = {
        // Every name of a member that there is.
        var names: [String] = []
        var isName = false
        for part in RuntimeSpecReadingTests.whole.split(separator: "\"", omittingEmptySubsequences: false) {
            if isName, !part.isEmpty { names.append(String(part)) }
            isName.toggle()
        }
        return names.map { Array("\"\($0)\"".utf8) }
    }()

    private struct Mutator {
        var random: SplitMix
        let documents: [[UInt8]]

        mutating func next() -> [UInt8] {
            var text = documents[random.below(documents.count)]
            for _ in 0...random.below(4) where !text.isEmpty { change(&text) }
            return text
        }

        private mutating func change(_ text: inout [UInt8]) {
            let place = random.below(text.count)
            switch random.below(8) {
            case 0: text[place] = UInt8(random.below(256))
            case 1: text.removeSubrange(place..<min(text.count, place + 1 + random.below(30)))
            case 2: text.removeLast(random.below(text.count))
            case 3: text.insert(contentsOf: Array("{}[],:\"\\0-e.".utf8)[random.below(12)...].prefix(1), at: place)
            case 4: exchangeName(&text, from: place)
            case 5: double(&text, from: place)
            default: exchangeValue(&text, from: place)
            }
        }

        private mutating func exchangeName(_ text: inout [UInt8], from place: Int) {
            guard let colon = text[place...].firstIndex(of: UInt8(ascii: ":")),
                let end = text[..<colon].lastIndex(of: UInt8(ascii: "\"")),
                let start = text[..<end].lastIndex(of: UInt8(ascii: "\""))
            else { return }
            text.replaceSubrange(start...end, with: words[random.below(words.count)])
        }

        /// One member more, which may be there already.
        private mutating func double(_ text: inout [UInt8], from place: Int) {
            guard let brace = text[place...].firstIndex(of: UInt8(ascii: "{")) else { return }
            let member = words[random.below(words.count)] + [UInt8(ascii: ":")] + value() + [UInt8(ascii: ",")]
            text.insert(contentsOf: member, at: brace + 1)
        }

        private mutating func exchangeValue(_ text: inout [UInt8], from place: Int) {
            let ends: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")]
            let starts: [UInt8] = [UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: ",")]
            guard let start = text[place...].firstIndex(where: { starts.contains($0) }) else { return }
            let end = text[(start + 1)...].firstIndex { ends.contains($0) } ?? text.count
            text.replaceSubrange(start + 1..<end, with: value())
        }

        private mutating func value() -> [UInt8] { Array(values[random.below(values.count)].utf8) }
    }

    @Test func changedDocumentsAreReadOrRefusedInOneLine() throws {
        var documents = try Fixture.names.map { try Fixture.read($0) }
        documents += [Array(RuntimeSpecReadingTests.whole.utf8), Array(Document().text.utf8)]
        var mutator = Mutator(
            random: SplitMix(seed: UInt64(Self.setting("CK_FUZZ_SEED", 1))), documents: documents)
        var (read, refused) = (0, 0)
        let seconds = Self.setting("CK_FUZZ_SECONDS", 0)
        let end = time(nil) + seconds
        var round = 0
        while seconds > 0 ? time(nil) < end : round < Self.setting("CK_FUZZ_ROUNDS", 3000) {
            round += 1
            let bytes = mutator.next()
            do throws(ContainerError) {
                let spec = try RuntimeSpec(json: bytes)
                try spec.validate()
                read += 1
                check(spec)
            } catch {
                refused += 1
                check(error, round)
            }
        }
        #expect(read > round / 100 && refused > round / 100, "\(read) read, \(refused) refused")
        if seconds > 0 { print("\(round) documents, \(read) of them right") }
    }

    /// What the steps of a start rely on.
    private func check(_ spec: RuntimeSpec) {
        let texts = spec.process.args + spec.process.env + [spec.process.cwd, spec.root.path, spec.hostname ?? ""]
        #expect(texts.allSatisfy { !$0.utf8.contains(0) })
        #expect(spec.process.args[0] != "" && spec.process.cwd.hasPrefix("/") && !spec.root.path.isEmpty)
        #expect(spec.mounts.allSatisfy { !$0.destination.isEmpty && $0.destination != "/" })
        #expect(Set(spec.linux.namespaces.map(\.type)).count == spec.linux.namespaces.count)
        #expect(spec.hostname == nil || spec.linux.has(.uts))
    }

    private func check(_ error: ContainerError, _ round: Int) {
        let line = error.description
        #expect([.invalidArgument, .unsupported].contains(error.code), "round \(round): \(line)")
        #expect(line.hasPrefix("config.json: ") && line.utf8.count < 1000, "round \(round): \(line)")
        let isPrintable = line.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && !(0x7f..<0xa0).contains(scalar.value) && scalar.value != 0x202e
        }
        #expect(isPrintable, "round \(round): \(line)")
        // A place, or a path: not only what is wrong.
        let rest = line.dropFirst("config.json: ".count)
        let isDocument = rest.hasSuffix("where an object belongs")
        #expect(rest.contains(": ") || isDocument, "round \(round): \(line)")
    }
}
