import ContainerEngine
import ContainerSystem
import Glibc
import Testing

@testable import ck

@Suite struct ValueTests {
    static let goodSizes: [(String, Int64)] = [
        ("0", 0), ("1024", 1024), ("64m", 64 << 20), ("64M", 64 << 20), ("1.5g", 3 << 29), ("2KiB", 2048),
        ("2kb", 2048),
        ("7b", 7), ("1 k", 1024), ("1t", 1 << 40), (".5k", 512),
    ]

    @Test(arguments: goodSizes)
    func sizes(_ text: String, _ bytes: Int64) throws { #expect(try ByteSize.parse(text, flag: "memory") == bytes) }

    @Test(arguments: [
        "", "x", "12x", "-1", "1mm", "1kib2", "k", "1..2", "9999999999t", "1kibb", "1e3", "0x10", "inf", "nan",
    ])
    func badSizes(_ text: String) { #expect(throws: FlagError.self) { try ByteSize.parse(text, flag: "memory") } }

    static let goodCPUs: [(String, Int64)] = [
        ("0.5", 500_000_000), ("2", 2_000_000_000), (".25", 250_000_000), ("1.", 1_000_000_000), ("0.000000001", 1),
        ("1.0000000000000", 1_000_000_000),
    ]

    @Test(arguments: goodCPUs)
    func cpus(_ text: String, _ nano: Int64) throws { #expect(try Numbers.nanoCPUs(text, flag: "cpus") == nano) }

    @Test(arguments: ["", ".", "x", "-1", "1,5", "0.0000000001", "1.2.3", "99999999999999"])
    func badCPUs(_ text: String) { #expect(throws: FlagError.self) { try Numbers.nanoCPUs(text, flag: "cpus") } }

    @Test func environmentFiles() throws {
        setenv("CKTESTS_SET", "here", 1)
        let text = "\u{FEFF}A=1\n# no\n  B=x y \r\n\nCKTESTS_SET\nCKTESTS_UNSET\nC=\n"
        #expect(try Environment.lines(text, name: "f") == ["A=1", "B=x y ", "CKTESTS_SET", "C="])
        #expect(throws: ContainerError.self) { try Environment.lines("=x", name: "f") }
        #expect(throws: ContainerError.self) { try Environment.lines("a b=x", name: "f") }
        #expect(Environment.resolved(["A=1", "CKTESTS_SET", "CKTESTS_UNSET"]) == ["A=1", "CKTESTS_SET=here"])
        let outcome = ck("run", "--env-file", "/nonexistent/env", "x")
        #expect(outcome.status == 125)
        #expect(outcome.error == "ck: open /nonexistent/env: no such file or directory\n")
    }
}
