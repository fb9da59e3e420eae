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

    @Test func newCallsAnswerENOSYSUnlessThePolicyNamesThem() throws {
        let rules = [
            Rule(names: ["read", "uretprobe", "file_setattr"], action: "SCMP_ACT_ALLOW"),
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

    private func refusal(_ policy: RuntimeSpec.Seccomp) -> String? {
        do throws(ContainerError) {
            _ = try SeccompFilter.compile(policy)
            return nil
        } catch { return error.description }
    }

    @Test func malformedPoliciesNameTheField() {
        func policy(_ rules: Rule...) -> RuntimeSpec.Seccomp { .init(defaultAction: "SCMP_ACT_ERRNO", syscalls: rules) }
        let good = Rule(names: ["read"], action: "SCMP_ACT_ALLOW")
        func call(_ names: String...) -> RuntimeSpec.Seccomp {
            policy(good, Rule(names: names, action: "SCMP_ACT_ALLOW"))
        }
        var far = rule("close", "SCMP_CMP_EQ", 1)
        far.args?[0].index = 6
        let cases: [(RuntimeSpec.Seccomp, String)] = [
            (.init(defaultAction: "SCMP_ACT_FLY"), #"defaultAction: "SCMP_ACT_FLY" is not an action of seccomp"#),
            (
                .init(defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 70000),
                "defaultErrnoRet: 70000 is not between 0 and 4095"
            ),
            (
                .init(defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86", "VAX"]),
                #"architectures[1]: "VAX" is not an architecture of seccomp"#
            ),
            (
                .init(defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_PPC64"]),
                "architectures[0]: SCMP_ARCH_PPC64 has another byte order than this machine"
            ),
            (
                .init(defaultAction: "SCMP_ACT_ERRNO", flags: ["FLAG"]), #"flags[0]: "FLAG" is not a flag of seccomp"#
            ),
            (
                policy(rule("close", "SCMP_CMP_LIKE", 1)),
                #"syscalls[0].args[0].op: "SCMP_CMP_LIKE" is not an operator of seccomp"#
            ),
            (policy(far), "syscalls[0].args[0].index: 6: a system call has the arguments 0 to 5"),
            (call("write", "foo"), #"syscalls[1].names[1]: "foo" is not a system call"#),
            (call("read\0x"), "syscalls[1].names[0]: a word of 6 bytes is not a system call"),
            (call(""), #"syscalls[1].names[0]: "" is not a system call"#),
            (
                call(String(repeating: "x", count: 65)),
                "syscalls[1].names[0]: a word of 65 bytes is not a system call"
            ),
            // Also in a rule that says what holds anyway.
            (
                policy(Rule(names: ["foo"], action: "SCMP_ACT_ERRNO")),
                #"syscalls[0].names[0]: "foo" is not a system call"#
            ),
            (
                policy(Rule(names: ["close"], action: "SCMP_ACT_NOTIFY")),
                "listenerPath: missing, and a rule has the action SCMP_ACT_NOTIFY"
            ),
        ]
        for (policy, line) in cases { #expect(refusal(policy) == "linux.seccomp.\(line)") }
    }

    @Test func everyWordOfTheSpecificationIsTaken() throws {
        for name in SeccompWords.architectures.keys {
            // Those of the other byte order, and those that an older library lacks, are refused with that reason.
            let line = refusal(.init(defaultAction: "SCMP_ACT_ERRNO", architectures: [name]))
            let reasons = ["has another byte order than this machine", "libseccomp is too old for \(name)"]
            #expect(line == nil || reasons.contains { line?.hasSuffix($0) == true }, "\(name): \(line ?? "")")
        }
        #expect(SeccompWords.architectures.count == 23)
        for action in [
            "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO",
            "SCMP_ACT_TRACE", "SCMP_ACT_LOG", "SCMP_ACT_ALLOW",
        ] {
            #expect(refusal(.init(defaultAction: action, syscalls: [])) == nil, "\(action)")
            let other = action == "SCMP_ACT_ALLOW" ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW"
            let rule = Rule(names: ["close"], action: action)
            #expect(refusal(.init(defaultAction: other, syscalls: [rule])) == nil, "\(action)")
        }
        #expect(SystemCalls.recent.values.allSatisfy { $0 >= SeccompPrologue.firstShared })
    }

    @Test func aRuleThatNotifiesNeedsTheListenersDescriptor() throws {
        var policy = RuntimeSpec.Seccomp(
            defaultAction: "SCMP_ACT_ALLOW", syscalls: [Rule(names: ["mkdir"], action: "SCMP_ACT_NOTIFY")])
        policy.listenerPath = "/run/agent.sock"
        let filter = try SeccompFilter.compile(policy)
        #expect(filter.needsListener && filter.flags == 8 | 4)
        let run = SeccompInterpreter(filter: filter)
        #if arch(x86_64)
        #expect(try run(83) == .other(0x7fc0_0000))
        #expect(try run(84) == .allow)
        #endif
        policy.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_TSYNC"]
        #expect(try SeccompFilter.compile(policy).flags == 8 | 32 | 1 | 16)
        policy.syscalls = [Rule(names: ["mkdir"], action: "SCMP_ACT_ERRNO")]
        let plain = try SeccompFilter.compile(policy)
        #expect(!plain.needsListener && plain.flags == 1)
    }

    #if arch(x86_64)
    @Test func aNewCallThatAnOpenPolicyDeniesIsDenied() throws {
        let run = try compile(
            "SCMP_ACT_ALLOW",
            [
                Rule(names: ["rseq_slice_yield", "close"], action: "SCMP_ACT_ERRNO", errnoRet: 5),
                Rule(
                    names: ["listns"], action: "SCMP_ACT_ERRNO", errnoRet: 6,
                    args: [.init(index: 0, value: 1, op: "SCMP_CMP_EQ")]),
            ])
        #expect(try run(471) == .errno(5))
        #expect(try run(470) == .errno(6))
        #expect(try run(469) == .allow)
        #expect(try run(9999) == .allow)
        #expect(try run(3) == .errno(5))
        #expect(try run(0) == .allow)
    }
    #endif

    @Test func flags() throws {
        #expect(try compile("SCMP_ACT_ERRNO", []).filter.flags == 4)
        #expect(try compile("SCMP_ACT_ERRNO", [], flags: []).filter.flags == 0)
        let both = try compile("SCMP_ACT_ERRNO", [], flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"])
        #expect(both.filter.flags == 3)
    }
}
