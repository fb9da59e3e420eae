import ContainerSystem
import Glibc
import Testing

/// What a container does while its files are copied, and what is in archives that are copied into it. Rows 20 to 23 of the
/// threats.
@Suite struct CopyThreatTests {
    /// Runs a container that exchanges two names as fast as it can, while `body` has its turn.
    private func racing(
        _ box: Sandbox, _ first: String, _ second: String, _ options: [String] = [], setUp: String,
        _ body: () throws -> Void
    ) throws {
        try Files.makeDirectory(box.folder + "/tool")
        try Files.replace(box.folder + "/tool/attacker", with: Attacker.program(), mode: 0o755)
        let run = try box.ck(
            ["run", "-d", "--name", "attacker", "--network", "none", "-v", "\(box.folder)/tool:/tool"] + options + [
                "bb", "sh", "-c", "\(setUp) && touch /ready && exec /tool/attacker swap \(first) \(second) 600",
            ])
        try #require(run.status == 0, "\(run)")
        try box.awaitFile("/ready", in: "attacker")
        try body()
        #expect(try box.ck(["exec", "attacker", "true"]).status == 0, "the attack ended early")
    }

    /// Everything below a folder that holds the canary's words.
    private func leaks(_ box: Sandbox, _ folder: String) throws -> String {
        try box.inside(["grep", "-r", "-l", "a canary", folder]).output
    }

    private func links(_ box: Sandbox, to canary: Canary) -> [String] {
        [canary.folder, String(repeating: "../", count: 20) + canary.folder.dropFirst()]
    }

    // MARK: - Row 20

    @Test(arguments: ["absolute", "relative"])
    func row20AFolderThatBecomesALinkLeadsNowhere(kind: String) throws {
        try Sandbox.with { box in
            let canary = try Canary(box)
            let link = links(box, to: canary)[kind == "absolute" ? 0 : 1]
            let (host, out) = (box.folder + "/host", box.folder + "/out")
            for folder in [host + "/tree/sub", out] { try Files.makeDirectory(folder) }
            for name in ["file", "sub/file", "new"] {
                try Files.replace("\(host)/tree/\(name)", with: Array("in\n".utf8))
            }
            let setUp = "mkdir -p /d/real/sub && echo own > /d/real/file && ln -s \(link) /d/link"
            try racing(box, "/d/real", "/d/link", setUp: setUp) {
                var (done, refused) = (0, 0)
                try repeatedly(6) { turn in
                    let target = [
                        "attacker:/d/real", "attacker:/d/real/", "attacker:/d/real/sub", "attacker:/d/real/new",
                    ][turn % 4]
                    let source = ["\(host)/tree/.", "\(host)/tree", "\(host)/tree/file"][turn % 3]
                    for words in [
                        [source, target], ["-L", "attacker:/d/real", "\(out)/a\(turn)"],
                        ["attacker:/d/real/file", "\(out)/b\(turn)"], ["attacker:/d", "\(out)/c\(turn)"],
                    ] {
                        let result = try box.ck(["cp"] + words)
                        if result.status == 0 { done += 1 } else { refused += 1 }
                        #expect(result.status <= 1 && result.errors.split(separator: "\n").count <= 1, "\(result)")
                    }
                    #expect(canary.isUntouched)
                }
                #expect(done > 0, "\(refused) refused")
                #expect(try leaks(box, out) == "")
                let tar = try box.inside(
                    [
                        "sh", "-c",
                        "for i in 1 2 3 4 5 6 7 8; do \"$@\" cp attacker:/d - ; done | grep -c -a 'a canary'", "sh",
                    ]
                        + box.ckProgram)
                #expect(tar.output == "0\n", "\(tar)")
            }
            #expect(canary.isUntouched)
        }
    }

