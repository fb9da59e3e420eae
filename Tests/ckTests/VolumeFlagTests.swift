import ContainerEngine
import ContainerSystem
import Glibc
import Testing

@testable import ck

/// `-v`, `--mount` and `--tmpfs`, in docker's grammar and words.
@Suite struct VolumeFlagTests {
    private func details(_ fill: (inout VolumeBind.Details) -> Void) -> VolumeBind.Details {
        var details = VolumeBind.Details()
        fill(&details)
        return details
    }

    /// What a command line with these flags is told.
    private func message(_ flags: String...) -> String {
        let outcome = ck(["run"] + flags + ["bb"])
        #expect(outcome.status == 125)
        return String(outcome.error.split(separator: "\n").first ?? "")
    }

    @Test func foldersOfTheHost() throws {
        #expect(try VolumeFlag.parse("/a:/b") == VolumeBind(source: "/a", target: "/b"))
        let cleaned = try VolumeFlag.parse("/a/../c//d/:/b/./e/:rw")
        #expect(cleaned.source == "/c/d" && cleaned.target == "/b/e" && !cleaned.readOnly)
        let folder = try #require(getcwd(nil, 0).map { String(cString: $0) })
        #expect(try VolumeFlag.parse("./x:/b").source == (folder == "/" ? "/x" : "\(folder)/x"))
        let all = try VolumeFlag.parse("/a:/b:ro,Z,rslave,delegated")
        #expect(all.readOnly && all.kind == nil)
        #expect(all.details?.propagation == "rslave" && all.details?.mode == "ro,Z,rslave,delegated")
    }

    @Test func volumesWithANameAndWithout() throws {
        #expect(try VolumeFlag.parse("/a") == VolumeBind(source: "", target: "/a", kind: .volume))
        #expect(try VolumeFlag.parse("name:/b") == VolumeBind(source: "name", target: "/b", kind: .volume))
        let noCopy = try VolumeFlag.parse("name:/b:nocopy")
        #expect(noCopy.kind == .volume && noCopy.details?.noCopy == true)
    }

    static let badVolumes: [(String, String)] = [
        ("", "ck: invalid empty volume spec"),
        (":/x", "ck: invalid spec: :/x: empty section between colons"),
        ("/a:/b:", "ck: invalid spec: /a:/b:: empty section between colons"),
        ("a:b:c:d", "ck: invalid volume specification: 'a:b:c:d'"),
        (
            "/x:/",
            "ck: invalid volume specification: '/x:/': invalid mount config for type \"bind\": "
                + "invalid specification: destination can't be '/'"
        ),
        (
            "x:rel",
            "ck: invalid volume specification: 'x:rel': invalid mount config for type \"volume\": "
                + "invalid mount path: 'rel' mount path must be absolute"
        ),
        (
            "/a:/..",
            "ck: invalid volume specification: '/a:/..': invalid mount config for type \"bind\": "
                + "invalid specification: destination can't be '/'"
        ),
        ("x:/y:zz", "ck: invalid mode: zz"), ("x:/y:ro,rw", "ck: invalid mode: ro,rw"),
        ("/x:/y:z,Z", "ck: invalid mode: z,Z"), ("/x:/y:shared,slave", "ck: invalid mode: shared,slave"),
        (
            "x:/y:shared",
            "ck: invalid volume specification: 'x:/y:shared': invalid mount config for type \"volume\": "
                + "field BindOptions must not be specified"
        ),
        (
            "/x:/y:nocopy",
            "ck: invalid volume specification: '/x:/y:nocopy': invalid mount config for type \"bind\": "
                + "field VolumeOptions must not be specified"
        ),
    ]

    @Test(arguments: badVolumes) func aBadVolumeIsToldInDockersWords(_ text: String, _ wanted: String) {
        #expect(message("-v", text) == wanted)
    }

    @Test func oneTargetOneVolume() {
        #expect(message("-v", "/a:/b", "--tmpfs", "/b/") == "ck: Duplicate mount point: /b")
        #expect(message("-v", "/b", "--mount", "type=tmpfs,dst=/b") == "ck: Duplicate mount point: /b")
    }

    // MARK: - --mount

