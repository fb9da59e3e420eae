import Testing
import TextTemplate

@Suite struct ValueTests {
    @Test func jsonIsGos() {
        let value: Value = .object([
            "Z": .int(.min), "A": 0.5, "M": .map([("b", 1), ("a", .null), ("b", 2)]), "S": .nilArray, "E": .nilMap,
            "F": .function(arguments: 1) { _ in .null }, "Q": "\"\\\u{0}\u{1F}\n\r\t\u{8}\u{C}\u{7F}\u{2028}é<&>",
        ])
        let text =
            #"{"Z":-9223372036854775808,"A":0.5,"M":{"a":null,"b":1},"S":null,"E":null,"#
            + #""Q":"\"\\\u0000\u001f\n\r\t\b\f"# + "\u{7F}" + #"\u2028é<&>"}"#
        #expect(value.json() == text)
        #expect(Value.string("<&>").json(escapingHTML: true) == #""\u003c\u0026\u003e""#)
    }

    @Test func prettyJSONIsIndentedByFour() {
        let value: Value = .map([
            ("list", [1, [.map([])], []]), ("empty", .map([])), ("none", .null), ("o", .object([:])), ("b", false),
        ])
        #expect(
            value.json(pretty: true) == """
                {
                    "b": false,
                    "empty": {},
                    "list": [
                        1,
                        [
                            {}
                        ],
                        []
                    ],
                    "none": null,
                    "o": {}
                }
                """)
    }

    @Test func emptyFieldsAreLeftOutWhereTheyAreToBe() {
        let object = Object([
            .init("A", omitsEmpty: true, ""), .init("B", key: "b", omitsEmpty: true, 1),
            .init("C", omitsEmpty: true, .nilMap), .init("D", omitsEmpty: true, .object([:])),
            .init("E", omitsEmpty: true, false), .init("F", 0),
        ])
        #expect(Value.object(object).json() == #"{"b":1,"D":{},"F":0}"#)
    }

    @Test(arguments: [
        (0.1, "0.1"), (-0.0, "-0"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"), (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (1e-10, "1e-10"),
        (123456.789, "123456.789"), (100, "100"),
    ]) func numbersAreGos(_ number: Double, _ text: String) {
        #expect(Value.double(number).json() == text)
    }

    @Test func keysAreComparedByTheirBytes() throws {
        let map: Value = .map([("e\u{301}", 1), ("\u{E9}", 2), ("f", 3)])
        #expect(
            try Template("{{.}} {{index . \"\\u00e9\"}} {{eq \"e\\u0301\" \"\\u00e9\"}}").text(of: map)
                == "map[e\u{301}:1 f:3 \u{E9}:2] 2 false")
    }

    @Test func methodsTakeTheirArguments() throws {
        let data: Value = .object(
            Object(
                type: "row",
                [
                    .init("Label", .function(arguments: 1) { .string("<" + $0[0] + ">") }), .init("Name", "n"),
                    .init("Fail", .function(arguments: 0) { _ in throw CancellationError() }),
                ]))
        #expect(try Template(#"{{.Label "a"}}{{.Label .Name | upper}}{{"b" | .Label}}"#).text(of: data) == "<a><N><b>")
        #expect(try Template("{{.}} {{json .}}").text(of: data) == #"{n} {"Name":"n"}"#)
        for (template, message) in [
            ("{{.Label}}", "at <.Label>: wrong number of args for Label: want 1 got 0"),
            ("{{.Label 5}}", "at <5>: expected string; found 5"),
            ("{{.Name 5}}", "at <.Name>: Name has arguments but cannot be invoked as function"),
            ("{{.Fail}}", "at <.Fail>: error calling Fail: CancellationError()"),
            ("{{.Foo}}", "at <.Foo>: can't evaluate field Foo in type row"),
            ("{{.Name.x}}", "at <.Name.x>: can't evaluate field x in type string"),
        ] {
            let error = #expect(throws: TemplateError.self) { try Template(template).text(of: data) }
            #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
        }
    }

    @Test func aNilPointerIsNamedByItsField() {
        let data: Value = .object(["State": .object(["Health": .null])])
        let error = #expect(throws: TemplateError.self) { try Template("{{.State.Health.Status}}").text(of: data) }
        #expect(error?.description.hasSuffix("nil pointer evaluating *Health.Status") == true)
    }

    @Test func missingKeysCanBeRefused() throws {
        let template = try Template("{{.a}}")
        #expect(try template.text(of: .map([])) == "<no value>")
        #expect(throws: TemplateError.self) { try template.text(of: .map([]), refusesMissingKeys: true) }
    }

    @Test func anErrorIsOneLine() {
        let error = #expect(throws: TemplateError.self) { try Template("{{range .}}{{end}}").text(of: "a\nb\r") }
        #expect(error?.description.hasSuffix(#"range can't iterate over a\nb\r"#) == true)
    }

    @Test func templatesDoNotNestWithoutEnd() throws {
        let blocks = { (count: Int) in
            String(repeating: "{{with 1}}", count: count) + "x" + String(repeating: "{{end}}", count: count)
        }
        let parentheses = { (count: Int) in
            "{{" + String(repeating: "(", count: count) + "1" + String(repeating: ")", count: count) + "}}"
        }
        let chain = { (count: Int) in "{{if 0}}" + String(repeating: "{{else if 0}}", count: count) + "{{end}}" }
        #expect(try Template(blocks(100)).text(of: .null) == "x")
        #expect(try Template(parentheses(100)).text(of: .null) == "1")
        for text in [blocks(101), parentheses(101), chain(100), blocks(10_000), parentheses(10_000), chain(10_000)] {
            let error = #expect(throws: TemplateError.self) { try Template(text) }
            #expect(error?.description.contains("depth exceeded") == true)
        }
    }

    @Test(arguments: [#"{{define "x"}}{{end}}"#, #"{{block "x" .}}{{end}}"#, #"{{template "x"}}"#])
    func templatesInTemplatesAreRefused(_ text: String) {
        let error = #expect(throws: TemplateError.self) { try Template(text) }
        #expect(error?.description.hasSuffix("is not supported") == true)
    }
}
