import ContainerNamespaces
import ContainerSystem
import Testing

@testable import ContainerEngine

@Suite struct LogOptionsTests {
    private func parse(_ driver: LogConfiguration.Driver, _ options: [String: String] = [:]) throws -> LogOptions {
        try LogOptions(LogConfiguration(driver: driver, options: options))
    }

    @Test func defaultsRotate() throws {
        let json = try parse(.jsonFile)
        #expect(json.maximumSize == 10 << 20 && json.maximumFiles == 3)
        let local = try parse(.local)
        #expect(local.maximumSize == 20 << 20 && local.maximumFiles == 5)
    }

    /// docker's units of this option are powers of ten.
    @Test func sizesAreRead() throws {
        for (text, bytes) in [
            "10": 10, "1k": 1000, "10m": 10_000_000, "1.5kb": 1500, "2 MB": 2_000_000, "3g": 3_000_000_000, "7b": 7,
            "-1": 0,
        ] as [String: UInt64] {
            #expect(try parse(.jsonFile, ["max-size": text]).maximumSize == bytes, "\(text)")
        }
        for text in ["", "x", "0", "-2", "10x", "1..2", "m", "1e99p"] {
            #expect(throws: ContainerError.self, "\(text)") { try parse(.local, ["max-size": text]) }
        }
    }

    @Test func numbersOfFilesAreRead() throws {
        #expect(try parse(.local, ["max-file": "1", "compress": "false", "mode": "blocking"]).maximumFiles == 1)
        for text in ["", "0", "-1", "x"] {
            #expect(throws: ContainerError.self, "\(text)") { try parse(.jsonFile, ["max-file": text]) }
        }
    }

    @Test func whatWeHaveNotIsRefused() {
        for option in ["labels", "labels-regex", "env", "env-regex", "tag", "max-buffer-size"] {
            let error = #expect(throws: ContainerError.self) { try parse(.jsonFile, [option: "x"]) }
            #expect(error?.code == .unsupported && error?.description.contains("'\(option)'") == true)
        }
        #expect(throws: ContainerError.self) { try parse(.jsonFile, ["mode": "non-blocking"]) }
        #expect(throws: ContainerError.self) { try parse(.local, ["compress": "true"]) }
        let unknown = #expect(throws: ContainerError.self) { try parse(.none, ["max-size": "1"]) }
        #expect(unknown?.message == "unknown log opt 'max-size' for none log driver")
    }
}
