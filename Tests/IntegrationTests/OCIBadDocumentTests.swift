import ContainerSystem
import Glibc
import Testing

/// What a `config.json` that is not right comes to: one line that names the member, and nothing that was made.
@Suite struct OCIBadDocumentTests {
    private let group = "containerkit-bad-\(getpid())-\(UInt32.random(in: 0 ... .max))"

    /// A document that runs, but for what stands at the end of its parts: of members with the same name the last counts.
    private func document(_ top: String = "", process: String = "", linux: String = "", mounts: String = "") -> String {
        func rest(_ members: String) -> String { members.isEmpty ? "" : "," + members }
        return """
            {"ociVersion":"1.2.0","root":{"path":"rootfs"},"mounts":[{"destination":"/proc","type":"proc"}\(rest(mounts))],\
            "process":{"args":["echo","ran"],"cwd":"/","env":["PATH=/bin"]\(rest(process))},\
            "linux":{"cgroupsPath":"/\(group)","namespaces":[{"type":"pid"},{"type":"mount"},{"type":"uts"},{"type":"ipc"},{"type":"network"}]\
            \(rest(linux))}\(rest(top))}
            """
    }

    private struct Bundle {
        let box: Sandbox
        let group: String
        var folder: String { box.folder }
        var state: String { folder + "/oci" }

        func oci(_ arguments: String..., document: String) throws -> CommandResult {
            try Files.replace(folder + "/config.json", with: Array(document.utf8))
            return try box.inside([Sandbox.binFolder + "/ck", "oci", "--root", state] + arguments)
        }

        /// What a container could have left: its state, its shim, its control groups. One that got no plan is gone a moment later.
        func remains() throws -> [String] {
            var found: [String] = []
            for _ in 0..<1000 {
                found =
                    ((try? Files.list(state)) ?? []).filter { !$0.hasPrefix(".") }
                    + box.processes(named: "ck-shim").map { "shim \($0)" }
                    + HostCgroups.containers().filter { $0.hasSuffix(group) }
                if found.isEmpty { break }
                usleep(10_000)
            }
            return found
        }
    }

    private func withBundle(_ body: (Bundle) throws -> Void) throws {
        try Sandbox.with(image: false) { box in
            _ = try box.makeRootFolder("rootfs")
            try body(Bundle(box: box, group: group))
        }
    }

    @Test func theMemberIsNamedAndNothingIsMade() throws {
        let policy =
            #"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read","foo"],"action":"SCMP_ACT_ERRNO"}]}"#
        let ids = #"[{"containerID":0,"hostID":100000,"size":1000}]"#
        let cases: [(String, String)] = [
            (String(document().prefix(100)), "line 1, column 101, in mounts: the document ends too early"),
            ("", "line 1, column 1: the document ends too early"),
            (document(#""ociVersion":"2.0.0""#), #"ociVersion: "2.0.0" is not supported, only versions 1.x.y"#),
            (document(process: #""terminal":"yes""#), "process.terminal: a string where true or false belongs"),
            (
                document(process: #""capabilities":{"bounding":["CAP_CHOWN","CAP_FLY"]}"#),
                #"process.capabilities.bounding[1]: "CAP_FLY" is not a capability"#
            ),
            (
                document(linux: #""namespaces":[{"type":"mount"},{"type":"foo"}]"#),
                #"linux.namespaces[1].type: "foo" is not a kind of namespace"#
            ),
            (
                document(
                    process: #""user":{"uid":1000,"gid":0}"#,
                    linux: """
                        "namespaces":[{"type":"mount"},{"type":"pid"},{"type":"user"}],"uidMappings":\(ids),"gidMappings":\(ids)
                        """),
                "process.user.uid: 1000 is not in linux.uidMappings"
            ),
            (
                document(linux: "\"seccomp\":\(policy)"),
                #"linux.seccomp.syscalls[0].names[1]: "foo" is not a system call"#
            ),
            (
                document(linux: #""sysctl":{"vm.swappiness":"1"}"#),
                #"linux.sysctl["vm.swappiness"]: belongs to no namespace: it would change the host"#
            ),
        ]
        try withBundle { bundle in
            for (text, line) in cases {
                for command in [["create"], ["run"]] {
                    let result = try bundle.oci(command[0], "--bundle", bundle.folder, "bad", document: text)
                    #expect(result.status == 1 && result.output == "", "\(result)")
                    #expect(result.errors == "ck oci: config.json: \(line)\n", "\(result)")
                    #expect(try bundle.remains() == [], "\(line)")
                }
            }
            // The same document without a fault runs, so that it was the fault that was refused.
            let good = try bundle.oci("run", "--bundle", bundle.folder, "good", document: document())
            #expect(good.status == 0 && good.output == "ran\n", "\(good)")
            #expect(try bundle.remains() == [])
        }
    }

    @Test func whatTheHostLacksIsOneLineToo() throws {
        let cases: [(String, String)] = [
            (
                document(mounts: #"{"destination":"/data","source":"/no/such/folder","options":["rbind"]}"#),
                "/no/such/folder"
            ),
            (document(process: #""args":["no-such-program"]"#), "no-such-program"),
            (document(process: #""args":["/etc/passwd"]"#), "/etc/passwd"),
            (document(#""root":{"path":"no-such-root"}"#), "no-such-root"),
        ]
        try withBundle { bundle in
            for (text, word) in cases {
                let result = try bundle.oci("run", "--bundle", bundle.folder, "bad", document: text)
                #expect(result.status == 1 && result.output == "", "\(result)")
                let isOneLine = result.errors.split(separator: "\n").count == 1
                #expect(isOneLine && result.errors.contains(word), "\(result)")
                #expect(try bundle.remains() == [], "\(word)")
            }
        }
    }
}
