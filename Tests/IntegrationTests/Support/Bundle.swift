import ContainerSystem
import Glibc

/// A bundle for `ck oci` in a sandbox: busybox and the attacker's program, and a specification of which a test changes
/// what it is about.
struct Bundle {
    let box: Sandbox
    let path: String
    var rootfs: String { path + "/rootfs" }
    var oci: String { box.folder + "/oci" }

    /// The control group's name is the test's own, whatever else runs.
    var id = "one"
    var command = ["true"]
    var terminal = false
    var cwd = "/"
    var user = #"{"uid":0,"gid":0}"#
    var capabilities = Bundle.standardCapabilities
    /// More members of `process`, of `linux`, and of the document, each with a comma in front.
    var moreOfProcess = ""
    var moreOfLinux = ""
    var more = ""
    var mounts = Bundle.standardMounts
    var namespaces = ["pid", "network", "ipc", "uts", "mount"]

    static let standardCapabilities = [
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "MKNOD", "NET_RAW",
        "SYS_CHROOT",
    ].map { "CAP_" + $0 }

    static let procMount = #"{"destination":"/proc","type":"proc","source":"proc"}"#
    static let deviceMount =
        #"{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755"]}"#
    static let terminalMount =
        #"{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666"]}"#
    static let standardMounts = [procMount, deviceMount, terminalMount]

    init(_ box: Sandbox, _ name: String = "bundle") throws {
        self.box = box
        path = "\(box.folder)/\(name)"
        _ = try box.makeRootFolder(name + "/rootfs")
        try Files.replace(rootfs + "/bin/attacker", with: Attacker.program(), mode: 0o755)
        for folder in ["proc", "sys", "dev"] { try Files.makeDirectory("\(rootfs)/\(folder)") }
        let everything = oci
        box.atEnd {
            for id in (try? Files.list(everything)) ?? [] {
                _ = try? box.inside(Bundle.program(everything) + ["delete", "--force", id])
            }
        }
    }

    static func bind(_ source: String, _ target: String, _ options: String = "rbind") -> String {
        #"{"destination":"\#(target)","type":"bind","source":"\#(source)","options":["\#(options)"]}"#
    }

    private static func program(_ root: String) -> [String] { [Sandbox.binFolder + "/ck", "oci", "--root", root] }

    private static func list(_ words: [String]) -> String {
        "["
            + words.map {
                "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n"))\""
            }.joined(separator: ",")
            + "]"
    }

    var json: String {
        let sets = ["bounding", "effective", "permitted"]
            .map { "\"\($0)\":\(Self.list(capabilities))" }.joined(separator: ",")
        let kinds = namespaces.map { "{\"type\":\"\($0)\"}" }.joined(separator: ",")
        return """
            {"ociVersion":"1.0.2","root":{"path":"rootfs"},"hostname":"box","process":{"args":\(Self.list(command)),
            "terminal":\(terminal),"cwd":"\(cwd)","user":\(user),"env":["PATH=/bin"],"capabilities":{\(sets)}\(moreOfProcess)},
            "mounts":[\(mounts.joined(separator: ","))],"linux":{"namespaces":[\(kinds)],"cgroupsPath":"/\(box.name)-\(id)"\(moreOfLinux)}\(more)}
            """
    }

    func write() throws { try Files.replace(path + "/config.json", with: Array(json.utf8)) }

    /// `ck oci` with words of its own.
    @discardableResult
    func oci(_ words: [String], input: String = "", timeout: Int = 60) throws -> CommandResult {
        try box.inside(arguments(words), input: input, timeout: timeout)
    }

    func arguments(_ words: [String]) -> [String] { Self.program(oci) + words }

    /// Runs the specification as it is now.
    func run(_ id: String = "one", _ options: [String] = []) throws -> CommandResult {
        var named = self
        named.id = id
        try named.write()
        return try oci(["run", "--bundle", path] + options + [id])
    }

    /// A container that runs until the test ends, to join.
    func startSleeping(_ id: String = "one") throws {
        var sleeping = self
        sleeping.command = ["sleep", "600"]
        sleeping.terminal = false
        let started = try sleeping.run(id, ["--detach"])
        guard started.status == 0 else { throw ContainerError(.systemFailure, "start \(id): \(started)") }
    }
}

/// The program that containers attack with, compiled once, from Fixtures/attacker.c.
enum Attacker {
    static func program() throws -> [UInt8] { try compiled.get() }

    private static let compiled = Result { try compile() }

    private static func compile() throws -> [UInt8] {
        var template = Array("/var/tmp/ck-it-attacker-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(folder) }
        let made = try Command.run([
            compiler(), "-O1", "-static", "-o", folder + "/attacker", Fixture.path("attacker.c"),
        ])
        guard made.status == 0 else { throw ContainerError(.systemFailure, "compile attacker.c: \(made)") }
        return try Files.read(folder + "/attacker", limit: 16 << 20)
    }

    /// Swift's own clang, which is beside `swift`.
    private static func compiler() -> String {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        for folder in path.split(separator: ":") {
            guard let swift = realpath("\(folder)/swift", nil) else { continue }
            defer { free(swift) }
            let beside = String(cString: swift).split(separator: "/").dropLast().joined(separator: "/")
            if access("/\(beside)/clang", X_OK) == 0 { return "/\(beside)/clang" }
        }
        return "clang"
    }
}

/// Files outside of a container's root that must stay as they are.
struct Canary {
    let folder: String
    private static let words = Array("a canary\n".utf8)

    init(_ box: Sandbox, _ name: String = "canary") throws {
        folder = "\(box.folder)/\(name)"
        try Files.makeDirectory(folder)
        try Files.replace(folder + "/file", with: Self.words)
    }

    /// Whether nothing in it has changed, and nothing has come.
    var isUntouched: Bool {
        (try? Files.list(folder)) == ["file"] && (try? Files.read(folder + "/file")) == Self.words
    }
}
