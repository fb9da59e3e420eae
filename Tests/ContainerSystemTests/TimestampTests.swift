import ContainerSystem
import Testing

@Suite struct TimestampTests {
    @Test func timesAreWrittenAndRead() {
        #expect(Timestamp.format(0) == "1970-01-01T00:00:00Z")
        #expect(Timestamp.format(1_767_323_045.5) == "2026-01-02T03:04:05.5Z")
        #expect(Timestamp.format(951_782_400) == "2000-02-29T00:00:00Z")
        for (text, seconds) in [
            ("2026-01-02T03:04:05Z", 1_767_323_045.0), ("2026-01-02T03:04:05.25Z", 1_767_323_045.25),
            ("2026-01-02T05:04:05+02:00", 1_767_323_045), ("2026-01-02T00:04:05-03:00", 1_767_323_045),
        ] { #expect(Timestamp.parse(text) == seconds, "\(text)") }
        for text in [
            "", "yesterday", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05X", "2026-01-02 03:04:05Z",
        ] {
            #expect(Timestamp.parse(text) == nil, "\(text)")
        }
    }
}