    /// A file of the host's folder is exchanged for a link while it is copied out to, and copied in from.
    @Test func row20AFileThatBecomesALinkIsNotFollowed() throws {
        try Sandbox.with { box in
            let canary = try Canary(box)
            let shared = box.folder + "/shared"
            try Files.makeDirectory(shared + "/d")
            try Files.replace(shared + "/d/file", with: Array("own\n".utf8))
            symlink(canary.folder + "/file", shared + "/d/link")
            try racing(
                box, "/shared/d/file", "/shared/d/link", ["-v", "\(shared):/shared"], setUp: "echo x > /shared/x"
            ) {
                try repeatedly(4) { turn in
                    // Whoever names the file himself follows what is there; a folder's files are not followed.
                    for words in [
                        ["attacker:/shared/d/.", box.folder + "/out\(turn)"], [shared + "/d/.", "attacker:/in\(turn)"],
                        [shared + "/x", "attacker:/shared/d/file"], ["attacker:/shared/d", shared + "/copy"],
                    ] {
                        let result = try box.ck(["cp"] + words)
                        #expect(result.status <= 1 && result.errors.split(separator: "\n").count <= 1, "\(result)")
                    }
                    #expect(canary.isUntouched)
                }
                #expect(
                    try leaks(box, shared) == ""
                        && box.ck(["exec", "attacker", "sh", "-c", "grep -r canary /in*"]).output == "")
                let out = try box.inside(["sh", "-c", "grep -l -r 'a canary' \(box.folder)/out*"])
                #expect(out.output == "", "\(out)")
            }
        }
    }

    // MARK: - Row 21

    /// Programs and libraries that the container has in the place of those that unpack, compress and look up users.
    @Test func row21NothingOfTheContainerIsRunOrLoaded() throws {
        try Sandbox.with { box in
            let canary = try Canary(box)
            let trojan = "#!/bin/sh\necho run >> \(canary.folder)/file; echo run >> /trojan; touch /trojan-run\n"
            let path = box.folder + "/bb"
            for folder in ["usr/bin", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "lib64", "sbin", "etc"] {
                try Files.makeDirectory("\(path)/\(folder)")
            }
            for name in ["xz", "unxz", "unpigz", "pigz", "gzip", "zstd", "bzip2", "tar", "getent", "nsenter"] {
                unlink("\(path)/bin/\(name)")
                for folder in ["bin", "usr/bin", "sbin"] {
                    try Files.replace("\(path)/\(folder)/\(name)", with: Array(trojan.utf8), mode: 0o755)
                }
            }
            // A library whose loading would be seen: not even its header is right.
            for name in [
                "libnss_files.so.2", "libnss_compat.so.2", "liblzma.so.5", "libc.so.6", "libarchive.so.13",
                "libzstd.so.1",
            ] {
                for folder in ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64"] {
                    try Files.replace("\(path)/\(folder)/\(name)", with: Array("not a library".utf8), mode: 0o755)
                }
            }
            try Files.replace(path + "/etc/ld.so.preload", with: Array("/lib64/libc.so.6\n".utf8))
            #expect(try box.ck(["init", path, "trojan"]).status == 0)
            let run = try box.ck(["run", "-d", "--name", "up", "--network", "none", "trojan", "sleep", "1000"])
            #expect(run.status == 0, "\(run)")
            #expect(try box.ck(["run", "--name", "down", "--network", "none", "trojan", "true"]).status == 0)
            let ck = box.ckProgram.joined(separator: " ")
            for name in ["up", "down"] {
                for flag in ["-J", "-z", "--zstd", "-j", ""] {
                    let script =
                        "cd \(box.folder); mkdir -p pack; echo \(flag)1 > pack/f; tar -c \(flag) pack | \(ck) cp - \(name):/tmp"
                        + " && \(ck) cp \(name):/tmp/pack - | tar -x -O pack/f"
                    let result = try box.inside(["sh", "-c", script])
                    #expect(result.status == 0 && result.output == flag + "1\n", "\(name) \(flag): \(result)")
                }
                #expect(try box.ck(["cp", "-a", "\(name):/usr", "\(box.folder)/usr-\(name)"]).status == 0)
                #expect(try !box.ck(["diff", name]).output.contains("trojan"))
            }
            #expect(canary.isUntouched && access("/trojan", F_OK) != 0)
        }
    }

    // MARK: - Row 22

    /// The folder that a volume is mounted on is exchanged for a link to the host, by another container, while `cp` mounts.
    @Test func row22MountsOfACopyLandInTheContainer() throws {
        try Sandbox.with { box in
            let canary = try Canary(box)
            let (shared, own) = (box.folder + "/shared", box.folder + "/own")
            for folder in [shared + "/a", own] { try Files.makeDirectory(folder) }
            try Files.replace(box.folder + "/file", with: Array("x\n".utf8))
            symlink(String(repeating: "../", count: 20) + canary.folder.dropFirst(), shared + "/b")
            let made = try box.ck([
                "run", "--name", "down", "--network", "none", "-v", "\(shared):/shared", "-v", "\(own):/shared/a/inner",
                "bb", "true",
            ])
            #expect(made.status == 0, "\(made)")
            let before = box.mounts
            try racing(box, "/shared/a", "/shared/b", ["-v", "\(shared):/shared"], setUp: "true") {
                var done = 0
                try repeatedly(6) { turn in
                    for words in [
                        [box.folder + "/file", "down:/shared/a/inner/new\(turn)"],
                        ["down:/shared", "\(box.folder)/out\(turn)"], ["down:/etc/passwd", "\(box.folder)/passwd"],
                    ] {
                        let result = try box.ck(["cp"] + words)
                        if result.status == 0 { done += 1 }
                        #expect(result.status <= 1 && result.errors.split(separator: "\n").count <= 1, "\(result)")
                    }
                    #expect(canary.isUntouched)
                }
                #expect(done > 0)
            }
            #expect(box.mounts == before)
            let out = try box.inside(["sh", "-c", "grep -l -r 'a canary' \(box.folder)/out*"])
            #expect(out.output == "", "\(out)")
        }
    }

    /// Links that are the container's own lead where they lead in it, absolute ones too.
    @Test func row22LinksWithinTheContainerWork() throws {
        try Sandbox.with { box in
            let setUp = "mkdir /run /var; ln -s /run /var/run; echo own > /run/x"
            let made = try box.ck(["run", "--name", "down", "--network", "none", "bb", "sh", "-c", setUp])
            #expect(made.status == 0, "\(made)")
            let run = try box.ck(
                ["run", "-d", "--name", "up", "--network", "none", "bb", "sh", "-c", setUp + "; exec sleep 1000"])
            #expect(run.status == 0, "\(run)")
            try box.awaitFile("/run/x", in: "up")
            for name in ["up", "down"] {
                #expect(try box.ck(["cp", "\(name):/var/run/x", "\(box.folder)/\(name)"]).status == 0)
                #expect(try Files.readText("\(box.folder)/\(name)") == "own\n")
                #expect(try box.ck(["cp", "\(box.folder)/\(name)", "\(name):/var/run/y"]).status == 0)
                #expect(try box.ck(["cp", "\(name):/run/y", "\(box.folder)/back"]).status == 0)
                #expect(try box.ck(["cp", "\(name):/var/run/", "\(box.folder)/run-\(name)"]).status == 0)
                #expect(try Files.list("\(box.folder)/run-\(name)").sorted() == ["x", "y"])
            }
        }
    }

    // MARK: - Row 23

    @Test func row23LinksInVolumesAreTheContainersOwn() throws {
        try Sandbox.with { box in
            let canary = try Canary(box)
            let volume = box.folder + "/volume"
            try Files.makeDirectory(volume)
            symlink(canary.folder, volume + "/folder")
            symlink(canary.folder + "/file", volume + "/file")
            symlink(String(repeating: "../", count: 20) + canary.folder.dropFirst() + "/file", volume + "/up")
            try Files.replace(box.folder + "/new", with: Array("new\n".utf8))
            let options = ["--network", "none", "-v", volume + ":/v", "bb"]
            #expect(try box.ck(["run", "--name", "down"] + options + ["true"]).status == 0)
            #expect(try box.ck(["run", "-d", "--name", "up"] + options + ["sleep", "1000"]).status == 0)
            for name in ["up", "down"] {
                let out = box.folder + "/out-" + name
                try Files.makeDirectory(out)
                for path in ["folder", "file", "up", "folder/file", "folder/."] {
                    let followed = try box.ck(["cp", "-L", "\(name):/v/\(path)", out + "/followed"])
                    #expect(followed.status == 1 && followed.errors.contains("Could not find"), "\(path): \(followed)")
                    let into = try box.ck(["cp", box.folder + "/new", "\(name):/v/\(path)"])
                    #expect(into.status == 1, "\(path): \(into)")
                }
                #expect(try box.ck(["cp", "\(name):/v", out]).status == 0)
                #expect(try box.ck(["export", "-o", out + "/export.tar", name]).status == 0)
                #expect(try leaks(box, out) == "" && Set(Files.list(out + "/v")) == ["folder", "file", "up"])
            }
            #expect(canary.isUntouched)
        }
    }

    // MARK: - Archives

    @Test func archivesThatMeanHarm() throws {
        try Sandbox.with { box in
            let canary = try Canary(box)
            let (shared, folder) = (box.folder + "/shared", box.folder + "/archives")
            for path in [shared, folder] { try Files.makeDirectory(path) }
            let made = try box.inside(["python3", Fixture.path("copy-archives.py"), folder, canary.folder])
            try #require(made.status == 0, "\(made)")
            let options = ["--network", "none", "-v", shared + ":/shared", "bb"]
            let setUp = "mkdir -p /d/sub; echo own > /d/a; ln -s \(canary.folder) /d/out"
            #expect(try box.ck(["run", "--name", "down"] + options + ["sh", "-c", setUp]).status == 0)
            #expect(
                try box.ck(["run", "-d", "--name", "up"] + options + ["sh", "-c", setUp + "; exec sleep 1000"]).status
                    == 0)
            try box.eventually("/d/out") { try box.ck(["exec", "up", "test", "-h", "/d/out"]).status == 0 }
            let complaints = [
                "dots": "\"../../evil\" is outside of \"/d\"", "absolute": "", "through": "",
                "relative": "invalid symlink",
                "hard": "invalid hardlink", "hard-absolute": "", "hard-missing": "ENOENT", "device": "",
                "over-folder": "cannot overwrite directory \"/d/sub\" with non-directory \"/d\"",
                "over-file": "cannot overwrite non-directory \"/d/a\" with directory \"/d\"", "whiteout": "",
                "through-own": "", "bomb": "times its compressed size", "cut": "read archive", "owner": "out of range",
                "root-file": "no name",
            ]
            #expect(
                Set(try Files.list(folder).map { $0.split(separator: ".")[0] }) == Set(complaints.keys.map { $0[...] }))
            let ck = box.ckProgram.joined(separator: " ")
            for name in ["up", "down"] {
                for (archive, complaint) in complaints.sorted(by: { $0.key < $1.key }) {
                    let result = try box.inside(["sh", "-c", "\(ck) cp - \(name):/d < \(folder)/\(archive).tar"])
                    #expect(result.status == (complaint.isEmpty ? 0 : 1), "\(name) \(archive): \(result)")
                    #expect(complaint.isEmpty || result.errors.contains(complaint), "\(name) \(archive): \(result)")
                    #expect(result.errors.split(separator: "\n").count == (complaint.isEmpty ? 0 : 1), "\(result)")
                    #expect(canary.isUntouched && access("/evil", F_OK) != 0, "\(archive)")
                }
                // A device is the container's own, never one in what it shares.
                let device = try box.inside(["sh", "-c", "\(ck) cp - \(name):/shared < \(folder)/device.tar"])
                #expect(device.status == 1 && device.errors.contains("own files only"), "\(device)")
                #expect(try Files.list(shared).isEmpty)
                #expect(try box.ck(["cp", "\(name):/d/big", box.folder + "/big"]).status == 1, "half a file")
                #expect(try box.ck(["cp", "\(name):/d/abs", box.folder + "/abs"]).status == 0)
                #expect(try box.ck(["cp", "\(name):/etc/through", box.folder + "/through"]).status == 0)
                #expect(try box.ck(["cp", "\(name):/d/.wh.passwd", box.folder + "/wh"]).status == 0)
            }
        }
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : 0
    }

    /// A program that becomes root in the container is not one on the host.
    @Test func setuidProgramsLoseTheirPower() throws {
        try Sandbox.with { box in
            let setUp = "cp /bin/busybox /evil; chmod 6755 /evil; mknod /disk b 8 0; chmod 666 /disk"
            let made = try box.ck(["run", "--name", "down", "--network", "none", "bb", "sh", "-c", setUp])
            #expect(made.status == 0, "\(made)")
            #expect(try box.ck(["cp", "down:/evil", box.folder + "/evil"]).status == 0)
            #expect(mode(box.folder + "/evil") == S_IFREG | 0o755)
            #expect(try box.ck(["cp", "-a", "down:/evil", box.folder + "/kept"]).status == 0)
            #expect(mode(box.folder + "/kept") == S_IFREG | 0o6755)
            // Nor is a disk everybody's.
            #expect(try box.ck(["cp", "down:/disk", box.folder + "/disk"]).status == 0)
            #expect(mode(box.folder + "/disk") == S_IFBLK | 0o600)
        }
    }
}
