import ContainerSystem
import Glibc

@testable import ContainerNamespaces

/// A folder with a static busybox in it, and the plan of a plain container on it.
struct BusyboxRoot {
    let path: String

    static func with<Result>(_ body: (BusyboxRoot) throws -> Result) throws -> Result {
        var template = Array("/var/tmp/ck-test-root-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
        let root = BusyboxRoot(path: template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
        defer { root.remove() }
        try root.fill()
        return try body(root)
    }

    private func fill() throws {
        for folder in ["bin", "dev", "proc", "sys", "etc", "mnt", "tmp"] {
            try Files.makeDirectory("\(path)/\(folder)")
        }
        try Files.replace("\(path)/bin/busybox", with: try Files.read("/bin/busybox", limit: 16 << 20), mode: 0o755)
        for applet in ["sh", "true", "ls", "cat", "wc", "hostname", "stty", "tty", "tr", "test", "sleep"] {
            try system("link \(applet)") { symlink("busybox", "\(path)/bin/\(applet)") }
        }
    }

    private func remove() {
        for folder in ["bin", "etc", "dev", "mnt", "tmp", "proc", "sys"] {
            for name in (try? Files.list("\(path)/\(folder)")) ?? [] {
                if unlink("\(path)/\(folder)/\(name)") != 0 { rmdir("\(path)/\(folder)/\(name)") }
            }
            rmdir("\(path)/\(folder)")
        }
        for name in (try? Files.list(path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Runs a program on the root; its status and everything that it wrote.
    @discardableResult
    func run(_ arguments: [String], terminal: Bool = false, extra: (inout LaunchPlan) -> Void = { _ in }) throws
        -> (status: Int32, output: String)
    {
        var plan = LaunchPlan()
        plan.append(.supervisor, .streams(terminal ? [.terminal, .attached] : [.attached]))
        plan.append(.supervisor, .clone([.mount, .pid, .uts, .ipc, .network]))
        plan.append(.child, .propagate(.slave), .bindRoot(path: path), .openRoot(path: path))
        plan.append(
            .child,
            .mount(.init(type: "proc", source: "proc", target: "/proc", ordinaryTarget: true)),
            .mount(.init(type: "tmpfs", source: "tmpfs", target: "/dev", options: ["mode=755"])),
            .mount(
                .init(
                    type: "devpts", source: "devpts", target: "/dev/pts", options: ["newinstance", "ptmxmode=0666"])),
            .makeNode(.init(path: "/dev/null", kind: .character, major: 1, minor: 3)))
        extra(&plan)
        plan.append(.child, .pivotRoot, .awaitHost, .newSession)
        if terminal { plan.append(.child, .openTerminal(asConsole: true, rows: 24, columns: 80)) }
        plan.append(.child, .standardStreams(owner: 0), .changeDirectory("/"))
        plan.append(
            .child,
            .execute(
                .init(
                    arguments: arguments, environment: ["PATH=/bin"],
                    paths: arguments[0].hasPrefix("/") ? [arguments[0]] : ["/bin/\(arguments[0])"])))
        let (reader, process) = try launch(plan)
        let status = try process.wait()
        return (status, String(decoding: try reader.readAll(limit: 1 << 20, name: "output"), as: UTF8.self))
    }

    /// Our end of the pipe for writing is closed on return, so that its end shows.
    private func launch(_ plan: LaunchPlan) throws -> (Descriptor, any LaunchedProcess) {
        let (reader, writer) = try Descriptor.pipe()
        let streams = ClientStreams(input: writer.raw, output: writer.raw, error: writer.raw)
        return (reader, try ShimLauncher().prepare(streams: streams).launch(plan))
    }
}
