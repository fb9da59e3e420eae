import Testing
import TextTemplate

@Suite struct InspectFormatTests {
    private static let state = Object(
        type: "*container.State",
        [
            .init("Status", "running"), .init("Running", true), .init("Pid", 42), .init("ExitCode", 0),
            .init("Health", omitsEmpty: true, .null),
        ])

    private static let container: Value = .object(
        Object(
            type: "container.InspectResponse",
            [
                .init("ID", key: "Id", "4c01db"), .init("Name", "/web"), .init("RestartCount", 3),
                .init("Args", ["-c", "echo <a> & \"b\"", "日本"]), .init("State", .object(state)),
                .init(
                    "Config",
                    .object([
                        "Entrypoint": .nilArray, "Volumes": .nilMap,
                        "Labels": .strings(["z": "26", "foo": "bar", "a.b": "dotted"]),
                        "Env": .strings(nil as [String]?),
                    ])),
                .init("Mounts", [.object(["Type": "bind", "Source": "/a", "RW": true])]),
                .init(
                    "Ports",
                    .map([
                        ("90/udp", .null), ("80/tcp", [.object(["HostIp": "0.0.0.0", "HostPort": "8080"])]),
                    ])),
                .init("Networks", .map([("bridge", .object(["IPAddress": "172.17.0.2"]))])),
            ]))

    // What docker 28.2.2 prints for a container like this one.
    @Test(arguments: [
        ("{{.Id}} {{.Name}}", "4c01db /web"),
        ("{{.ID}} {{.Name}}", "4c01db /web"),
        ("{{.State}}", "{running true 42 0 <nil>}"),
        ("{{.State.Health}} {{json .State.Health}} {{if .State.Health}}a{{end}}", "<nil> null "),
        ("{{with .State.Health}}{{.Status}}{{else}}none{{end}}", "none"),
        ("{{eq .State.Health nil}} {{eq .State.ExitCode 0}} {{lt .RestartCount 5}}", "true true true"),
        ("{{.Config.Labels}} {{len .Config.Labels}}", "map[a.b:dotted foo:bar z:26] 3"),
        (
            #"{{.Config.Labels.nope}}|{{index .Config.Labels "nope"}}|{{index .Config.Labels "a.b"}}"#,
            "<no value>||dotted"
        ),
        (
            #"{{.Config.Entrypoint}} {{len .Config.Entrypoint}} {{json .Config.Entrypoint}}{{join .Config.Env " "}}"#,
            "[] 0 null"
        ),
        ("{{.Config.Volumes}}{{range .Config.Volumes}}x{{else}}y{{end}}", "map[]y"),
        (#"{{join .Args " "}}"#, #"-c echo <a> & "b" 日本"#),
        ("{{json .Args}}", #"["-c","echo <a> & \"b\"","日本"]"#),
        (
            #"{{index .Ports "90/udp"}} {{(index (index .Ports "80/tcp") 0).HostPort}}"#,
            "<no value> 8080"
        ),
        (
            "{{range $p, $c := .Ports}}{{$p}} -> {{range $c}}{{.HostIp}}:{{.HostPort}} {{end}};{{end}}",
            "80/tcp -> 0.0.0.0:8080 ;90/udp -> ;"
        ),
        ("{{range .Networks}}{{.IPAddress}}{{end}} {{.Networks.bridge.IPAddress}}", "172.17.0.2 172.17.0.2"),
        (#"{{.Networks.nope.IPAddress}} {{index .Networks "nope"}}"#, "<no value> <nil>"),
        ("{{range .Mounts}}{{.Type}}:{{.Source}}{{end}} {{(index .Mounts 0).RW}}", "bind:/a true"),
        ("{{pad .Name .RestartCount 1}}.", "   /web ."),
        (#"{{if .State.Running}}up{{else}}down{{end}} {{index . "Name"}}"#, "up /web"),
        // Only its JSON, a map, can be counted and gone through.
        ("{{len .State}}", "4"),
        ("{{range .State}}{{.}},{{end}}", "0,42,true,running,"),
        ("{{json .State}}", #"{"Status":"running","Running":true,"Pid":42,"ExitCode":0}"#),
    ]) func templatesAreDockers(_ template: String, _ output: String) throws {
        let (text, failures) = try InspectFormat(template).text(of: [Self.container])
        #expect(text == output + "\n")
        #expect(failures.isEmpty)
    }

    @Test(arguments: [
        ("{{.Foo}}", #":1:2: executing "" at <.Foo>: map has no entry for key "Foo""#),
        ("\n{{.Foo}}", #":2:2: executing "" at <.Foo>: map has no entry for key "Foo""#),
        (
            "{{.State.Health.Status}}",
            #":1:8: executing "" at <.State.Health.Status>: map has no entry for key "Health""#
        ),
        (
            "{{.Config.Labels.foo.x}}",
            #":1:9: executing "" at <.Config.Labels.foo.x>: can't evaluate field x in type interface {}"#
        ),
        ("{{.Args}} {{.Nope}}", #":1:12: executing "" at <.Nope>: map has no entry for key "Nope""#),
        ("{{(index .Mounts 0).Foo}}", #":1:17: executing "" at <0>: map has no entry for key "Foo""#),
        (#"{{.Name "x"}}"#, #":1:2: executing "" at <.Name>: Name is not a method but has arguments"#),
        ("{{index .Args 9}}", #":1:2: executing "" at <index .Args 9>: error calling index: index out of range: 9"#),
        ("{{range .Name}}{{end}}", #":1:8: executing "" at <.Name>: range can't iterate over /web"#),
    ]) func errorsAreDockers(_ template: String, _ message: String) throws {
        let (text, failures) = try InspectFormat(template).text(of: [Self.container])
        #expect(text == "\n")
        #expect(failures.map(\.description) == ["template parsing error: template: " + message])
        #expect(failures.allSatisfy { !$0.isSyntaxError })
    }

    @Test func aTemplateThatIsNoneIsTheUsersError() {
        let error = #expect(throws: TemplateError.self) { try InspectFormat("{{.Name") }
        #expect(error?.isSyntaxError == true)
        #expect(error?.description == "template parsing error: template: :1: unclosed action")
    }

    @Test func whatFitsIsPrintedBesideTheErrors() throws {
        let elements: [Value] = [.object(["Name": "a"]), .object([:]), Self.container]
        let (text, failures) = try InspectFormat("{{.Name}}").text(of: elements)
        #expect(text == "a\n/web\n")
        #expect(failures.count == 1)
    }

    @Test func jsonIsOneArray() throws {
        #expect(try InspectFormat("").text(of: []).output == "[]\n")
        #expect(
            try InspectFormat("").text(of: [.object(["A": 1]), .object(["B": []])]).output
                == """
                [
                    {
                        "A": 1
                    },
                    {
                        "B": []
                    }
                ]

                """)
        #expect(try InspectFormat("json").text(of: [.object(["A": "<>"])]).output == "[{\"A\":\"<>\"}]\n")
    }
}
