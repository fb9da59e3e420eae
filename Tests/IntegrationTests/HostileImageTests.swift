import ContainerSystem
import Glibc
import Testing

/// Images whose configuration means harm. Rows 47 and 48 of the threats.
@Suite struct HostileImageTests {
    /// Loads an image of busybox with a configuration of the test's own making.
    private func load(_ box: Sandbox, _ name: String, _ execution: String, history: String = "[{}]") throws {
        let script = """
            import hashlib, io, json, sys, tarfile
            layer = io.BytesIO()
            with tarfile.open(fileobj=layer, mode="w") as tar: tar.add(sys.argv[1], ".")
            layer = layer.getvalue()
            config = json.dumps({"architecture": sys.argv[4], "os": "linux", "config": json.loads(sys.argv[3]),
                "history": json.loads(sys.argv[6]),
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
            manifest = json.dumps([{"Config": "c.json", "RepoTags": [sys.argv[2]], "Layers": ["l.tar"]}]).encode()
            with tarfile.open(sys.argv[5], "w") as tar:
                for path, data in ("c.json", config), ("l.tar", layer), ("manifest.json", manifest):
                    entry = tarfile.TarInfo(path); entry.size = len(data); tar.addfile(entry, io.BytesIO(data))
            """
        let architecture = try box.ck(["image", "inspect", "-f", "{{.Architecture}}", "bb"]).line(0)
        let archive = box.folder + "/hostile.tar"
        let made = try box.inside(
            ["python3", "-c", script, box.folder + "/bb", name, execution, architecture, archive, history])
        try #require(made.status == 0, "\(made)")
        let loaded = try box.ck(["load", "-q", "-i", archive])
        try #require(loaded.status == 0, "\(loaded)")
    }

    @Test func aWorkingFolderStaysInTheContainer() throws {
        try Sandbox.with { box in
            for (folder, shown) in [
                ("relative/path", "/relative/path"), ("../../../etc", "/etc"), ("/proc/self/cwd/../..", nil),
                ("/proc/self/fd/7", nil), ("//tmp/./x/..", "/tmp"),
            ] as [(String, String?)] {
                try load(box, "hostile:1", #"{"WorkingDir":"\#(folder)","Cmd":["sh","-c","pwd; ls -di /; ls -di ."]}"#)
                let result = try box.ck(["run", "--rm", "hostile:1"])
                if let shown {
                    #expect(result.line(0) == shown, "\(folder): \(result)")
                } else {
                    // Wherever it is, it is below the container's own root.
                    #expect(result.status != 0 || !result.output.contains("(unreachable)"), "\(folder): \(result)")
                    #expect(result.status != 0 || result.line(0).hasPrefix("/"), "\(folder): \(result)")
                }
            }
        }
    }

    @Test func volumesOfAnImageMountNothingOverTheKernelsFolders() throws {
        try Sandbox.with { box in
            try load(
                box, "hostile:1",
                #"{"Volumes":{"/proc":{},"/sys":{},"/dev":{},"../../../x":{},"/proc/self/fd/3":{}},"#
                    + #""Cmd":["sh","-c","grep -c . /proc/self/status >/dev/null && awk '$2 == \"/proc\" || $2 == \"/sys\" {print $2, $3}' /proc/mounts | sort -u"]}"#
            )
            let result = try box.ck(["run", "--rm", "hostile:1"])
            #expect(result.status == 0 && result.output == "/proc proc\n/sys sysfs\n", "\(result)")
        }
    }

    @Test func anEnvironmentIsPassedAsItIs() throws {
        try Sandbox.with { box in
            try load(
                box, "hostile:1",
                #"{"Env":["A=one\nLD_PRELOAD=/x","NOVALUE","=odd","PATH=/bin"],"Cmd":["sh","-c","env -0 | tr '\\0' '|'"]}"#
            )
            let result = try box.ck(["run", "--rm", "hostile:1"])
            #expect(
                result.output.contains("A=one\nLD_PRELOAD=/x|") && !result.output.contains("|LD_PRELOAD"), "\(result)")
        }
    }

