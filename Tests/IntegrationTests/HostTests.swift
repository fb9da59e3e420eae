import ContainerSystem
import Glibc
import Testing

/// Hosts that lack something: room, overlay, a program.
@Suite struct HostTests {
    private func state(_ box: Sandbox, on mount: [String]) throws -> [String] {
        let folder = box.folder + "/small"
        try Files.makeDirectory(folder)
        let mounted = try box.inside(["mount"] + mount + [folder])
        try #require(mounted.status == 0, "\(mounted)")
        return [Sandbox.binFolder + "/ck", "--root", folder + "/root", "--run-root", box.runRoot]
    }

    @Test func aFullDiskIsNamedAndLeavesNothing() throws {
        try Sandbox.with { box in
            let registry = try Registry(box)
            let noise = box.folder + "/noise"
            try box.inside(["dd", "if=/dev/urandom", "of=" + noise, "bs=1M", "count=6"])
            try registry.publish(["layers": [[["name": "noise", "path": noise]]]], as: "big:1")
            let ck = try state(box, on: ["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            let big = box.folder + "/big"
            try Files.makeDirectory(big)
            try box.inside(["cp", noise, big])
            for arguments in [
                ["pull", registry.address + "/big:1"], ["init", big, "big"],
                ["run", "--rm", registry.address + "/big:1", "true"],
            ] {
                let result = try box.inside(ck + arguments)
                #expect(result.status == (arguments[0] == "run" ? 125 : 1), "\(arguments): \(result)")
                #expect(result.errors.contains("ENOSPC") || result.errors.contains("No space"), "\(result)")
                #expect(try box.inside(ck + ["images", "-a", "-q"]).output.isEmpty)
            }
            let left = try box.inside(["sh", "-c", "find \(box.folder)/small/root -size +100k"])
            #expect(left.output.isEmpty, "\(left)")
            // There is room again for what fits.
            #expect(try box.inside(ck + ["init", box.folder + "/bb", "bb"]).status == 0)
            #expect(try box.inside(ck + ["run", "--rm", "--network", "none", "bb", "true"]).status == 0)
            let full = try box.inside(
                ck + ["run", "--rm", "--network", "none", "bb", "dd", "if=/dev/zero", "of=/f", "bs=1M", "count=9"])
            #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(full)")
        }
    }

    @Test func aDiskThatFillsInTheMiddleLeavesNothing() throws {
        try Sandbox.with { box in
            let ck = try state(box, on: ["-t", "tmpfs", "-o", "size=14m", "tmpfs"])
            let root = box.folder + "/small/root"
            #expect(try box.inside(ck + ["init", box.folder + "/bb", "bb"]).status == 0)
            let write = [
                "run", "--name", "cc", "--network", "none", "bb", "dd", "if=/dev/urandom", "of=/f", "bs=1M", "count=4",
            ]
            #expect(try box.inside(ck + write).status == 0)
            // An archive and a root file system that do not fit, made where there is room.
            let big = box.folder + "/big"
            try Files.makeDirectory(big)
            try box.inside(["dd", "if=/dev/urandom", "of=\(big)/noise", "bs=1M", "count=9"])
            for command in [["init", big, "big"], ["save", "-o", box.folder + "/big.tar", "big"]] {
                #expect(try box.ck(command).status == 0)
            }
            try box.inside(["tar", "-cf", box.folder + "/rootfs.tar", "-C", big, "."])
            let before = try box.inside(ck + ["images", "-a", "-q", "--no-trunc"]).output
            for arguments in [
                ["load", "-i", box.folder + "/big.tar"], ["import", box.folder + "/rootfs.tar", "big"],
                ["commit", "cc", "committed"],
            ] {
                let result = try box.inside(ck + arguments)
                #expect(result.status == 1 && result.errors.contains("ENOSPC"), "\(arguments): \(result)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(arguments): \(result)")
                #expect(try box.inside(ck + ["images", "-a", "-q", "--no-trunc"]).output == before, "\(arguments)")
                // The mount is the sandbox's own.
                let left = try box.inside(["ls", "-A", root + "/content/ingest", root + "/overlay/layers"])
                #expect(left.lines.count == 3, "\(arguments): \(left)")
            }
            #expect(try box.inside(ck + ["rm", "cc"]).status == 0)
            #expect(try box.inside(ck + ["run", "--rm", "--network", "none", "bb", "true"]).status == 0)
        }
    }

    /// An overlay cannot stand on an overlay: the same refusal as of a host or file system that knows none.
    @Test func aHostWithoutOverlayIsToldWhatHelps() throws {
        try Sandbox.with { box in
            for part in ["lower", "upper", "work"] { try Files.makeDirectory("\(box.folder)/o/\(part)") }
            let o = box.folder + "/o"
            let ck = try state(
                box,
                on: ["-t", "overlay", "-o", "lowerdir=\(o)/lower,upperdir=\(o)/upper,workdir=\(o)/work", "overlay"])
            #expect(try box.inside(ck + ["init", box.folder + "/bb", "bb"]).status == 0)
            let run = try box.inside(ck + ["run", "--rm", "bb", "true"])
            #expect(run.status == 125 && run.errors.contains("overlay"), "\(run)")
            #expect(run.errors.contains("--root"), "names a way out: \(run)")
            #expect(try box.inside(ck + ["ps", "-a", "-q"]).output.isEmpty)
        }
    }

    @Test func aMissingShimIsNamed() throws {
        try Sandbox.with { box in
            let alone = box.folder + "/alone"
            try Files.makeDirectory(alone)
            try box.inside(["cp", Sandbox.binFolder + "/ck", alone])
            let result = try box.inside([alone + "/ck", "--root", box.root, "run", "--rm", "bb", "true"])
            #expect(result.status == 125 && result.errors.contains("ck-shim is not at \(alone)/ck-shim"), "\(result)")
        }
    }

    /// The root of the caller's mount namespace would stay within reach of the container.
    @Test func aCallerInAChrootIsRefused() throws {
        try Sandbox.with { box in
            let root = box.folder + "/chroot"
            try Files.makeDirectory(root)
            try #require(try box.inside(["mount", "--rbind", "/", root]).status == 0)
            let run = try box.inside(["chroot", root] + box.ckProgram + ["run", "--rm", "bb", "true"])
            #expect(run.status == 125 && run.errors.split(separator: "\n").count == 1, "\(run)")
            #expect(run.errors.contains("chroot"), "\(run)")
            #expect(try box.ck(["ps", "-a", "-q"]).output.isEmpty)
            #expect(try box.ck(["run", "--rm", "bb", "true"]).status == 0)
        }
    }
}
