import Testing
import TextTemplate

@testable import ck

/// `image inspect --format`, against what docker 28 prints for an image that sets little.
struct ImageDocumentTests {
    private static let json = """
        {"Id": "sha256:01", "RepoTags": ["x:latest"], "RepoDigests": [], "Os": "linux", "Size": 42,
         "Config": {"Cmd": ["sh", "-c"], "Env": ["PATH=/bin"], "Labels": {"b": "2", "a": "1"}},
         "GraphDriver": {"Data": null, "Name": "overlay"}, "RootFS": {"Type": "layers", "Layers": ["sha256:02"]}}
        """

    @Test(arguments: [
        ("{{.Id}}", "sha256:01"), ("{{.ID}}", "sha256:01"), ("{{.RepoTags}}", "[x:latest]"),
        ("{{index .RepoTags 0}}", "x:latest"), ("{{.Variant}}", ""), ("{{.Parent}}{{.DockerVersion}}", ""),
        ("{{.Size}}", "42"),
        ("{{.Config.Cmd}}", "[sh -c]"), ("{{.Config.Entrypoint}}", "[]"), ("{{json .Config.Entrypoint}}", "null"),
        ("{{json .Config.Labels}}", #"{"a":"1","b":"2"}"#), ("{{.Config.Labels}}", "map[a:1 b:2]"),
        ("{{index .Config.Labels \"a\"}}", "1"), ("{{.Config.User}}", ""), ("{{.Config.Volumes}}", "map[]"),
        ("{{range .Config.Env}}{{println .}}{{end}}", "PATH=/bin\n"), ("{{.GraphDriver.Name}}", "overlay"),
        ("{{len .RootFS.Layers}} {{.RootFS.Type}}", "1 layers"), ("{{.Os}}/{{.Config.WorkingDir}}", "linux/"),
    ])
    func fields(_ format: String, _ text: String) throws {
        let (output, failures) = try InspectFormat(format).text(of: [ImageDocument.value(Self.json)])
        #expect(output == text + "\n" && failures.isEmpty)
    }

    @Test func unknownFieldsAreNamed() throws {
        let (output, failures) = try InspectFormat("{{.Nope}}").text(of: [ImageDocument.value(Self.json)])
        #expect(output == "\n" && failures.count == 1 && "\(failures)".contains("Nope"))
    }

    @Test func withoutATemplateTheDocumentsAreOneArray() throws {
        #expect(try InspectFormat("").text(of: []).0 == "[]\n")
        let (output, _) = try InspectFormat("").text(of: [ImageDocument.value(#"{"Id": "1", "Config": {"Cmd": []}}"#)])
        #expect(output.hasPrefix("[\n    {\n        \"Config\": {") && output.hasSuffix("    }\n]\n"))
        #expect(output.contains(#""Id": "1""#) && !output.contains("Variant") && !output.contains("Entrypoint"))
    }
}
