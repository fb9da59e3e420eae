import ContainerEngine
import TextTemplate
import Testing

@testable import ck

/// What the image commands print, without images.
@Suite struct ImageTextTests {
    // MARK: - images --format

    private static let image = ImageSummary(
        id: "sha256:" + String(repeating: "0123456789abcdef", count: 4), names: [("app", "v1")],
        digests: ["app@sha256:77"], created: 40, size: 4_261_550, sharedSize: 1_000_000)

    private func text(_ format: String, _ arguments: String...) throws -> String {
        let words = ["images"] + (format.isEmpty ? [] : ["--format", format]) + arguments
        guard case .command(let invocation) = try Request.parse(words),
            let list = invocation.command as? ListImages
        else { throw NotACommand() }
        var rows = list.rows(now: 100)
        rows.containers = [Self.image.id: 2]
        return try ListFormat(list.listingFormat, table: list.listingTable, headers: ImageRow.headers)
            .text(of: rows.rows([Self.image]).map(\.object))
    }

    @Test(arguments: [
        ("{{.ID}} {{.Repository}} {{.Tag}}", "0123456789ab app v1"), ("{{.Digest}}", "sha256:77"),
        ("{{.CreatedSince}}", "About a minute ago"), ("{{.CreatedAt}}", "1970-01-01 00:00:40 +0000 UTC"),
        ("{{.Size}} {{.VirtualSize}}", "4.26MB 4.262MB"),
        ("{{.Containers}} {{.SharedSize}} {{.UniqueSize}}", "2 1MB 3.262MB"),
        ("{{upper .Tag}}-{{lower .ID}}", "V1-0123456789ab"), ("{{title .Tag}}", "V1"),
        ("{{pad .Tag 1 2}}|", " v1  |"), ("{{truncate .ID 4}}", "0123"),
        ("{{join (split .ID \"4\") \"+\"}}", "0123+56789ab"), ("{{len .Repository}}", "3"),
        ("{{if eq .Tag \"v1\"}}yes{{else}}no{{end}}", "yes"), ("{{index (split .Repository \"p\") 0}}", "a"),
        ("{{range split .Tag \"\"}}{{.}},{{end}}", "v,1,"), ("{{.Tag | printf \"%q\" | println}}", "\"v1\"\n"),
        ("{{json .Tag}}", "\"v1\""),
    ])
    func placeholders(_ format: String, _ expected: String) throws {
        #expect(try text(format) == expected + "\n")
    }

    @Test func theFormsThatDockerHas() throws {
        #expect(try text("").hasPrefix("REPOSITORY   TAG       IMAGE ID       CREATED              SIZE\napp"))
        #expect(try text("", "--digests").hasPrefix("REPOSITORY   TAG       DIGEST      IMAGE ID"))
        #expect(try text("", "-q") == "0123456789ab\n")
        #expect(try text("table", "-q") == "0123456789ab\n")
        #expect(try text("{{.Tag}}", "-q") == "v1\n", "a template is taken as it is")
        #expect(try text("raw", "-q") == "image_id: 0123456789ab\n")
        #expect(
            try text("raw", "--digests")
                == "repository: app\ntag: v1\ndigest: sha256:77\nimage_id: 0123456789ab\n"
                + "created_at: 1970-01-01 00:00:40 +0000 UTC\nvirtual_size: 4.26MB\n\n")
        #expect(try text("table {{.Tag}}", "--digests") == "TAG       DIGEST\nv1        sha256:77\n")
        #expect(try text("json") == text("{{json .}}"))
        #expect(
            try text("json", "--no-trunc").hasPrefix(
                #"{"Containers":"2","CreatedAt":"1970-01-01 00:00:40 +0000 UTC","CreatedSince":"About a minute ago","#
                    + #""Digest":"sha256:77","ID":"sha256:0123"#))
        #expect(throws: TemplateError.self) { try text("{{.Nope}}") }
    }

    // MARK: - history --format

    private func history(_ format: String, _ arguments: String...) throws -> String {
        let words = ["history"] + (format.isEmpty ? [] : ["--format", format]) + arguments + ["x"]
        guard case .command(let invocation) = try Request.parse(words),
            let command = invocation.command as? ShowHistory
        else { throw NotACommand() }
        let steps = [
            ImageHistoryStep(
                image: "sha256:" + String(repeating: "ab", count: 32), created: 1_700_000_000,
                createdBy: "/bin/sh -c #(nop)\tCMD [\"a rather long command line\"] with more", size: 4_261_550,
                comment: "c", tags: []),
            ImageHistoryStep(image: nil, created: nil, createdBy: "", size: 0, comment: "", tags: []),
        ]
        return try ListFormat(format, table: command.listing.table, headers: command.listing.headers)
            .text(of: steps.map { command.object($0, now: 1_700_000_100) })
    }

