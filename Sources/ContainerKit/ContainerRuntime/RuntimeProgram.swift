import ContainerNamespaces
import ContainerSystem
import Glibc

/// Another OCI runtime than our own, by its program: runc, crun, and whatever has their command line.
public struct RuntimeProgram: Sendable, Equatable {
    /// Absolute.
    public let path: String

    /// - Parameter name: an absolute path, or the name of a program in one of the folders of `PATH`.
    /// - Throws: `notFound`; `invalidArgument` for a relative path.
    public init(_ name: String) throws(ContainerError) {
        guard name.contains("/") else {
            let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
            let candidates = folders.split(separator: ":").map { "\($0)/\(name)" }
            guard let found = candidates.first(where: { $0.hasPrefix("/") && access($0, X_OK) == 0 }) else {
                throw ContainerError(
                    .notFound, "unknown or invalid runtime name: \(name)", cause: "no folder of PATH has it",
                    hint: "give the path of an OCI runtime's program, or leave --runtime out")
            }
            path = found
            return
        }
        guard name.hasPrefix("/") else {
            throw ContainerError(.invalidArgument, "the runtime \(name)", cause: "its path must be absolute")
        }
        guard access(name, X_OK) == 0 else { throw ContainerError(.current, "the runtime \(name)") }
        path = name
    }

    /// The files of one container that are between the runtime and us.
    struct Folder {
        let path: String

        var bundle: String { path + "/bundle" }
        var state: String { path + "/runtime" }
        var log: String { path + "/runtime.log" }
        var pidFile: String { path + "/runtime.pid" }
        /// In the bundle, where the runtime works: an address of a socket has no room for the path of our folders.
        var console: String { bundle + "/\(Self.consoleName)" }
        static let consoleName = "console"
    }

    func create(_ id: String, in folder: Folder, hasTerminal: Bool) -> LaunchPlan.Program {
        let console = hasTerminal ? ["--console-socket", Folder.consoleName] : []
        return program(
            ["create", "--bundle", folder.bundle, "--pid-file", folder.pidFile] + console + [id], in: folder)
    }

    func start(_ id: String, in folder: Folder) -> LaunchPlan.Program { program(["start", id], in: folder) }
    func delete(_ id: String, in folder: Folder) -> LaunchPlan.Program {
        program(["delete", "--force", id], in: folder)
    }

    private func program(_ words: [String], in folder: Folder) -> LaunchPlan.Program {
        let arguments = [path, "--root", folder.state, "--log", folder.log, "--log-format", "json"] + words
        return .init(
            arguments: arguments,
            environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], paths: [path])
    }
}
