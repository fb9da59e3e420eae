import ContainerSystem
import Glibc
import Testing

/// Images that mean harm, as `load` and `pull` meet them: one clear line, little memory, and nothing left.
@Suite struct HostileArchiveTests {
    /// Everything that a state root holds of images, with the sizes of files.
    private func holdings(_ box: Sandbox) throws -> [String] {
        let found = try box.inside([
            "find", box.root + "/content", box.root + "/overlay/layers", box.root + "/overlay/l", "-maxdepth", "3",
            "-not", "-path", "*/diff/*", "-printf", "%P %y\n",
        ])
        #expect(found.status == 0, "\(found)")
        return found.lines.map(String.init).sorted()
            + (try box.ck(["images", "-a", "-q", "--no-trunc"]).lines.map(String.init))
    }

    /// - Returns: the result, and the most memory that `ck` had at a time in KiB.
    private func measured(_ box: Sandbox, _ arguments: [String]) throws -> (result: CommandResult, memory: Int) {
        let log = box.folder + "/rusage"
        let script =
            "import resource, subprocess, sys; code = subprocess.call(sys.argv[2:]);"
            + "open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)); sys.exit(code)"
        let result = try box.inside(["python3", "-c", script, log] + box.ckProgram + arguments)
        return (result, Int(try Files.readText(log)) ?? Int.max)
    }

    @Test func archivesThatMeanHarm() throws {
        let complaints = [
            "gzip-bomb": "times its compressed size", "xz-bomb": "times its compressed size",
            "traversal": "leads out of the layer", "through-a-link": "not a folder of the layer",
            "hard-link": "leads out of the layer", "not-a-tar": "read tar", "deep-config": "nested more than",
            "wide-config": "more than 200000 values", "many-layers": "more than 1000 layers",
            "wide-manifest": "more than 200000 values", "nested": "an index within an index",
        ]
        try Sandbox.with { box in
            let folder = box.folder + "/archives"
            try Files.makeDirectory(folder)
            let made = try box.inside(["python3", Fixture.path("hostile-archives.py"), folder])
            try #require(made.status == 0, "\(made)")
            #expect(Set(try Files.list(folder).map { String($0.dropLast(4)) }) == Set(complaints.keys))
            let good = box.folder + "/good.tar"
            #expect(try box.ck(["save", "-o", good, "bb"]).status == 0)
            let before = try holdings(box)
            for (name, complaint) in complaints.sorted(by: { $0.key < $1.key }) {
                let (load, memory) = try measured(box, ["load", "-i", "\(folder)/\(name).tar"])
                #expect(load.status == 1 && load.errors.split(separator: "\n").count == 1, "\(name): \(load)")
                #expect(load.output.isEmpty && load.errors.contains(complaint), "\(name): \(load)")
                #expect(memory < 100 << 10, "\(name): \(memory) KiB")
                #expect(try holdings(box) == before, "\(name)")
            }
            #expect(access("/evil", F_OK) != 0 && access("/tmp/evil", F_OK) != 0)
            #expect(try box.ck(["rmi", "bb"]).status == 0)
            #expect(try box.ck(["load", "-i", good]).output == "Loaded image: bb:latest\n")
            #expect(try box.ck(["run", "--rm", "--network", "none", "bb", "echo", "ok"]).output == "ok\n")
        }
    }

    @Test func layersOfARegistryThatMeanHarm() throws {
        let layers: [String: (entries: [[String: String]], complaint: String)] = [
            "dots": ([["name": "../../x"]], "leads out of the layer"),
            "link": (
                [["name": "a", "type": "symlink", "link": "/tmp"], ["name": "a/x"]], "not a folder of the layer"
            ),
            "hard": ([["name": "a", "type": "hardlink", "link": "/etc/shadow"]], "does not have"),
            "whiteout": ([["name": "d/.wh..."]], "not a valid whiteout"),
            "root": ([["name": ".", "type": "symlink", "link": "/"]], "the root of a layer is a folder"),
        ]
        try Sandbox.with { box in
            let registry = try Registry(box)
            for (name, layer) in layers { try registry.publish(["layers": [layer.entries]], as: name + ":1") }
            try registry.publish(["layers": [[["name": "fine", "content": "fine"]]]], as: "good:1")
            let before = try box.ck(["images", "-a", "-q"]).output
            for (name, layer) in layers {
                let pull = try box.ck(["pull", "-q", "\(registry.address)/\(name):1"])
                #expect(pull.status == 1 && pull.errors.contains(layer.complaint), "\(name): \(pull)")
                #expect(pull.errors.contains("\(registry.address)/\(name):1"), "\(name): \(pull)")
                #expect(try box.ck(["images", "-a", "-q"]).output == before, "\(name)")
                #expect(try Files.list(box.root + "/content/ingest").isEmpty, "\(name)")
                let unpacking = try Files.list(box.root + "/overlay/layers").filter { $0.hasPrefix(".") }
                #expect(unpacking.isEmpty, "\(name): \(unpacking)")
            }
            #expect(try box.ck(["pull", "-q", registry.address + "/good:1"]).status == 0)
            #expect(access("/tmp/x", F_OK) != 0)
        }
    }

    /// What is in an image is nobody else's on this host: its setuid programs would be theirs.
    @Test func othersOfThisHostDoNotReachIntoLayers() throws {
        try Sandbox.with { box in
            let layer = try #require(try Files.list(box.root + "/overlay/layers").first)
            let program = "\(box.root)/overlay/layers/\(layer)/diff/bin/busybox"
            #expect(access(program, X_OK) == 0)
            let other = try box.inside([
                "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", program + " true",
            ])
            #expect(other.status == 126 && other.errors.contains("Permission denied"), "\(other)")
            // Those of the container do, whoever they are.
            #expect(
                try box.ck(["run", "--rm", "-u", "65534", "--network", "none", "bb", "id", "-u"]).output == "65534\n")
        }
    }
}
