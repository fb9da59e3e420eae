import Testing

@testable import ck

/// The answers of docker's own client, asked at 1700000000.123456789 on a host that is five and a half hours ahead.
@Suite struct MomentTests {
    private static let now: Int64 = 1_700_000_000_123_456_789

    private func moment(_ text: String) -> Int64? { Moment.parse(text, now: Self.now, offset: 19800) }

    @Test(
        arguments: [
            ("10m", 1_699_999_400), ("1h30m", 1_699_994_600), ("1.5h", 1_699_994_600), ("-1s", 1_700_000_001),
            ("+2s", 1_699_999_998), ("0", 0), ("0s", 1_700_000_000), ("300ms", 1_699_999_999),
            ("2026-01-02", 1_767_292_200), ("2026-01-02T15", 1_767_346_200), ("2026-01-02T15:04", 1_767_346_440),
            ("2026-01-02T15:04:05", 1_767_346_445), ("2026-01-02T15:04:05Z", 1_767_366_245),
            ("2026-01-02T15:04:05+02:00", 1_767_359_045), ("2026-01-02T15:04Z", 1_767_366_240),
            ("2026-01-02T15+02:00", 1_767_358_800), ("2026-01-02Z", 1_767_312_000), ("2026-01-02+02:00", 1_767_304_800),
            ("2026-01-02-07:00", 1_767_337_200), ("2026-01-02T15:04-07:00", 1_767_391_440),
            ("1700000000", 1_700_000_000),
            ("20260102", 20_260_102),
        ] as [(String, Int64)])
    func wholeSeconds(text: String, seconds: Int64) {
        #expect(moment(text) == seconds * 1_000_000_000)
    }

    @Test(
        arguments: [
            ("2026-01-02T15:04:05.25", 1_767_346_445_250_000_000),
            ("2026-01-02T15:04:05.123456789Z", 1_767_366_245_123_456_789),
            ("2026-01-02T15:04:05.5-07:00", 1_767_391_445_500_000_000), ("1700000000.25", 1_700_000_000_250_000_000),
            ("1700000000.000000001", 1_700_000_000_000_000_001), ("1700000000.1234567899", 1_700_000_000_123_456_789),
        ] as [(String, Int64)])
    func fractions(text: String, nanoseconds: Int64) {
        #expect(moment(text) == nanoseconds)
    }

    @Test(arguments: [
        "1d", "", "x", "-5", "12:30", "1136073600.", "2026-02-30", "2026-01-02 15:04:05", "2026-01-02t15:04:05z",
        "2026-01-02T15:04:05.", "1e9", "1700000000.-5", "2026-01-02T1", "2026-01-02T15:0", "99999999999999999999",
        "nan", "inf", "0x10",
    ])
    func whatIsNoTime(text: String) {
        #expect(moment(text) == nil)
    }

    @Test func thatOfTheCommandLineIsNamedWithItsFlag() throws {
        let logs = try parse(Logs.self, "logs", "--since", "soon", "c")
        #expect(
            throws: CommandFailure(
                "ck: invalid value for \"since\": failed to parse value as time or duration: \"soon\"", status: 1)
        ) { try logs.query(now: Self.now) }
        let query = try parse(Logs.self, "logs", "--since=10m", "--until", "0", "-n", "5", "-f", "c").query(
            now: Self.now)
        #expect(query == .init(since: 1_699_999_400_000_000_000, last: 5, follows: true))
    }
}