    @Test func aUserIsWhoItSays() throws {
        try Sandbox.with { box in
            for (user, shown) in [("0:0", "0 0"), ("1000:0", "1000 0"), ("user", "1000 1000")] {
                try load(box, "hostile:1", #"{"User":"\#(user)","Cmd":["sh","-c","echo $(id -u) $(id -g)"]}"#)
                #expect(try box.ck(["run", "--rm", "hostile:1"]).output == shown + "\n")
            }
            for user in ["-1", "4294967295", "99999999999", "../../etc/passwd", "a:b:c"] {
                try load(box, "hostile:1", #"{"User":"\#(user)","Cmd":["id"]}"#)
                let result = try box.ck(["run", "--rm", "hostile:1"])
                #expect(result.status != 0 && result.output.isEmpty, "\(user): \(result)")
            }
        }
    }

    @Test func aHistoryMayNotMatchItsLayers() throws {
        try Sandbox.with { box in
            try load(box, "hostile:1", "{}", history: #"[{"created":"not a time"},{},{},{"empty_layer":true}]"#)
            let more = try box.ck(["history", "hostile:1"])
            #expect(
                more.status == 1 && more.errors == "ck: history of hostile:1: it has more steps than layers\n",
                "\(more)")
            #expect(try box.ck(["images"]).status == 0 && box.ck(["image", "tree"]).status == 0)
        }
    }

    /// What a terminal would obey is shown as what it is, and programs still get the bytes.
    @Test func noImageDrivesTheTerminal() throws {
        try Sandbox.with { box in
            let escape = #"\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u202e\u009b31m\r"#
            try load(
                box, "hostile:1",
                #"{"Labels":{"\#(escape)":"\#(escape)"},"Cmd":["\#(escape)"],"StopSignal":"\#(escape)"}"#,
                history: #"[{"created_by":"\#(escape)","comment":"\#(escape)","author":"\#(escape)"}]"#)
            try #require(
                try box.ck(["run", "--name", "cc", "bb", "sh", "-c", "touch $(printf '/\\033[31m')"]).status == 0)
            try #require(try box.ck(["commit", "cc", "file:1"]).status == 0)
            for command in [
                ["images"], ["images", "--format", "{{.Repository}}"], ["history", "--no-trunc", "hostile:1"],
                ["history", "--format", "{{.CreatedBy}}{{.Comment}}", "hostile:1"], ["image", "inspect", "hostile:1"],
                ["image", "inspect", "-f", "{{.Config.Labels}}{{.Config.Cmd}}{{.Comment}}", "hostile:1"],
                ["image", "tree", "--no-trunc"], ["image", "diff", "bb", "file:1"], ["run", "--rm", "hostile:1"],
                ["rmi", "\u{1b}]52;c;eA==\u{7}"], ["images", "-f", "label=\u{1b}[31m"],
                ["images", "--format", "\u{1b}[31m"],
                ["save", "-o", "/tmp/\u{1b}[31m/x", "bb"], ["load", "-i", "/\u{1b}[31m"], ["inspect", "\u{1b}[31m"],
                ["image", "prune", "-f", "--filter", "\u{1b}[31m=x"], ["\u{1b}[31m"], ["images", "--\u{1b}[31m"],
            ] {
                let shown = try box.inside(
                    ["python3", Fixture.path("terminal.py"), "24x200", "[]"] + box.ckProgram + command)
                let scalars = shown.output.replacing("\r\n", with: "\n").unicodeScalars
                let controls = scalars.filter { scalar in
                    scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7f...0x9f).contains(scalar.value)
                        || scalar.value == 0x202e
                }
                #expect(controls.isEmpty, "\(command): \(shown.output.debugDescription)")
            }
            let piped = try box.ck(["image", "inspect", "-f", "{{range .Config.Labels}}{{.}}{{end}}", "hostile:1"])
            #expect(piped.output.contains("\u{1b}]52"), "a program gets what is there: \(piped)")
        }
    }
}
