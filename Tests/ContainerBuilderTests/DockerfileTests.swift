import ContainerSystem
import Testing

@testable import ContainerBuilder

@Suite struct DockerfileTests {
    private func parse(_ text: String) throws -> [Dockerfile.Instruction] { try Dockerfile(parsing: text).instructions }

    private func error(_ text: String) -> String {
        do {
            _ = try Dockerfile(parsing: text)
            return ""
        } catch { return error.description }
    }

    @Test func instructionsHaveNamesFlagsAndArguments() throws {
        let parsed = try parse(
            """
            # a comment
            from --platform=linux/amd64 alpine:3 AS base

              RUN --mount=type=cache,target=/a --network=none echo "a  b"
            COPY --chown=1:2 --link ["a b", "/c"]
            CMD [ "sh", "-c", "echo \\"x\\"" ]
            ENTRYPOINT ['not', 'json']
            """)
        #expect(parsed.map(\.name) == ["FROM", "RUN", "COPY", "CMD", "ENTRYPOINT"])
        #expect(parsed[0].flags == [.init(name: "platform", value: "linux/amd64")])
        #expect(parsed[0].arguments == .text("alpine:3 AS base"))
        #expect(parsed[0].lines == 2...2 && parsed[1].lines == 4...4)
        #expect(parsed[1].flags.map(\.name) == ["mount", "network"])
        #expect(parsed[1].arguments == .text("echo \"a  b\""))
        #expect(parsed[2].flags == [.init(name: "chown", value: "1:2"), .init(name: "link", value: nil)])
        #expect(parsed[2].arguments == .list(["a b", "/c"]))
        #expect(parsed[3].arguments == .list(["sh", "-c", "echo \"x\""]))
        #expect(parsed[4].arguments == .text("['not', 'json']"))
    }

    @Test func continuedLinesAreOne() throws {
        let parsed = try parse(
            "FROM a\nRUN one \\\n  # no part of it\n\n  && two \\  \n && three\nRUN four\r\nRUN five")
        #expect(parsed[1].arguments == .text("one   && two  && three"))
        #expect(parsed[1].lines == 2...6)
        #expect(parsed.dropFirst(2).map(\.arguments) == [.text("four"), .text("five")])
    }

    @Test func directivesComeFirst() throws {
        let file = try Dockerfile(parsing: "# Syntax = docker/dockerfile:1\n#escape=`\nFROM a\nRUN a `\n b\\\nRUN c")
        #expect(file.directives == ["syntax": "docker/dockerfile:1", "escape": "`"])
        #expect(file.instructions.map(\.arguments) == [.text("a"), .text("a  b\\"), .text("c")])
        #expect(try Dockerfile(parsing: "#\n# escape=`\nFROM a").directives.isEmpty)
        #expect(error("# escape=x\nFROM a").contains("line 1"))
        #expect(error("#escape=`\n#escape=`\nFROM a").contains("only one escape"))
    }

    @Test func documentsAreRead() throws {
        let parsed = try parse(
            """
            FROM a
            RUN <<EOF cat > /x
            # kept $HOME
            \tline \\
            EOF
            COPY <<-"A" <<B /to/
            \tone
            A
            two
            B
            RUN echo "<<NOT" '<<NOT'
            """)
        #expect(parsed[1].heredocs == [.init(name: "EOF", content: "# kept $HOME\n\tline \\\n", isExpanded: true)])
        #expect(parsed[1].lines == 2...5)
        #expect(
            parsed[2].heredocs == [
                .init(name: "A", content: "one\n", isExpanded: false),
                .init(name: "B", content: "two\n", isExpanded: true),
            ])
        #expect(parsed[3].heredocs.isEmpty)
        #expect(error("FROM a\nRUN <<EOF\nx").contains("line 2: the here-document EOF has no end"))
    }

    @Test func mistakesAreNamed() {
        #expect(error("").contains("no instruction"))
        #expect(error("FROM a\nRNU x").contains("line 2: unknown instruction: RNU"))
        #expect(error("FROM a\nRNU x").contains("did you mean RUN?"))
        #expect(error("FROM a\nRUN  ").contains("RUN requires arguments"))
        #expect(error("FROM a\nSHELL /bin/sh").contains("JSON"))
        #expect(error(String(repeating: "#\n", count: 5 << 20)).contains("larger"))
    }
}
