import Testing
import TextTemplate

@Suite struct ListFormatTests {
    private static let headers = [
        "Name": "VOLUME NAME", "Driver": "DRIVER", "Scope": "SCOPE", "Mountpoint": "MOUNTPOINT", "Labels": "LABELS",
        "Links": "LINKS", "Size": "SIZE", "Status": "STATUS", "Availability": "AVAILABILITY", "Group": "GROUP",
    ]
    private static let table = #"table {{.Driver}}\t{{.Name}}"#

    private static let rows = [
        volume("a-rather-long-name", "nfs", "global", "/m", labels: []),
        volume("tab\tbed", "\u{E4}\u{B7}\u{2026}", "f\u{0C}g", "v\u{0B}t", labels: []),
        volume("web", "local", "local", "/var/lib/x", labels: [("a", "1"), ("b", "x<y>&z")]),
        volume("日本", "e\u{301}", "😀", "", labels: [("a", "two\nlines")]),
    ]

    private static func volume(
        _ name: String, _ driver: String, _ scope: String, _ mountpoint: String, labels: [(String, String)]
    ) -> Object {
        Object(
            type: "*formatter.volumeContext",
            [
                .init("Name", .string(name)), .init("Driver", .string(driver)), .init("Scope", .string(scope)),
                .init("Mountpoint", .string(mountpoint)),
                .init("Labels", .string(labels.map { "\($0.0)=\($0.1)" }.joined(separator: ","))),
                .init("Links", "N/A"), .init("Size", "N/A"), .init("Status", "N/A"), .init("Availability", "N/A"),
                .init("Group", "N/A"),
                .init(
                    "Label",
                    .function(arguments: 1) { arguments in
                        .string(labels.first { $0.0 == arguments[0] }?.1 ?? "")
                    }),
            ])
    }

    private static func text(_ format: String, _ rows: [Object] = rows) throws(TemplateError) -> String {
        try ListFormat(format, table: table, headers: headers).text(of: rows)
    }

    @Test(arguments: Vector.lists) func listsAreDockers(_ vector: Vector) {
        do throws(TemplateError) {
            #expect(try Self.text(vector.template) == vector.output, "instead of \(vector.failure ?? "")")
        } catch {
            #expect(error.description == vector.failure.map { "template parsing error: \($0)" })
        }
    }

    @Test func aTabAndItsTwoCharactersAreTheSame() throws {
        #expect(try Self.text("table {{.Name}}\t{{.Driver}}") == Self.text(#"table {{.Name}}\t{{.Driver}}"#))
    }

    @Test func tableAloneIsTheDefault() throws {
        #expect(try Self.text("table") == Self.text(""))
        #expect(try ListFormat("", table: Self.table, headers: [:]).isTable)
        #expect(try !ListFormat("json", table: Self.table, headers: [:]).isTable)
    }

    @Test func anEmptyTableHasAHeaderAndAnEmptyListNothing() throws {
        #expect(try Self.text("", []) == "DRIVER    VOLUME NAME\n")
        #expect(try Self.text(#"table {{.Name}}\t{{.Driver}}"#, []) == "VOLUME NAME   DRIVER\n")
        #expect(try Self.text("json", []).isEmpty)
        #expect(try Self.text("{{.Name}}", []).isEmpty)
    }

    @Test func rawIsRefused() {
        #expect(throws: TemplateError.self) { try Self.text("raw") }
    }

    @Test func fieldsAreFoundByName() throws {
        let format = try ListFormat("{{if .Name}}{{(upper .Size).x}}{{end}}", table: Self.table, headers: [:])
        #expect(format.names("Size"))
        #expect(format.names("Name"))
        #expect(!format.names("Driver"))
    }

    @Test func aValueFullOfTabsNeedsNoStack() throws {
        let row: Object = ["Name": .string(String(repeating: "\t", count: 20_000) + "x")]
        let text = try Self.text("table {{.Name}}", [row])
        #expect(text.utf8.count == "VOLUME NAME\n".utf8.count + 200_000 + 2)
    }
}