    @Test func theLongForm() throws {
        #expect(
            try MountFlag.parse("type=bind,source=/a,target=/b,readonly,bind-propagation=rshared")
                == VolumeBind(
                    source: "/a", target: "/b", readOnly: true,
                    details: details {
                        $0.propagation = "rshared"
                        $0.sourceMustExist = true
                    }))
        #expect(try MountFlag.parse("dst=/b") == VolumeBind(source: "", target: "/b", kind: .volume))
        let volume = try MountFlag.parse(
            "src=data,destination=/b,volume-nocopy,volume-label=a=b,\"volume-label=c\",volume-opt=o=x,volume-driver=local"
        )
        #expect(volume.source == "data" && volume.kind == .volume)
        #expect(
            volume.details
                == details {
                    $0.noCopy = true
                    $0.labels = ["a": "b", "c": ""]
                    $0.driverOptions = ["o": "x"]
                })
        let tmpfs = try MountFlag.parse("type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770")
        #expect(tmpfs.kind == .tmpfs && tmpfs.details?.tmpfsOptions == ["size=1048576", "mode=1770"])
        #expect(try MountFlag.parse("type=bind,src=/a,dst=/b,ro=false").readOnly == false)
        #expect(
            try MountFlag.parse("type=bind,src=/a,dst=/b,bind-recursive=disabled").details?.isNotRecursive == true)
        #expect(try MountFlag.parse("type=bind,\"src=/a,b\",dst=/b").source == "/a,b", "a comma in quotes")
    }

    static let badMounts: [(String, String)] = [
        ("", "EOF"), ("foo", "invalid field 'foo' must be a key=value pair"), ("type=bind", "target is required"),
        ("target=/x,source=a,foo=bar", "unexpected key 'foo' in 'foo=bar'"),
        ("type=bind,source=/a,target=/b,volume-nocopy", "cannot mix 'volume-*' options with mount type 'bind'"),
        ("type=volume,bind-propagation=shared,target=/b", "cannot mix 'bind-*' options with mount type 'volume'"),
        ("type=tmpfs,tmpfs-size=x,target=/a", "invalid value for tmpfs-size: x"),
        ("type=tmpfs,tmpfs-mode=9,target=/a", "invalid value for tmpfs-mode: 9"),
        ("type=bind,src=/a,dst=/b,readonly=maybe", "invalid value for readonly: maybe"),
        (
            "type=bind,src=/a,dst=/b,bind-recursive=readonly",
            "option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction"
        ),
    ]

    @Test(arguments: badMounts) func aBadMountIsToldInDockersWords(_ text: String, _ reason: String) {
        #expect(message("--mount", text) == "invalid argument \(Quoting.go(text)) for \"--mount\" flag: \(reason)")
    }

    static let refusedMounts: [(String, String)] = [
        ("type=foo,target=/x", "\"foo\": mount type unknown"),
        ("type=tmpfs,src=/a,target=/b", "\"tmpfs\": field Source must not be specified"),
        ("type=bind,dst=/b", "\"bind\": field Source must not be empty"),
        ("type=bind,src=rel,dst=/b", "\"bind\": invalid mount path: 'rel' mount path must be absolute"),
        ("type=bind,src=/tmp,dst=/", "\"bind\": invalid specification: destination can't be '/'"),
        ("type=bind,src=/tmp,dst=/b,bind-propagation=foo", "\"bind\": invalid propagation mode: foo"),
    ]

    @Test(arguments: refusedMounts) func whatDockersDaemonRefuses(_ text: String, _ reason: String) {
        #expect(message("--mount", text) == "ck: invalid mount config for type \(reason)")
    }

    // MARK: - --tmpfs and the rest

    @Test func filesInMemory() throws {
        #expect(try Tmpfs.parse("/t") == VolumeBind(source: "", target: "/t", kind: .tmpfs))
        let full = try Tmpfs.parse("/t:size=1m,ro,exec,mode=700")
        #expect(full.readOnly && full.details?.tmpfsOptions == ["size=1m", "ro", "exec", "mode=700"])
        #expect(message("--tmpfs", "rel") == "ck: invalid mount path: 'rel' mount path must be absolute")
        #expect(message("--tmpfs", "/a:foo") == "ck: invalid tmpfs option [\"foo\"]")
    }

    @Test func driversAndOtherContainers() {
        let plugin = "ck: error looking up volume plugin foo: plugin \"foo\" not found"
        #expect(message("--volume-driver", "foo", "-v", "x:/y") == plugin)
        #expect(message("--mount", "dst=/b,volume-driver=foo") == plugin)
        #expect(message("--volumes-from", "") == "ck: volumes-from specification cannot be an empty string")
        #expect(message("--volumes-from", "a:foo") == "ck: invalid mode: foo")
    }
}
