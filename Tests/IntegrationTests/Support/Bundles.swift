import ContainerSystem
import Glibc
import Testing

/// Bundles of busybox in a sandbox, and `ck oci` with a state root of its own. Whatever the containers took of the host
/// must be given back at the end.
final class Bundles {
    typealias Edit = (inout JSON) throws -> Void

    let box: Sandbox
    /// The root file system that bundles share unless they are given another.
    let rootfs: String
    /// What the ids begin with, for the control groups of containers lie beside those of other tests.
    let mark: String
    /// The config.json of `ck oci spec`, without a terminal, with a root that can be written.
    let standard: JSON
    private var count = 0
    private var cleanUps: [() -> Void] = []

    var root: String { box.folder + "/oci" }
    var log: String { box.folder + "/oci.log" }

    static func with(_ body: (Bundles) throws -> Void) throws {
        try Sandbox.with(image: false) { box in
            let bundles = try Bundles(box)
            let mounts = box.mounts
            defer { for id in bundles.records { _ = try? bundles.oci(["delete", "--force", id]) } }
            try bundles.carryOut(body)
            #expect(bundles.records.isEmpty, "states are left")
            #expect(bundles.cgroups.isEmpty, "control groups are left")
            #expect(box.mounts == mounts, "mounts are left")
            // One that got no plan is gone a moment later.
            try eventually { box.processes(named: "ck-shim").isEmpty }
        }
    }

    private init(_ box: Sandbox) throws {
        self.box = box
        mark = "it" + box.folder.suffix(6)
        rootfs = try box.makeRootFolder("rootfs")
        let document = try Command.run(
            box.entering([Sandbox.binFolder + "/ck", "oci", "spec", "--bundle", box.folder]))
        try #require(document.status == 0, "\(document)")
        var config = try JSON(try Files.readText(box.folder + "/config.json", limit: 1 << 20))
        config.process.terminal = false
        config.root = ["path": .string(rootfs)]
        standard = config
    }

    private func carryOut(_ body: (Bundles) throws -> Void) throws {
        defer { for cleanUp in cleanUps.reversed() { cleanUp() } }
        try body(self)
    }

    /// What the test itself did to the sandbox is taken back before anything is counted.
    func atEnd(_ cleanUp: @escaping () -> Void) { cleanUps.append(cleanUp) }

    // MARK: Running

    @discardableResult
    func oci(_ arguments: [String], environment: [String] = [], input: String = "") throws -> CommandResult {
        try Command.run(words(arguments), environment: environment, input: input, timeout: 60)
    }

    func words(_ arguments: [String]) -> [String] {
        box.entering([Sandbox.binFolder + "/ck", "oci", "--root", root, "--log", log] + arguments)
    }

    /// A bundle's folder.
    func bundle(_ edit: Edit = { _ in }) throws -> String {
        var config = standard
        try edit(&config)
        return try bundle(text: config.text)
    }

    func bundle(text: String) throws -> String {
        count += 1
        let folder = "\(box.folder)/bundle\(count)"
        try Files.makeDirectory(folder)
        try Files.replace(folder + "/config.json", with: text.utf8)
        return folder
    }

    func newID() -> String {
        count += 1
        return "\(mark)-\(count)"
    }

    /// Runs a container to its end.
    func run(_ arguments: [String] = [], input: String = "", _ edit: Edit) throws -> CommandResult {
        try oci(["run", "--bundle", try bundle(edit)] + arguments + [newID()], input: input)
    }

    /// Runs a script of a container's shell.
    func shell(_ script: String, _ arguments: [String] = [], _ edit: Edit = { _ in }) throws -> CommandResult {
        try run(arguments) { config in
            config.process.args = ["sh", "-c", .string(script)]
            try edit(&config)
        }
    }

    /// Asks questions in one container: what commands of its shell say, errors too.
    func look(_ questions: KeyValuePairs<String, String>, _ arguments: [String] = [], _ edit: Edit = { _ in }) throws
        -> [String: String]
    {
        let script = questions.map { "echo '@\($0.key)'; ( \($0.value) ) 2>&1; echo" }.joined(separator: "\n")
        let result = try shell(script + "\ntrue", arguments, edit)
        try #require(result.status == 0 && result.errors.isEmpty, "\(result)")
        return Self.answers(result.output)
    }

    static func answers(_ output: String) -> [String: String] {
        var answers: [String: String] = [:]
        for part in ("\n" + output).split(separator: "\n@", omittingEmptySubsequences: true) {
            let lines = part.split(separator: "\n", omittingEmptySubsequences: false)
            answers[String(lines[0])] = lines.dropFirst().joined(separator: "\n").trimmed
        }
        return answers
    }

