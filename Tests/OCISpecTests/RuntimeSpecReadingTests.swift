import ContainerSystem
import Testing

@testable import OCISpec

@Suite struct RuntimeSpecReadingTests {
    @Test(arguments: Fixture.names) func documentsOfRealEnginesAreRight(_ name: String) throws {
        let spec = try RuntimeSpec(json: try Fixture.read(name))
        try spec.validate()
        #expect(!spec.process.args.isEmpty && !spec.mounts.isEmpty && spec.linux.has(.mount))
    }

    @Test func whatDockerSendsIsReadToTheEnd() throws {
        let spec = try RuntimeSpec(json: try Fixture.read("docker-limits"))
        #expect(spec.ociVersion == "1.0.2-dev")
        #expect(spec.process.terminal == true && spec.process.noNewPrivileges == true)
        #expect(spec.process.args == ["/sbin/docker-init", "--", "sleep", "30"])
        #expect(spec.process.user.additionalGids == [0, 5])
        #expect(spec.process.rlimits == [.init(type: "RLIMIT_NOFILE", soft: 1024, hard: 2048)])
        #expect(spec.process.capabilities?.bounding?.count == 15 && spec.process.capabilities?.ambient == nil)
        #expect(spec.hooks?.prestart?.first?.args?.first == "libnetwork-setkey")
        #expect(spec.linux.sysctl?["kernel.msgmax"] == "65536")
        #expect(spec.linux.resources?.memory?.limit == 67_108_864)
        // `c 1:*`, which docker writes as -1.
        #expect(spec.linux.resources?.devices?.last == .init(allow: true, type: "c", major: 1, access: "rw"))
        #expect(spec.linux.seccomp?.syscalls?.count == 12)
        #expect(spec.linux.seccomp?.syscalls?.first?.names.first == "accept")
    }

    @Test func everyMemberIsRead() throws {
        let spec = try RuntimeSpec(json: Array(Self.whole.utf8), name: "x")
        try spec.validate()
        #expect(spec == Self.wholeSpec)
    }

