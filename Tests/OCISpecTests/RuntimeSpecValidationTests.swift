import Testing

@testable import OCISpec

/// What is refused for what it says, with the whole error line; and beside it what is close and right.
@Suite struct RuntimeSpecValidationTests {
    private func expect(_ cases: [(Document, String?)]) {
        for (document, line) in cases { #expect(document.refusal == line) }
    }

    @Test func versions() {
        for good in ["1.0.0", "1.0.2-dev", "1.2.0", "1.0.0-rc1", "1.0.0-rc.5+build.7", "1.3.0+dev", "1.99.0"] {
            #expect(Document(top: "\"ociVersion\":\"\(good)\"").refusal == nil)
        }
        for bad in ["1.0", "1", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0+", "1.0.0-a..b", "1.0.x", "1.0.0 "] {
            #expect(
                Document(top: "\"ociVersion\":\"\(bad)\"").refusal
                    == "ociVersion: \"\(bad)\" is not a version such as 1.2.0")
        }
        for other in ["0.1.0", "2.0.0", "0.0.0"] {
            #expect(
                Document(top: "\"ociVersion\":\"\(other)\"").refusal
                    == "ociVersion: \"\(other)\" is not supported, only versions 1.x.y")
        }
    }

    @Test func theProcess() {
        expect([
            (.init(process: #""args":[""]"#), "process.args[0]: the name of the program is empty"),
            (.init(process: #""args":["sh",""]"#), nil),
            (.init(process: #""args":["sh","a\u0000b"]"#), "process.args[1]: a NUL byte in it"),
            (.init(process: #""env":["A=b","C=\u0000"]"#), "process.env[1]: a NUL byte in it"),
            // As runc: a word without `=` is passed on.
            (.init(process: #""env":["A","=b",""]"#), nil),
            (.init(process: #""cwd":"tmp""#), #"process.cwd: "tmp" is not an absolute path"#),
            (.init(process: #""cwd":"/\u0000""#), "process.cwd: a NUL byte in it"),
            (
                .init(process: #""user":{"uid":4294967295}"#),
                "process.user.uid: 4294967295 is the one number that is no id"
            ),
            (
                .init(process: #""user":{"gid":4294967295}"#),
                "process.user.gid: 4294967295 is the one number that is no id"
            ),
            (
                .init(process: #""user":{"additionalGids":[1,4294967295]}"#),
                "process.user.additionalGids[1]: 4294967295 is the one number that is no id"
            ),
            (.init(process: #""user":{"umask":511}"#), nil),
            (
                .init(process: #""user":{"umask":512}"#),
                "process.user.umask: 512 has more bits than the nine of a mode (decimal, 511 at most)"
            ),
            (
                .init(
                    process:
                        "\"user\":{\"additionalGids\":[\([String](repeating: "1", count: 65537).joined(separator: ","))]}"
                ),
                "process.user.additionalGids: 65537 groups, which is more than 65536"
            ),
            (.init(process: #""oomScoreAdj":-1000"#), nil),
            (.init(process: #""oomScoreAdj":1001"#), "process.oomScoreAdj: 1001 is not between -1000 and 1000"),
            (.init(process: #""oomScoreAdj":-1001"#), "process.oomScoreAdj: -1001 is not between -1000 and 1000"),
            (.init(process: #""apparmorProfile":"a\u0000""#), "process.apparmorProfile: a NUL byte in it"),
            (.init(process: #""apparmorProfile":"a\nb""#), "process.apparmorProfile: more than one line"),
            (.init(process: #""selinuxLabel":"a\nb""#), "process.selinuxLabel: more than one line"),
        ])
    }

    @Test func capabilities() {
        expect([
            (.init(process: #""capabilities":{"bounding":["CAP_CHOWN","CAP_CHECKPOINT_RESTORE"],"ambient":[]}"#), nil),
            (
                .init(process: #""capabilities":{"bounding":["CAP_CHOWN","CAP_FLY"]}"#),
                #"process.capabilities.bounding[1]: "CAP_FLY" is not a capability"#
            ),
            (
                .init(process: #""capabilities":{"effective":["CHOWN"]}"#),
                #"process.capabilities.effective[0]: "CHOWN" is not a capability"#
            ),
            (
                .init(process: #""capabilities":{"inheritable":["cap_chown"]}"#),
                #"process.capabilities.inheritable[0]: "cap_chown" is not a capability"#
            ),
            (
                .init(process: #""capabilities":{"permitted":["ALL"]}"#),
                #"process.capabilities.permitted[0]: "ALL" is not a capability"#
            ),
            (
                .init(process: #""capabilities":{"ambient":[""]}"#),
                #"process.capabilities.ambient[0]: "" is not a capability"#
            ),
        ])
    }

    @Test func resourceLimits() {
        func limit(_ type: String, _ soft: Int, _ hard: Int) -> String {
            "{\"type\":\"\(type)\",\"soft\":\(soft),\"hard\":\(hard)}"
        }
        for type in RuntimeSpec.Process.ResourceLimit.types {
            #expect(Document(process: "\"rlimits\":[\(limit(type, 1, 1))]").refusal == nil)
        }
        expect([
            (
                .init(process: "\"rlimits\":[\(limit("RLIMIT_FUN", 1, 1))]"),
                #"process.rlimits[0].type: "RLIMIT_FUN" is not a resource limit"#
            ),
            (
                .init(process: "\"rlimits\":[\(limit("RLIMIT_CPU", 1, 1)),\(limit("RLIMIT_CPU", 1, 1))]"),
                "process.rlimits[1].type: RLIMIT_CPU stands at process.rlimits[0] already"
            ),
            (
                .init(process: "\"rlimits\":[\(limit("RLIMIT_CPU", 2, 1))]"),
                "process.rlimits[0].soft: 2 is more than the hard limit, 1"
            ),
        ])
    }

    @Test func schedulers() {
        func scheduler(_ members: String) -> Document { .init(process: "\"scheduler\":{\(members)}") }
        expect([
            (scheduler(#""policy":"SCHED_OTHER","nice":19,"flags":["SCHED_FLAG_RESET_ON_FORK"]"#), nil),
            (scheduler(#""policy":"SCHED_FIFO","priority":99"#), nil),
            (scheduler(#""policy":"SCHED_DEADLINE","runtime":1024,"deadline":2000,"period":2000"#), nil),
            (scheduler(#""policy":"SCHED_FUN""#), #"process.scheduler.policy: "SCHED_FUN" is not a scheduling policy"#),
            (
                scheduler(#""policy":"SCHED_ISO""#),
                "process.scheduler.policy: Linux has no SCHED_ISO, the name is only reserved"
            ),
            (scheduler(#""policy":"SCHED_OTHER","nice":20"#), "process.scheduler.nice: 20 is not between -20 and 19"),
            (
                scheduler(#""policy":"SCHED_BATCH","priority":1"#),
                "process.scheduler.priority: only SCHED_FIFO and SCHED_RR have priorities, not SCHED_BATCH"
            ),
            (scheduler(#""policy":"SCHED_RR""#), "process.scheduler.priority: 0 is not between 1 and 99"),
            (
                scheduler(#""policy":"SCHED_RR","priority":100"#),
                "process.scheduler.priority: 100 is not between 1 and 99"
            ),
            (
                scheduler(#""policy":"SCHED_IDLE","flags":["SCHED_FLAG_FUN"]"#),
                #"process.scheduler.flags[0]: "SCHED_FLAG_FUN" is not a flag of the scheduler"#
            ),
            (
                scheduler(#""policy":"SCHED_OTHER","deadline":1"#),
                "process.scheduler.deadline: only SCHED_DEADLINE has it, not SCHED_OTHER"
            ),
            (
                scheduler(#""policy":"SCHED_DEADLINE","runtime":1023,"deadline":2000"#),
                "process.scheduler.runtime: 1023 is less than 1024 nanoseconds"
            ),
            (
                scheduler(#""policy":"SCHED_DEADLINE","runtime":2001,"deadline":2000"#),
                "process.scheduler.deadline: 2000 is less than the runtime, 2001"
            ),
            (
                scheduler(#""policy":"SCHED_DEADLINE","runtime":1500,"deadline":2000,"period":1999"#),
                "process.scheduler.period: 1999 is less than the deadline, 2000"
            ),
            (
                scheduler(#""policy":"SCHED_DEADLINE","runtime":1500,"deadline":18446744073709551615"#),
                "process.scheduler.deadline: 18446744073709551615 does not fit into 63 bits"
            ),
        ])
    }

    @Test func prioritiesAndAffinity() {
        expect([
            (.init(process: #""ioPriority":{"class":"IOPRIO_CLASS_IDLE","priority":7}"#), nil),
            (
                .init(process: #""ioPriority":{"class":"IOPRIO_CLASS_NONE","priority":0}"#),
                #"process.ioPriority.class: "IOPRIO_CLASS_NONE" is not a class of I/O priority"#
            ),
            (
                .init(process: #""ioPriority":{"class":"IOPRIO_CLASS_RT","priority":8}"#),
                "process.ioPriority.priority: 8 is not between 0 and 7"
            ),
            (
                .init(process: #""ioPriority":{"class":"IOPRIO_CLASS_RT","priority":-1}"#),
                "process.ioPriority.priority: -1 is not between 0 and 7"
            ),
            (.init(process: #""execCPUAffinity":{"initial":"0-3,7","final":""}"#), nil),
        ])
        for bad in ["a", "3-1", "1-", "-1", ",", "1,", "1,,2", "0-3-5", "99999", "1 2"] {
            #expect(
                Document(process: "\"execCPUAffinity\":{\"final\":\"\(bad)\"}").refusal
                    == "process.execCPUAffinity.final: \"\(bad)\" is not a list such as 0-3,7")
        }
    }

    @Test func names() {
        let long = String(repeating: "x", count: 65)
        let without = #""namespaces":[{"type":"mount"}]"#
        expect([
            (.init(top: "\"hostname\":\"\(long.dropLast())\""), nil),
            (.init(top: "\"hostname\":\"\(long)\""), "hostname: 65 bytes long, which is more than 64"),
            (.init(top: "\"domainname\":\"\(long)\""), "domainname: 65 bytes long, which is more than 64"),
            (.init(top: #""hostname":"a\u0000""#), "hostname: a NUL byte in it"),
            (
                .init(top: #""hostname":"a""#, linux: without),
                "hostname: needs a uts namespace, and linux.namespaces has none: it would name the host"
            ),
            (
                .init(top: #""domainname":"a""#, linux: without),
                "domainname: needs a uts namespace, and linux.namespaces has none: it would name the host"
            ),
            (.init(top: #""hostname":"a""#, linux: #""namespaces":[{"type":"uts","path":"/proc/1/ns/uts"}]"#), nil),
            (.init(top: #""root":{"path":"a\u0000"}"#), "root.path: a NUL byte in it"),
            (.init(top: #""annotations":{"":"x"}"#), "annotations: a member without a name"),
        ])
    }

    @Test func mounts() {
        func mount(_ members: String, linux: String = "") -> Document {
            .init(top: "\"mounts\":[{\"destination\":\"/ok\",\"type\":\"tmpfs\"},{\(members)}]", linux: linux)
        }
        let ids = #"[{"containerID":0,"hostID":1,"size":1}]"#
        let user = "\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":\(ids),\"gidMappings\":\(ids)"
        expect([
            (mount(#""destination":"relative/path","type":"proc""#), nil),
            (mount(#""destination":"/x","source":"s","options":["rbind"]"#), nil),
            (mount(#""destination":"/x","options":["rshared"]"#), nil),
            (mount(#""destination":"/x","options":["remount","ro"]"#), nil),
            (mount(#""destination":"/x","type":"bind","source":"/s","options":["rbind","idmap"]"#, linux: user), nil),
            (mount(#""destination":"/x\u0000","type":"proc""#), "mounts[1].destination: a NUL byte in it"),
            (mount(#""destination":"/x","type":"\u0000""#), "mounts[1].type: a NUL byte in it"),
            (mount(#""destination":"/x","type":"t","source":"\u0000""#), "mounts[1].source: a NUL byte in it"),
            (
                mount(#""destination":"/x","type":"t","options":["a","b\u0000"]"#),
                "mounts[1].options[1]: a NUL byte in it"
            ),
            (mount(#""destination":"/x""#), "mounts[1].type: missing, and none of the options is bind or rbind"),
            (mount(#""destination":"/x","options":["bind"]"#), "mounts[1].source: missing"),
            (mount(#""destination":"/x","type":"bind""#), "mounts[1].source: missing"),
            (
                mount("\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"s\",\"uidMappings\":\(ids)"),
                "mounts[1].gidMappings: missing, and there are uidMappings"
            ),
            (
                mount("\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"s\",\"gidMappings\":\(ids)"),
                "mounts[1].uidMappings: missing, and there are gidMappings"
            ),
            (
                mount(#""destination":"/x","type":"bind","source":"s","options":["ro","ridmap"]"#),
                "mounts[1].options[1]: needs uidMappings and gidMappings, or a user namespace to take them from"
            ),
            (
                mount(#""destination":"/x","type":"tmpfs","options":["idmap"]"#, linux: user),
                "mounts[1].options[0]: only bind mounts have ids mapped"
            ),
            (
                mount("\"destination\":\"/x\",\"type\":\"tmpfs\",\"uidMappings\":\(ids),\"gidMappings\":\(ids)"),
                "mounts[1].uidMappings: only bind mounts have ids mapped"
            ),
            (
                mount(
                    "\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"s\",\"uidMappings\":\(ids),\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":0}]"
                ),
                "mounts[1].gidMappings[0].size: 0 ids"
            ),
        ])
        for root in ["/", "//", ".", "/.", "/a/..", "..", "/a/b/../../.."] {
            #expect(
                mount("\"destination\":\"\(root)\",\"type\":\"proc\"").refusal
                    == "mounts[1].destination: \"\(root)\" is the root of the container itself")
        }
    }

    @Test func hooks() {
        for kind in ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] {
            func hook(_ members: String) -> Document {
                .init(top: "\"hooks\":{\"\(kind)\":[{\"path\":\"/ok\",\"timeout\":1},{\(members)}]}")
            }
            expect([
                (hook(#""path":"/x","args":[],"env":[]"#), nil),
                (hook(#""path":"x""#), "hooks.\(kind)[1].path: \"x\" is not an absolute path"),
                (hook(#""path":"/x","args":["\u0000"]"#), "hooks.\(kind)[1].args[0]: a NUL byte in it"),
                (hook(#""path":"/x","env":["\u0000"]"#), "hooks.\(kind)[1].env[0]: a NUL byte in it"),
                (
                    hook(#""path":"/x","timeout":0"#),
                    "hooks.\(kind)[1].timeout: 0 is not a number of seconds greater than 0"
                ),
                (
                    hook(#""path":"/x","timeout":-5"#),
                    "hooks.\(kind)[1].timeout: -5 is not a number of seconds greater than 0"
                ),
            ])
        }
    }

    @Test func policiesOfSystemCalls() {
        func seccomp(_ members: String) -> Document {
            .init(linux: "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"\(members)}")
        }
        func rule(_ members: String) -> Document { seccomp(",\"syscalls\":[{\"names\":[\"read\"],\(members)}]") }
        expect([
            (rule(#""action":"SCMP_ACT_TRACE","errnoRet":65535"#), nil),
            (
                seccomp(#","defaultAction":"SCMP_ACT_FLY""#),
                #"linux.seccomp.defaultAction: "SCMP_ACT_FLY" is not an action of seccomp"#
            ),
            (
                seccomp(#","defaultAction":"SCMP_ACT_KILL","defaultErrnoRet":1"#),
                "linux.seccomp.defaultErrnoRet: SCMP_ACT_KILL has no error number"
            ),
            (
                seccomp(#","defaultAction":"SCMP_ACT_NOTIFY""#),
                "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY would stop the container before its program starts"
            ),
            (rule(#""action":"x""#), #"linux.seccomp.syscalls[0].action: "x" is not an action of seccomp"#),
            (
                rule(#""action":"SCMP_ACT_ALLOW","errnoRet":1"#),
                "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_ALLOW has no error number"
            ),
            (
                rule(#""action":"SCMP_ACT_ERRNO","errnoRet":4096"#),
                "linux.seccomp.syscalls[0].errnoRet: 4096 is not between 0 and 4095"
            ),
            (
                rule(#""action":"SCMP_ACT_ALLOW","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]"#),
                "linux.seccomp.syscalls[0].args[0].index: 6: a system call has the arguments 0 to 5"
            ),
            (
                rule(#""action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"=="}]"#),
                #"linux.seccomp.syscalls[0].args[0].op: "==" is not an operator of seccomp"#
            ),
            (
                rule(#""action":"SCMP_ACT_NOTIFY""#),
                "linux.seccomp.listenerPath: missing, and a rule has the action SCMP_ACT_NOTIFY"
            ),
            (seccomp(#","listenerMetadata":"x""#), "linux.seccomp.listenerMetadata: needs a listenerPath"),
            (seccomp(#","listenerPath":"x""#), #"linux.seccomp.listenerPath: "x" is not an absolute path"#),
            (
                seccomp(",\"listenerPath\":\"/\(String(repeating: "x", count: 107))\""),
                "linux.seccomp.listenerPath: 108 bytes, and a socket's path has 107 at most"
            ),
        ])
    }
}
