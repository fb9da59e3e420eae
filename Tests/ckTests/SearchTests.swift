import ContainerRegistryClient
import Synchronization
import Testing

@testable import ck

@Suite struct SearchTests {
    private let results = [
        RegistrySearchResult(
            name: "busybox", description: "Busybox base image.", stars: 3300, isOfficial: true),
        RegistrySearchResult(
            name: "ann/busy", description: "A description of more than forty-five cells,\nin two lines", stars: 2,
            isOfficial: false),
        RegistrySearchResult(name: "evil/busy", description: "\u{1b}]52;c;x\u{7}", stars: 0, isOfficial: false),
    ]

    private func search(_ option: String? = nil, format: String = "table") throws -> String {
        let search =
            try option.map { try parse(Search.self, "search", $0, "busy") } ?? parse(Search.self, "search", "busy")
        let filter = try SearchFilter(search.filter)
        let rows = results.filter(filter.fits).map { search.row($0, isJSON: format == "json") }
        let caught = Mutex("")
        try Search.listing.show(
            rows, format: format, on: Console { text, _ in caught.withLock { $0 += text } })
        return caught.withLock { $0 }
    }

    @Test func theTableIsDockers() throws {
        let text = try search()
        #expect(
            text == """
                NAME        DESCRIPTION                                     STARS     OFFICIAL
                busybox     Busybox base image.                             3300      [OK]
                ann/busy    A description of more than forty-five cells,…   2         \("")
                evil/busy   \\x1b]52;c;x\\a                                   0         \("")

                """)
        #expect(try search("--no-trunc").contains("cells, in two lines"))
        #expect(
            try search(format: "{{.Name}} {{.StarCount}}{{.IsOfficial}}{{.IsAutomated}}")
                == "busybox 3300[OK]\nann/busy 2\nevil/busy 0\n")
        #expect(try search("--filter=is-official=true", format: "json").contains(#""IsOfficial":"true""#))
    }

    @Test(arguments: [
        (["is-official=true"], "busybox\n"), (["is-official=0"], "ann/busy\nevil/busy\n"),
        (["stars=2"], "busybox\nann/busy\n"), (["stars=2", "stars=100"], "busybox\n"), (["is-automated=true"], ""),
        (["is-automated=false"], "busybox\nann/busy\nevil/busy\n"), (["stars=1", "is-official=false"], "ann/busy\n"),
    ])
    func filters(_ filters: [String], _ shown: String) throws {
        let filter = try SearchFilter(filters)
        #expect(results.filter(filter.fits).map { $0.name + "\n" }.joined() == shown)
    }

    @Test(arguments: [
        ("stars", "it must be NAME=VALUE"), ("stars=many", "invalid filter 'stars=many'"),
        ("is-official=x", "invalid filter 'is-official=x'"), ("color=red", "invalid filter 'color'"),
    ])
    func filtersThatAreNone(_ filter: String, _ words: String) {
        let error = #expect(throws: CommandFailure.self) { try SearchFilter([filter]) }
        #expect(error?.text.contains(words) == true)
    }

    @Test func aTagOfTheListIsAMistake() {
        #expect(ck("registry", "tags", "x:1").error == "ck: x:1: all tags are listed: leave the tag out\n")
        #expect(ck("push", "-a", "x:1").error == "ck: tag can't be used with --all-tags/-a\n")
    }
}
