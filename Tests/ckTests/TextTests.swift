import Testing

@testable import ContainerEngine
@testable import ck

@Suite struct TextTests {
    static let spans: [(Double, String)] = [
        (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"), (119, "About a minute"),
        (120, "2 minutes"), (3599, "59 minutes"), (3600, "About an hour"), (5399, "About an hour"), (5400, "2 hours"),
        (47 * 3600, "47 hours"), (48 * 3600, "2 days"), (13 * 86400, "13 days"), (14 * 86400, "2 weeks"),
        (59 * 86400, "8 weeks"), (60 * 86400, "2 months"), (729 * 86400, "24 months"), (730 * 86400, "2 years"),
        (-5, "Less than a second"),
    ]

    @Test(arguments: spans)
    func durations(_ seconds: Double, _ text: String) { #expect(HumanUnits.duration(seconds) == text) }

    static let amounts: [(Int64, String)] = [
        (0, "0B"), (999, "999B"), (1000, "1kB"), (4_261_550, "4.26MB"), (999_900, "1MB"), (77_800_000, "77.8MB"),
        (1_234_000_000, "1.23GB"),
    ]

    @Test(arguments: amounts)
    func sizes(_ bytes: Int64, _ text: String) { #expect(HumanUnits.size(bytes) == text) }

    @Test func binarySizes() {
        #expect(HumanUnits.binarySize(8_341_573_632) == "7.769GiB")
        #expect(HumanUnits.binarySize(1023) == "1023B")
    }

    @Test func goQuoting() {
        #expect(Quoting.go("sh -c \"a\\b\"") == #""sh -c \"a\\b\"""#)
        #expect(Quoting.go("a\n\t\r\u{1b}[31m\u{7f}\u{202e}é…") == #""a\n\t\r\x1b[31m\x7f\u202eé…""#)
    }

    @Test func nothingDrivesTheTerminal() {
        #expect(Quoting.safe("a\u{1b}]0;x\u{7}\nb\tc\u{9b}") == "a\\x1b]0;x\\a\nb\tc\\u009b")
        #expect(Quoting.safe("plain ünïcode") == "plain ünïcode")
    }

    @Test func ellipsis() {
        #expect(Quoting.ellipsis("exactly twenty cells", width: 20) == "exactly twenty cells")
        #expect(Quoting.ellipsis("one more than 20 cells", width: 20) == "one more than 20 ce…")
        #expect(Quoting.ellipsis("中文中文中文中文中文", width: 20) == "中文中文中文中文中文")
        #expect(Quoting.ellipsis("a中文中文中文中文中文", width: 20) == "a中文中文中文中文中…")
        #expect(Quoting.ellipsis("中文中文中文中文中文a", width: 20) == "中文中文中文中文中…")
    }

    @Test func tables() {
        var table = Table(header: ["PORTS", "LONG COLUMN", "NAMES"])
        table.add(["", "fits", "n"])
        #expect(table.text == "PORTS     LONG COLUMN   NAMES\n          fits          n")
    }

    static let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test(arguments: [
        ("busybox", "busybox:latest", "docker.io/library/busybox:latest"),
        ("a/b:1", "a/b:1", "docker.io/a/b:1"),
        ("localhost:5000/busybox", "localhost:5000/busybox:latest", "localhost:5000/busybox:latest"),
        ("docker.io/library/x:2", "x:2", "docker.io/library/x:2"),
        ("example.com/a/b@\(digest)", "example.com/a/b@\(digest)", "example.com/a/b@\(digest)"),
        ("x:1@\(digest)", "x:1@\(digest)", "docker.io/library/x:1@\(digest)"),
        ("No Name", "No Name", "No Name"),
    ])
    func references(_ text: String, _ familiar: String, _ full: String) {
        #expect(ReferenceText(text).familiar == familiar)
        #expect(ReferenceText(text).full == full)
    }
}
