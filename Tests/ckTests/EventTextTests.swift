import Testing
import TextTemplate

@testable import ContainerEngine
@testable import ck

@Suite struct EventTextTests {
    private let start = Event(
        .container, "start", id: "abcd", attributes: ["image": "busybox:1", "name": "web", "tier": "front"],
        time: 1_795_600_153_172_228_655)
    private let exec = Event(
        .container, "exec_create: sh -c true", id: "abcd", attributes: ["image": "busybox:1", "name": "web"], time: 1)
    private let pull = Event(.image, "pull", id: "busybox:1", attributes: ["name": "busybox"], time: 1)

    @Test func forms() throws {
        #expect(
            try EventLine("").line(start).hasSuffix(" container start abcd (image=busybox:1, name=web, tier=front)"))
        #expect(try EventLine("").line(start).hasPrefix("2026-11-25T"))
        #expect(try EventLine("").line(Event(.volume, "create", id: "v", time: 0)).hasSuffix(" volume create v"))
        #expect(try EventLine("json").line(start) == start.json)
        #expect(
            try EventLine("{{json .}}").line(start) == start.json, "what a template sees is what is in the log")
        #expect(
            try EventLine("{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.ID}} {{.Status}} {{.From}} {{.Time}}")
                .line(start) == "container start web abcd start busybox:1 1795600153")
        #expect(throws: CommandFailure.self) { try EventLine("{{") }
        #expect(throws: CommandFailure.self) { try EventLine("{{.Nope}}").line(start) }
    }

    @Test func filters() throws {
        let cases: [([String], Event, Bool)] = [
            (["event=start"], start, true), (["event=die"], start, false), (["event=die", "event=start"], start, true),
            (["event=exec_create"], exec, true), (["event=exec_create: sh -c true"], exec, true),
            (["type=container"], start, true), (["type=image"], start, false), (["container=web"], start, true),
            (["container=abc"], start, true), (["container=b"], start, false), (["container=busybox:1"], pull, false),
            (["image=busybox:1"], start, true), (["image=busybox"], start, true), (["image=busybox:2"], start, false),
            (["image=busybox"], pull, true), (["label=tier"], start, true), (["label=tier=front"], start, true),
            (["label=tier=back"], start, false), (["label=tier", "label=none"], start, false),
            (["type=container", "event=die"], start, false), (["scope=local"], start, true),
            (["scope=swarm"], start, false), (["volume=v"], start, false), ([], pull, true),
        ]
        for (filters, event, expected) in cases {
            #expect(try EventFilter(filters).matches(event) == expected, "\(filters)")
        }
        #expect(throws: CommandFailure.self) { try EventFilter(["nope=1"]) }
        #expect(throws: FlagError.self) { try EventFilter(["event"]) }
    }
}