    @Test func processesAndResourcesAreReadAlone() throws {
        let process = try RuntimeSpec.Process(json: Array(#"{"args":["ls"],"cwd":"/","env":["A=b"]}"#.utf8))
        #expect(process == RuntimeSpec.Process(args: ["ls"], env: ["A=b"], cwd: "/"))
        let resources = try RuntimeSpec.Resources(json: Array(#"{"memory":{"limit":-1},"pids":{"limit":3}}"#.utf8))
        #expect(resources.memory?.limit == -1 && resources.pids?.limit == 3)
        #expect(throws: ContainerError(.invalidArgument, "process.json: args: missing")) {
            try RuntimeSpec.Process(json: Array(#"{"cwd":"/"}"#.utf8))
        }
        #expect(throws: ContainerError(.invalidArgument, "process.json: cwd: \"x\" is not an absolute path")) {
            try RuntimeSpec.Process(args: ["ls"], cwd: "x").validate()
        }
        #expect(throws: ContainerError(.invalidArgument, "-: pids.limit: a string where a number belongs")) {
            try RuntimeSpec.Resources(json: Array(#"{"pids":{"limit":"3"}}"#.utf8), name: "-")
        }
        #expect(throws: ContainerError(.invalidArgument, "resources.json: null where an object belongs")) {
            try RuntimeSpec.Resources(json: Array("null".utf8))
        }
    }

    @Test func nullAndEmptyTextAreAbsent() throws {
        let spec = try Document(
            top:
                #""hostname":"","domainname":null,"hooks":null,"annotations":null,"mounts":null,"unknown":{"a":[1,null]}"#,
            process: #""env":null,"user":null,"apparmorProfile":"","terminal":null,"oomScoreAdj":null"#,
            linux: """
                "cgroupsPath":"","rootfsPropagation":"","seccomp":{},"resources":{"pids":{}},"netDevices":{},\
                "memoryPolicy":null,"intelRdt":null
                """
        ).spec()
        #expect(spec.hostname == nil && spec.linux.seccomp == nil && spec.linux.resources?.pids == nil)
        #expect(spec.process == RuntimeSpec.Process(args: ["sh"]))
    }

    @Test func ofMembersWithOneNameTheLastCounts() throws {
        #expect(try Document(process: #""cwd":"/a","cwd":"/b""#).spec().process.cwd == "/b")
        #expect(try Document(process: #""c\u0077d":"/c""#).spec().process.cwd == "/c")
    }

    @Test func sectionsOfOtherPlatformsAreIgnored() throws {
        let spec = try Document(
            top: #""windows":{"layerFolders":[]},"vm":{"kernel":{}},"solaris":{},"zos":{},"freebsd":{}"#,
            process: #""commandLine":"cmd.exe","user":{"uid":1,"gid":2,"username":"x"}"#
        ).spec()
        #expect(spec.process.user == .init(uid: 1, gid: 2))
    }

    @Test func membersOfNewerVersionsAreRefusedWhenTheySaySomething() {
        let cases = [
            (#""netDevices":{"eth0":{}}"#, "linux.netDevices"),
            (#""memoryPolicy":{"mode":"MPOL_LOCAL"}"#, "linux.memoryPolicy"),
            (#""intelRdt":{"schemata":["L3:0=f"]}"#, "linux.intelRdt.schemata"),
            (#""intelRdt":{"enableMonitoring":true}"#, "linux.intelRdt.enableMonitoring"),
        ]
        for (members, path) in cases {
            #expect(
                Document(linux: members).refusal == "\(path): not supported (it is new in version 1.3.0)")
        }
        #expect(Document(linux: #""intelRdt":{"schemata":[],"enableMonitoring":false}"#).refusal == nil)
    }

    @Test func aSizeOfNoTerminalIsIgnored() throws {
        let size = #""consoleSize":{"height":70000,"width":-0}"#
        #expect(try Document(process: size).spec().process.consoleSize == nil)
        #expect(
            Document(process: size + #","terminal":true"#).refusal
                == "process.consoleSize.height: 70000 is not between 0 and 65535")
        let good = #""terminal":true,"consoleSize":{"height":25,"width":80}"#
        #expect(try Document(process: good).spec().process.consoleSize == .init(height: 25, width: 80))
    }

    @Test func theLargestNumbersAreExact() throws {
        let spec = try Document(
            process: #""rlimits":[{"type":"RLIMIT_CORE","soft":18446744073709551614,"hard":18446744073709551615}]"#,
            linux: #""resources":{"memory":{"limit":9223372036854775807}},"timeOffsets":{},"devices":[]"#
        ).spec()
        #expect(spec.process.rlimits?.first?.soft == .max - 1 && spec.process.rlimits?.first?.hard == .max)
        #expect(spec.linux.resources?.memory?.limit == .max)
    }

    /// What is refused for its form, with the whole error line.
    @Test func wrongTypesAndMissingMembersAreNamed() {
        let cases: [(Document, String)] = [
            (.init(top: #""ociVersion":1"#), "ociVersion: a number where a string belongs"),
            (.init(top: #""ociVersion":null"#), "ociVersion: missing"),
            (.init(top: #""process":null"#), "process: missing"),
            (.init(top: #""root":{}"#), "root.path: missing"),
            (.init(top: #""root":null"#), "root: missing"),
            (.init(top: #""root":[]"#), "root: a list where an object belongs"),
            (.init(top: #""root":{"path":"x","readonly":0}"#), "root.readonly: a number where true or false belongs"),
            (.init(top: #""mounts":{}"#), "mounts: an object where a list belongs"),
            (.init(top: #""mounts":[null]"#), "mounts[0]: null where an object belongs"),
            (.init(top: #""mounts":[{"destination":"/a"},{}]"#), "mounts[1].destination: missing"),
            (.init(top: #""annotations":{"a.b":1}"#), #"annotations["a.b"]: a number where a string belongs"#),
            (
                .init(top: #""hooks":{"poststop":[{"path":"/x","timeout":"1"}]}"#),
                "hooks.poststop[0].timeout: a string where a number belongs"
            ),
            (.init(top: #""hooks":{"prestart":[{}]}"#), "hooks.prestart[0].path: missing"),
            (.init(process: #""args":"sh""#), "process.args: a string where a list belongs"),
            (.init(process: #""args":["sh",null]"#), "process.args[1]: null where a string belongs"),
            (.init(process: #""args":null"#), "process.args: missing"),
            (.init(process: #""cwd":"""#), "process.cwd: missing"),
            (.init(process: #""user":{"uid":-1}"#), "process.user.uid: -1 is not between 0 and 4294967295"),
            (
                .init(process: #""user":{"uid":4294967296}"#),
                "process.user.uid: 4294967296 is not between 0 and 4294967295"
            ),
            (.init(process: #""user":{"gid":1.5}"#), "process.user.gid: 1.5 is not written as a whole number"),
            (.init(process: #""user":{"gid":1e3}"#), "process.user.gid: 1e3 is not written as a whole number"),
            (.init(process: #""user":"root""#), "process.user: a string where an object belongs"),
            (
                .init(process: #""user":{"additionalGids":[0,true]}"#),
                "process.user.additionalGids[1]: true or false where a number belongs"
            ),
            (.init(process: #""rlimits":[{"type":"RLIMIT_CORE","hard":1}]"#), "process.rlimits[0].soft: missing"),
            (
                .init(process: #""rlimits":[{"type":"RLIMIT_CORE","hard":18446744073709551616,"soft":1}]"#),
                "process.rlimits[0].hard: 18446744073709551616 is not between 0 and 18446744073709551615"
            ),
            (.init(process: #""scheduler":{}"#), "process.scheduler.policy: missing"),
            (.init(process: #""ioPriority":{"class":"IOPRIO_CLASS_BE"}"#), "process.ioPriority.priority: missing"),
            (.init(process: #""ioPriority":{"priority":1}"#), "process.ioPriority.class: missing"),
            (
                .init(linux: #""namespaces":[{"type":"pid"},{"type":"foo"}]"#),
                #"linux.namespaces[1].type: "foo" is not a kind of namespace"#
            ),
            (.init(linux: #""namespaces":[{}]"#), "linux.namespaces[0].type: missing"),
            (.init(linux: #""uidMappings":[{"containerID":0,"hostID":1}]"#), "linux.uidMappings[0].size: missing"),
            (.init(linux: #""gidMappings":[{"containerID":0,"size":1}]"#), "linux.gidMappings[0].hostID: missing"),
            (.init(linux: #""devices":[{"type":"c"}]"#), "linux.devices[0].path: missing"),
            (.init(linux: #""devices":[{"path":"/x"}]"#), "linux.devices[0].type: missing"),
            (.init(linux: #""personality":{}"#), "linux.personality.domain: missing"),
            (
                .init(linux: #""resources":{"blockIO":{"weight":70000}}"#),
                "linux.resources.blockIO.weight: 70000 is not between 0 and 65535"
            ),
            (
                .init(linux: #""resources":{"blockIO":{"throttleReadBpsDevice":[{"major":1,"minor":2}]}}"#),
                "linux.resources.blockIO.throttleReadBpsDevice[0].rate: missing"
            ),
            (
                .init(linux: #""resources":{"rdma":{"m x":[]}}"#),
                #"linux.resources.rdma["m x"]: a list where an object belongs"#
            ),
            (
                .init(linux: #""seccomp":{"syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG"}]}"#),
                "linux.seccomp.defaultAction: missing"
            ),
            (
                .init(linux: #""seccomp":{"defaultAction":"x","syscalls":[{"names":[],"action":"x"}]}"#),
                "linux.seccomp.syscalls[0].names: missing"
            ),
            (
                .init(
                    linux:
                        #""seccomp":{"defaultAction":"x","syscalls":[{"names":["a"],"args":[{"index":0,"value":1}]}]}"#),
                "linux.seccomp.syscalls[0].args[0].op: missing"
            ),
        ]
        for (document, line) in cases { #expect(document.refusal == line) }
    }

    @Test func whatIsNoJSONIsNamedByItsPlace() {
        let cases: [(String, String)] = [
            ("", "line 1, column 1: the document ends too early"),
            ("\u{feff}{}", "line 1, column 1: a value is missing"),
            ("null", "null where an object belongs"),
            ("[]", "a list where an object belongs"),
            ("{", "line 1, column 2, in the document: the document ends too early"),
            (
                "{\n  \"process\": {\n    \"args\": [\"a\" \"b\"]",
                "line 3, column 18, in process.args[0]: a ',' or a ']' is missing"
            ),
            ("{\"process\":{\"args\":[\"a\",]}}", "line 1, column 25, in process.args[1]: a value is missing"),
            ("{\"a\":1,}", "line 1, column 8, in a: the name of a member is missing"),
            ("{\"a\" 1}", "line 1, column 6, in a: a ':' is missing"),
            ("{'a':1}", "line 1, column 2, in the document: the name of a member is missing"),
            ("{\"a\":01}", "line 1, column 7, in a: a number that begins with 0"),
            ("{\"a\":-}", "line 1, column 7, in a: a '-' without a number"),
            ("{\"a\":1.}", "line 1, column 8, in a: a number without its digits"),
            ("{\"a\":1e+}", "line 1, column 9, in a: a number without its digits"),
            ("{\"a\":.5}", "line 1, column 6, in a: a value is missing"),
            ("{\"a\":NaN}", "line 1, column 6, in a: a value is missing"),
            ("{\"a\":nul}", "line 1, column 6, in a: a value is missing"),
            ("{\"a\":\"\\x\"}", "line 1, column 7, in a: an escape that JSON does not have"),
            ("{\"a\":\"\\u12g4\"}", "line 1, column 7, in a: a \\u without 4 digits"),
            ("{\"a\":\"\\ud800\"}", "line 1, column 7, in a: half a surrogate pair"),
            ("{\"a\":\"\\udc00\"}", "line 1, column 7, in a: half a surrogate pair"),
            ("{\"a\":\"\\ud800\\u0041\"}", "line 1, column 7, in a: half a surrogate pair"),
            ("{\"a\":\"x\ny\"}", "line 1, column 8, in a: a control character in a string"),
            ("{\"a\":\"x", "line 1, column 8, in a: the document ends too early"),
            ("{\"a\":/*c*/1}", "line 1, column 6, in a: a value is missing"),
        ]
        for (text, line) in cases { #expect(refusal(Array(text.utf8)) == line) }
        let whole = Document().text
        #expect(refusal(Array((whole + " \n").utf8)) == nil)
        #expect(refusal(Array((whole + "\n{}").utf8)) == "line 2, column 1: text after the end of the document")
        let deep = "{\"a\":" + String(repeating: "[", count: 100)
        #expect(refusal(Array(deep.utf8))?.hasSuffix("a document nested more than 64 deep") == true)
        #expect(
            refusal([UInt8](repeating: 0x20, count: 16 << 20 + 1)) == "16777217 bytes, which is more than 16 MiB")
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        let bad: [[UInt8]] = [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xe2, 0x82],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xe2, 0x28, 0xa1],
        ]
        for bytes in bad {
            let text = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
            #expect(refusal(text) == "line 1, column 7, in a: a byte that is not UTF-8")
        }
        for text in ["é", "€", "\u{d7ff}\u{e000}", "😀", "\u{10ffff}", "\u{7f}"] {
            #expect(refusal(Array(Document(top: "\"annotations\":{\"a\":\"\(text)\"}").text.utf8)) == nil)
        }
    }

    @Test func escapesAreTakenOut() throws {
        let spec = try Document(
            top: #""annotations":{"k\u00e9\t":"\"\\\/\b\f\n\r\t\u20ac\ud83d\ude00é"}"#
        ).spec()
        #expect(spec.annotations == ["ké\t": "\"\\/\u{8}\u{c}\n\r\t€😀é"])
    }

    @Test func wordsOfTheDocumentCannotSpoilTheError() {
        #expect(
            Document(linux: #""namespaces":[{"type":"a\u001b[2J\n\"\u202e\u0085"}]"#).refusal
                == #"linux.namespaces[0].type: "a\u{1b}[2J\n\"\u{202e}\u{85}" is not a kind of namespace"#)
        let long = String(repeating: "x", count: 5000)
        #expect(
            Document(linux: "\"namespaces\":[{\"type\":\"\(long)\"}]").refusal
                == "linux.namespaces[0].type: \"\(long.prefix(80))\"... is not a kind of namespace")
        #expect(
            Document(process: "\"user\":{\"uid\":\(String(repeating: "1", count: 500))}").refusal
                == "process.user.uid: \(String(repeating: "1", count: 40))... is not between 0 and 4294967295")
    }
}
