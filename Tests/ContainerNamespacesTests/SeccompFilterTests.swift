import ContainerSystem
import OCISpec
import Testing

@testable import ContainerNamespaces

@Suite struct SeccompFilterTests {
    private typealias Rule = RuntimeSpec.Seccomp.Rule

    private func compile(
        _ defaultAction: String, _ rules: [Rule], architectures: [String]? = nil, flags: [String]? = nil
    ) throws -> SeccompInterpreter {
        SeccompInterpreter(
            filter: try SeccompFilter.compile(
                .init(defaultAction: defaultAction, architectures: architectures, flags: flags, syscalls: rules)))
    }

    private func rule(_ name: String, _ op: String, _ value: UInt64, _ valueTwo: UInt64? = nil) -> Rule {
        Rule(
            names: [name], action: "SCMP_ACT_ALLOW", args: [.init(index: 0, value: value, valueTwo: valueTwo, op: op)])
    }

    #if arch(x86_64)
    @Test func operators() throws {
        let cases: [(String, UInt64, UInt64?, allowed: [UInt64], denied: [UInt64])] = [
            ("SCMP_CMP_EQ", 5, nil, [5], [4, 6, 5 | 1 << 32]),
            ("SCMP_CMP_NE", 5, nil, [4, 6, 5 | 1 << 32], [5]),
            ("SCMP_CMP_LT", 5, nil, [0, 4], [5, 6, 1 << 32]),
            ("SCMP_CMP_LE", 5, nil, [0, 5], [6, 1 << 32]),
            ("SCMP_CMP_GE", 5, nil, [5, 6, 1 << 32], [0, 4]),
            ("SCMP_CMP_GT", 5, nil, [6, 1 << 32], [0, 5]),
            ("SCMP_CMP_MASKED_EQ", 0xf0, 0x20, [0x20, 0x2f, 0x120], [0, 0x30, 0xa0]),
        ]
        for (op, value, second, allowed, denied) in cases {
            let run = try compile("SCMP_ACT_ERRNO", [rule("close", op, value, second)])
            for argument in allowed { #expect(try run(3, argument) == .allow, "\(op) \(argument)") }
            for argument in denied { #expect(try run(3, argument) == .errno(1), "\(op) \(argument)") }
        }
    }

    @Test func conditionsOnDifferentArgumentsMustAllHold() throws {
        let both = Rule(
            names: ["ioctl"], action: "SCMP_ACT_ALLOW",
            args: [
                .init(index: 0, value: 1, op: "SCMP_CMP_EQ"), .init(index: 1, value: 2, op: "SCMP_CMP_EQ"),
            ])
        let run = try compile("SCMP_ACT_ERRNO", [both])
        #expect(try run(16, 1, 2) == .allow)
        #expect(try run(16, 1, 3) == .errno(1))
        #expect(try run(16, 3, 2) == .errno(1))
    }

    @Test func conditionsOnOneArgumentAreAlternatives() throws {
        let either = Rule(
            names: ["close"], action: "SCMP_ACT_ALLOW",
            args: [
                .init(index: 0, value: 1, op: "SCMP_CMP_EQ"), .init(index: 0, value: 2, op: "SCMP_CMP_EQ"),
            ])
        let run = try compile("SCMP_ACT_ERRNO", [either])
        #expect(try run(3, 1) == .allow)
        #expect(try run(3, 2) == .allow)
        #expect(try run(3, 3) == .errno(1))
    }

    @Test func unknownNamesAreSkippedAndNewCallsAnswerENOSYS() throws {
        let rules = [
            Rule(names: ["read", "no_such_call", "file_setattr"], action: "SCMP_ACT_ALLOW"),
            Rule(names: ["write"], action: "SCMP_ACT_ERRNO", errnoRet: 9),
        ]
        let run = try compile("SCMP_ACT_ERRNO", rules)
        #expect(try run(0) == .allow)
        #expect(try run(1) == .errno(9))
        #expect(try run(2) == .errno(1))
        #expect(try run(469) == .allow, "newer than the library, named by the policy")
        #expect(try run(470) == .errno(38))
        #expect(try run(9999) == .errno(38))
        #expect(try run(0x000f_0001) == .errno(1))
        #expect(try run(469, architecture: SeccompInterpreter.i386) == .killProcess)

        let open = try compile("SCMP_ACT_ALLOW", [Rule(names: ["close"], action: "SCMP_ACT_ERRNO", errnoRet: 5)])
        #expect(try open(9999) == .allow)
        #expect(try open(3) == .errno(5))
    }

    @Test func architecturesAreThoseOfThePolicy() throws {
        let read = [Rule(names: ["read"], action: "SCMP_ACT_ALLOW")]
        let one = try compile("SCMP_ACT_ERRNO", read)
        #expect(try one(0) == .allow)
        #expect(try one(3, architecture: SeccompInterpreter.i386) == .killProcess)
        #expect(try one(SeccompInterpreter.x32) != .allow)
        let all = try compile(
            "SCMP_ACT_ERRNO", read, architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
        #expect(try all(3, architecture: SeccompInterpreter.i386) == .allow)
        #expect(try all(0, architecture: SeccompInterpreter.i386) == .errno(1))
        #expect(try all(SeccompInterpreter.x32) == .allow)
        #expect(try all(63, architecture: SeccompInterpreter.arm64) == .killProcess)
    }
    #endif

    @Test func malformedPoliciesNameTheField() {
        func message(_ policy: RuntimeSpec.Seccomp) -> String? {
            do {
                _ = try SeccompFilter.compile(policy)
                return nil
            } catch { return error.message }
        }
        func policy(_ rule: Rule) -> RuntimeSpec.Seccomp { .init(defaultAction: "SCMP_ACT_ERRNO", syscalls: [rule]) }
        #expect(message(.init(defaultAction: "SCMP_ACT_FLY"))?.contains("action 'SCMP_ACT_FLY'") == true)
        #expect(message(.init(defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 70000))?.contains("70000") == true)
        #expect(message(.init(defaultAction: "SCMP_ACT_ERRNO", architectures: ["VAX"]))?.contains("'VAX'") == true)
        #expect(message(.init(defaultAction: "SCMP_ACT_ERRNO", flags: ["FLAG"]))?.contains("FLAG") == true)
        #expect(message(policy(rule("close", "SCMP_CMP_LIKE", 1)))?.contains("'SCMP_CMP_LIKE'") == true)
        var far = rule("close", "SCMP_CMP_EQ", 1)
        far.args?[0].index = 6
        #expect(message(policy(far))?.contains("argument 6") == true)
        let long = Rule(names: [String(repeating: "x", count: 65)], action: "SCMP_ACT_ALLOW")
        #expect(message(policy(long))?.contains("not the name") == true)
        #expect(message(policy(Rule(names: ["close"], action: "SCMP_ACT_NOTIFY")))?.contains("listener") == true)
    }

    @Test func flags() throws {
        #expect(try compile("SCMP_ACT_ERRNO", []).filter.flags == 4)
        #expect(try compile("SCMP_ACT_ERRNO", [], flags: []).filter.flags == 0)
        let both = try compile("SCMP_ACT_ERRNO", [], flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"])
        #expect(both.filter.flags == 3)
    }
}
