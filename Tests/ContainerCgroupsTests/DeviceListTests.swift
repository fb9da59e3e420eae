import ContainerSystem
import OCISpec
import Testing

@testable import ContainerCgroups

@Suite struct DeviceListTests {
    private typealias Rule = RuntimeSpec.Resources.DeviceRule

    private func lines(_ rules: Rule...) throws -> [String] {
        try DeviceList(rules.map { try DeviceRule($0) }).lines.map { "\($0.file.dropFirst(8)) \($0.line)" }
    }

    @Test func formsAndWildcards() throws {
        #expect(try lines() == ["deny a"])
        #expect(try lines(.init(allow: true)) == ["allow a"])
        #expect(try lines(.init(allow: true, type: "a", access: "rwm")) == ["allow a"])
        #expect(try lines(.init(allow: true, type: "a", access: "w")) == ["deny a", "allow b *:* w", "allow c *:* w"])
        #expect(
            try lines(.init(allow: true), .init(allow: false, type: "a", access: "w"))
                == ["allow a", "deny b *:* w", "deny c *:* w"])
        #expect(
            try lines(.init(allow: true, type: "c", major: 136, access: "mwr")) == ["deny a", "allow c 136:* rwm"])
        #expect(
            try lines(.init(allow: true, type: "b", major: -1, minor: 3, access: "r")) == ["deny a", "allow b *:3 r"])
        #expect(try lines(.init(allow: true, type: "u", major: 1, minor: 3)) == ["deny a", "allow c 1:3 rwm"])
    }

    @Test func orderDecides() throws {
        let null = Rule(allow: true, type: "c", major: 1, minor: 3, access: "rw")
        #expect(try lines(null, .init(allow: false)) == ["deny a"])
        #expect(try lines(.init(allow: false), null) == ["deny a", "allow c 1:3 rw"])
        #expect(try lines(.init(allow: true), null) == ["allow a"])
        // The kernel would pass over this line in silence: it takes back only the very line that it was given.
        #expect(try lines(null, .init(allow: false, type: "c", access: "w")) == ["deny a", "allow c 1:3 r"])
        #expect(try lines(null, .init(allow: false, type: "c", major: 1, minor: 3, access: "rwm")) == ["deny a"])
        #expect(
            try lines(null, .init(allow: true, type: "c", major: 1, minor: 3, access: "m"))
                == ["deny a", "allow c 1:3 rwm"])
    }

    @Test func aHoleIsRefused() throws {
        let all = Rule(allow: true, type: "c", access: "rwm")
        for rules: [Rule] in [
            [all, .init(allow: false, type: "c", major: 1, minor: 1, access: "r")],
            [
                .init(allow: true), .init(allow: false, type: "b", major: 8),
                .init(allow: true, type: "b", major: 8, minor: 1),
            ],
            [
                .init(allow: true, type: "c", major: 1, access: "r"),
                .init(allow: false, type: "c", minor: 1, access: "r"),
            ],
        ] {
            let error = #expect(throws: CgroupFailure.self) { try DeviceList(rules.map { try DeviceRule($0) }) }
            #expect(error?.error.code == .unsupported)
            #expect(error?.field == "devices[\(rules.count - 1)]")
        }
        // Another access, another kind: nothing in common.
        #expect(
            try lines(
                .init(allow: true, type: "c", access: "m"), .init(allow: false, type: "c", major: 10, access: "rw"),
                .init(allow: false, type: "b", major: 8)) == ["deny a", "allow c *:* m"])
    }

    @Test func whatARuntimeAllowsAlwaysComesLast() throws {
        let lines = try DeviceList((DeviceRules.standard + DeviceRules.always).map { try DeviceRule($0) }).lines
        #expect(lines.count == 13)
        #expect(lines.map(\.line).contains("c 136:* rwm"))
    }
}