    /// A container that has been created. It is taken away at the end, whatever has become of it.
    func container(_ arguments: [String] = [], _ edit: Edit = { _ in }, _ body: (BundleContainer) throws -> Void) throws
    {
        let id = newID()
        let folder = try bundle { config in
            config.process.args = ["sleep", "100"]
            try edit(&config)
        }
        let created = try oci(["create", "--bundle", folder] + arguments + [id])
        try #require(created.status == 0, "\(created)")
        defer { _ = try? oci(["delete", "--force", id]) }
        try body(BundleContainer(bundles: self, id: id, bundle: folder))
    }

    /// A root file system whose folders are somebody's, as those for user namespaces are; the files are root's.
    func ownRoot(_ uid: UInt32, _ gid: UInt32) throws -> String {
        let name = "rootfs-\(uid)"
        let path = "\(box.folder)/\(name)"
        if access(path, F_OK) == 0 { return path }
        _ = try box.makeRootFolder(name)
        chown(path, uid, gid)
        for folder in try Files.list(path) { chown("\(path)/\(folder)", uid, gid) }
        return path
    }

    // MARK: Looking

    /// The ids that have a state.
    var records: [String] { ((try? Files.list(root)) ?? []).sorted() }

    /// Control groups of these containers, in every tree.
    var cgroups: [String] {
        let top = "/sys/fs/cgroup"
        let trees = HostCgroups.isUnified ? [top] : ((try? Files.list(top)) ?? []).map { "\(top)/\($0)" }
        return trees.flatMap { tree in
            [tree, tree + "/containerkit-oci"].flatMap { folder in
                ((try? Files.list(folder)) ?? []).filter { $0.contains(mark) }.map { "\(folder)/\($0)" }
            }
        }
    }

    /// A creation that is refused: one line that has these words in it, and nothing made.
    func refuse(
        _ words: String..., arguments: [String] = [], source: SourceLocation = #_sourceLocation, edit: Edit
    ) throws {
        try refuse(bundle: try bundle(edit), words, arguments: arguments, source: source)
    }

    func refuse(
        bundle: String, _ words: [String], arguments: [String] = [], source: SourceLocation = #_sourceLocation
    ) throws {
        let before = records
        let result = try oci(["create", "--bundle", bundle] + arguments + [newID()])
        #expect(result.status == 1 && result.output.isEmpty, "\(result)", sourceLocation: source)
        #expect(result.errors.split(separator: "\n").count == 1, "\(result)", sourceLocation: source)
        for word in words { #expect(result.errors.contains(word), "\(result)", sourceLocation: source) }
        #expect(records == before && (!before.isEmpty || cgroups.isEmpty), sourceLocation: source)
    }
}

/// One container of a bundle.
struct BundleContainer {
    let bundles: Bundles
    let id: String
    let bundle: String

    @discardableResult
    func oci(_ arguments: String..., input: String = "") throws -> CommandResult {
        try bundles.oci(arguments + [id], input: input)
    }

    func start(source: SourceLocation = #_sourceLocation) throws {
        let started = try oci("start")
        try #require(started.status == 0, "\(started)", sourceLocation: source)
    }

    var state: JSON { get throws { try JSON(try oci("state").output) } }
    var status: String { get throws { try state.status.string ?? "" } }
    var pid: Int64 { get throws { try state.pid.number ?? 0 } }

    func exec(_ script: String, _ flags: [String] = []) throws -> CommandResult {
        try bundles.oci(["exec"] + flags + [id, "sh", "-c", script])
    }

    /// A file of the first process in the host's procfs.
    func proc(_ name: String) throws -> String {
        try Files.readText("/proc/\(pid)/\(name)", limit: 1 << 20)
    }

    /// Kills it, and waits until it is seen to have stopped.
    func stop(source: SourceLocation = #_sourceLocation) throws {
        try bundles.oci(["kill", id, "KILL"])
        try eventually(source: source) { try status == "stopped" }
    }

    /// The value in a file of its control group; nil where the host has no such file.
    func cgroup(_ controller: String, _ file: String) throws -> String? {
        let name = "containerkit-oci-\(id)/\(file)"
        let path = HostCgroups.isUnified ? "/sys/fs/cgroup/\(name)" : "/sys/fs/cgroup/\(controller)/\(name)"
        return try? Files.readText(path, limit: 1 << 20).trimmed
    }
}

extension StringProtocol {
    var trimmed: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

/// Waits until something is so.
func eventually(_ seconds: Int = 20, source: SourceLocation = #_sourceLocation, _ isSo: () throws -> Bool) throws {
    for _ in 0..<seconds * 100 * Patience.factor {
        if try isSo() { return }
        usleep(10_000)
    }
    Issue.record("not so within \(seconds) s", sourceLocation: source)
}