    @Test func historyIsDockers() throws {
        #expect(
            try history("")
                == """
                IMAGE          CREATED              CREATED BY                                      SIZE      COMMENT
                abababababab   About a minute ago   /bin/sh -c #(nop) CMD ["a rather long comman…   4.26MB    c
                <missing>      N/A                                                                  0B        

                """)
        #expect(try history("", "-q") == "abababababab\n<missing>\n")
        #expect(
            try history("{{.CreatedAt}} {{.Size}}", "-H=false").hasPrefix("2023-11-14T22:13:20Z 4261550\n1970-01-01"))
        #expect(try history("", "-H=false").hasPrefix("IMAGE          CREATED AT             CREATED BY"))
        #expect(try history("{{.CreatedSince}}", "-H=false").hasPrefix("2023-11-14T22:13:20Z\n"))
        #expect(try history("{{.CreatedBy}}", "--no-trunc").contains("with more\n"))
        #expect(
            try history("{{json .}}").hasPrefix(
                #"{"Comment":"c","CreatedAt":"2023-11-14T22:13:20Z","CreatedBy":"/bin/sh -c #(nop) CMD"#))
    }

    // MARK: - Trees

    private func layer(_ digit: Character, _ size: Int64, _ names: [String], _ layers: [ImageTree.Layer] = [])
        -> ImageTree.Layer
    {
        ImageTree.Layer(
            chainID: "sha256:" + String(repeating: digit, count: 64), size: size, total: size,
            createdBy: "made \(digit)",
            images: names.isEmpty ? [] : [.init(id: "sha256:0", names: names)], layers: layers)
    }

    @Test func aTreeIsDrawn() throws {
        let tree = ImageTree(
            layers: [layer("a", 1000, [], [layer("b", 5, ["one:1", "one:2"]), layer("c", 7, ["two:1"])])],
            empty: [.init(id: "sha256:" + String(repeating: "e", count: 64), names: [])])
        let rows = try parse(ShowImageTree.self, "image", "tree").rows(tree)
        #expect(
            rows.map(\.tree) == [
                "aaaaaaaaaaaa", "├─ bbbbbbbbbbbb", "│  └─ one:1, one:2", "└─ cccccccccccc", "   └─ two:1",
                "image eeeeeeeeeeee",
            ])
        #expect(rows.map(\.depth) == [0, 1, 2, 1, 2, 0] && rows[1].parent == "aaaaaaaaaaaa")
    }

    /// Deeper than a stack of calls would be.
    @Test func aTreeMayBeDeep() throws {
        var stack = layer("a", 1, ["top:1"])
        for _ in 0..<999 { stack = layer("b", 1, [], [stack]) }
        #expect(
            try parse(ShowImageTree.self, "image", "tree").rows(ImageTree(layers: [stack], empty: [])).count == 1001)
    }

    @Test func platformsAreDrawnAsDocker28Does() {
        let content = ImageContent(
            platform: Platform(architecture: "amd64"), manifest: "sha256:" + String(repeating: "d", count: 64),
            size: 1_070_000)
        let nameless = ImageSummary(id: "sha256:ff", names: [], digests: [], created: nil, size: 1)
        let tree = PlatformTree([
            .init(image: nameless, content: content, isInUse: true),
            .init(image: Self.image, content: content, isInUse: false),
        ])
        #expect(
            tree.text
                == """
                IMAGE            ID             DISK USAGE   CONTENT SIZE   EXTRA
                app:v1           0123456789ab       4.26MB         1.07MB
                └─ linux/amd64   dddddddddddd       4.26MB         1.07MB

                <untagged>       ff                     1B         1.07MB   U
                └─ linux/amd64   dddddddddddd           1B         1.07MB   U

                """)
    }
}

/// `until`, `label` and `label!` of `image prune`.
@Suite struct PruneFilterTests {
    @Test(arguments: [
        ("10m", 400.0), ("1h30m", -4400), ("0", 1000), ("-1s", 1001), ("1.5s", 998.5), ("250ms", 999.75),
        ("100", 100), ("100.5", 100.5), ("1970-01-01T00:10:00Z", 600), ("1970-01-01T01:10:00+01:00", 600),
        ("1970-01-01T00:10Z", 600), ("1970-01-01Z", 0),
    ])
    func moments(_ text: String, _ seconds: Double) {
        #expect(TimeFilter.parse(text, now: 1000) == seconds)
    }

    @Test(arguments: [
        "", "xx", "h", "1", "1d", "1h 2m", "--1s", "1970-13-01Z", "1970-01-01T25:00Z", "nan", "1e5", "1s\0",
    ])
    func noMoments(_ text: String) {
        // A bare number is seconds since 1970.
        #expect(TimeFilter.parse(text, now: 1000) == (text == "1" ? 1 : nil))
    }

    @Test func aDateWithoutAnOffsetIsOfThisHost() throws {
        let local = try #require(TimeFilter.parse("2026-01-02", now: 0))
        let utc = try #require(TimeFilter.parse("2026-01-02Z", now: 0))
        #expect(abs(local - utc) <= 14 * 3600)
        #expect(TimeFilter.parse("2026-01-02T03:04:05", now: 0) == local + 3 * 3600 + 4 * 60 + 5)
    }

    @Test func filters() throws {
        let selection = try PruneFilter.selection(
            all: true, ["until=100", "label=a", "label=b=c", "label!=d", "label!=e=f"], now: 1000)
        var expected = PruneSelection()
        expected.includesTagged = true
        expected.until = 100
        expected.labels = [.init("a"), .init("b", "c")]
        expected.excludedLabels = [.init("d"), .init("e", "f")]
        #expect(selection == expected)
        #expect(try PruneFilter.selection(all: false, ["dangling=false"], now: 0).includesTagged)
        #expect(try !PruneFilter.selection(all: true, ["dangling=1"], now: 0).includesTagged)
        for filter in ["nope=1", "until=xx", "dangling=perhaps"] {
            #expect(throws: CommandFailure.self) { try PruneFilter.selection(all: false, [filter], now: 0) }
        }
        #expect(throws: CommandFailure.self) { try PruneFilter.selection(all: false, ["until=1", "until=2"], now: 0) }
        #expect(throws: FlagError.self) { try PruneFilter.selection(all: false, ["until"], now: 0) }
    }
}
