import ContainerSystem
import Testing

/// Searches: a registry with a catalog alone, and one with docker's search API.
@Suite struct SearchTests {
    @Test func aCatalog() throws {
        try Sandbox.with(image: false) { box in
            let registry = try Registry(box)
            for name in ["team/app", "team/application", "other"] {
                try registry.publish(["layers": [[["name": "f", "content": "x"]]]], as: name + ":1")
            }
            let found = try box.ck(["search", registry.address + "/app"])
            #expect(
                found.output == """
                    NAME                              DESCRIPTION   STARS     OFFICIAL
                    localhost:5000/team/app                         0         \("")
                    localhost:5000/team/application                 0         \("")

                    """, "\(found)")
            let one = try box.ck(["search", "--limit", "1", "--format", "{{.Name}}", registry.address + "/"])
            #expect(one.output == "localhost:5000/other\n", "\(one)")
            #expect(
                try box.ck(["search", "-f", "stars=1", "--format", "{{.Name}}", registry.address + "/app"]).output == ""
            )
            let none = try box.ck(["search", "localhost:5999/app"])
            #expect(none.status == 1 && none.errors.contains("cannot connect to localhost:5999"), "\(none)")
            let tags = try box.ck(["registry", "tags", registry.address + "/none"])
            #expect(tags.status == 1 && tags.errors.contains("repository localhost:5000/none not found"), "\(tags)")
        }
    }

    @Test func dockersSearch() throws {
        try Sandbox.with(image: false) { box in
            let results = #"""
                [{"name": "busybox", "description": "Busybox base image.", "star_count": 3300, "is_official": true},
                 {"name": "ann/busy", "description": "evil \u001b]52;c;x\u0007 words", "star_count": 2},
                 {"name": "ann/other", "description": null, "star_count": 1}]
                """#
            try box.serve(["python3", Fixture.path("search-index.py"), "5000", results], port: 5000)
            let found = try box.ck(["search", "localhost:5000/busy"])
            #expect(found.status == 0 && found.lines.count == 3, "\(found)")
            #expect(found.line(1).hasPrefix("localhost:5000/busybox ") && found.line(1).hasSuffix("3300      [OK]"))
            #expect(!found.output.contains("\u{1b}"))
            let official = try box.ck([
                "search", "-f", "is-official=false", "--format", "{{.Name}}={{.StarCount}}", "localhost:5000/",
            ])
            #expect(official.output == "localhost:5000/ann/busy=2\nlocalhost:5000/ann/other=1\n", "\(official)")
            let mistakes: [([String], String)] = [
                (["--limit", "101", "x"], "limit 101 is outside the range of [1, 100]"),
                (["-f", "x=1", "x"], "invalid filter 'x'"), (["http://x/y"], "should not have a scheme"),
                (["-f", "stars=many", "x"], "invalid filter 'stars=many'"),
            ]
            for (arguments, words) in mistakes {
                let search = try box.ck(["search"] + arguments)
                #expect(search.status == 1 && search.errors.contains(words), "\(search)")
            }
        }
    }
}
