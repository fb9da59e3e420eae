import ContainerNamespaces
import ContainerRuntime
import ContainerSystem
import Glibc

/// create, start and run: how a container comes to life.
extension OCICommands {
    private static let creation = [
        OCIFlag("bundle", "b", kind: .text, help: "folder of the bundle", standard: "the working folder"),
        OCIFlag("config", "f", kind: .text, help: "", refusal: "the specification is the bundle's config.json"),
        OCIFlag("console-socket", kind: .text, help: "UNIX socket that gets the descriptor of the terminal's master"),
        OCIFlag(
            "pidfd-socket", kind: .text, help: "",
            refusal: "open a pidfd of the pid in --pid-file, which holds until the container is deleted"),
        OCIFlag("pid-file", kind: .text, help: "file that gets the pid of the container's first process"),
        OCIFlag(
            "no-pivot", kind: .isSwitch,
            help: "move the root instead of pivot_root(2), for a root file system that lies in an initramfs"),
        OCIFlag("no-new-keyring", kind: .isSwitch, help: "keep the caller's session keyring"),
        OCIFlag(
            "preserve-fds", kind: .number, help: "how many more descriptors, from 3 on, the container gets",
            standard: "0"),
        // Orphans come to the container's own first process or to the shim; never to this program, which is gone.
        OCIFlag("no-subreaper", kind: .isSwitch, help: "adopt no orphans (this runtime never does)"),
    ]

    static var create: OCICommand {
        OCICommand(
            name: "create", abstract: "create a container, whose program waits for start", operands: "<container-id>",
            count: 1...1, flags: creation
        ) { session in
            let options = try creationOptions(session)
            _ = try session.runtime().create(session.id, bundle: session.bundle(), options)
            return 0
        }
    }

    static var start: OCICommand {
        OCICommand(
            name: "start", abstract: "start the program of a created container", operands: "<container-id>",
            count: 1...1,
            flags: []
        ) { session in
            try session.runtime().start(session.id)
            return 0
        }
    }

    static var run: OCICommand {
        OCICommand(
            name: "run", abstract: "create and start a container, and wait for its end", operands: "<container-id>",
            count: 1...1,
            flags: creation + [
                OCIFlag("detach", "d", kind: .isSwitch, help: "do not wait for its end"),
                OCIFlag("keep", kind: .isSwitch, help: "do not delete it after its end"),
            ]
        ) { session in
            let options = try creationOptions(session)
            return try session.words.isOn("detach") ? runDetached(session, options) : runToEnd(session, options)
        }
    }

    private static func creationOptions(_ session: OCISession) throws -> OCIRuntime.CreateOptions {
        var options = OCIRuntime.CreateOptions()
        options.pidFile = try session.path("pid-file")
        options.consoleSocket = try session.path("console-socket")
        let listening = ListenDescriptors.count
        options.preservedDescriptors = try session.preservedDescriptors(after: listening)
        if listening > 0 { options.environment = ["LISTEN_FDS=\(listening)", "LISTEN_PID=1"] }
        options.noPivot = session.words.isOn("no-pivot")
        options.noNewKeyring = session.words.isOn("no-new-keyring")
        return options
    }

    private static func runDetached(_ session: OCISession, _ options: OCIRuntime.CreateOptions) throws -> Int32 {
        let runtime = try session.runtime()
        _ = try runtime.create(session.id, bundle: session.bundle(), options)
        do {
            try runtime.start(session.id)
        } catch {
            // The failure of the start says more than one of the clean-up.
            try? runtime.delete(session.id, force: true)
            throw error
        }
        return 0
    }

    private static func runToEnd(_ session: OCISession, _ options: OCIRuntime.CreateOptions) throws -> Int32 {
        guard options.consoleSocket == nil else { throw OCIForeground.needlessSocket }
        let runtime = try session.runtime()
        let foreground = try Foreground(forwarded: OCIForeground.signals, types: false, isRaw: false)
        let process = try runtime.run(session.id, bundle: session.bundle(), options, streams: .own)
        let status: Int32
        do {
            // Only someone at a terminal needs to know whether the container has one.
            let hasTerminal =
                try OCIForeground.isAtTerminal && runtime.specification(of: session.id).process.terminal == true
            status = try OCIForeground.wait(for: process, foreground, hasTerminal: hasTerminal)
        } catch {
            try? runtime.delete(session.id, force: true)
            throw error
        }
        if !session.words.isOn("keep") { try runtime.delete(session.id, force: false) }
        return status
    }
}

extension OCISession {
    func bundle() throws(ContainerError) -> String { try Self.absolute(words.filled("bundle") ?? "") }

    /// How many of our descriptors a process gets.
    /// - Parameter first: those that come first anyway.
    func preservedDescriptors(after first: Int = 0) throws(CommandFailure) -> Int {
        let asked = words.number("preserve-fds") ?? 0
        guard let count = UInt16(exactly: asked) else {
            throw CommandFailure("--preserve-fds \(asked): not a number of descriptors", status: 1)
        }
        let all = first + Int(count)
        for descriptor in 3..<CInt(3 + all) where !Self.isInherited(descriptor) {
            throw CommandFailure("--preserve-fds \(asked): descriptor \(descriptor) is not open", status: 1)
        }
        return all
    }

    /// Ours are closed by execve(2), the log and the signals' pipe; one that came to us cannot be.
    private static func isInherited(_ descriptor: CInt) -> Bool {
        let flags = fcntl(descriptor, F_GETFD)
        return flags >= 0 && flags & FD_CLOEXEC == 0
    }
}

/// The sockets that a service manager passes (sd_listen_fds(3)); they are the container's then.
enum ListenDescriptors {
    static var count: Int {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return count(pid: value("LISTEN_PID"), count: value("LISTEN_FDS"), own: getpid())
    }

    /// They are for the process whose pid is named; it would be our parent's leavings otherwise.
    static func count(pid: String?, count: String?, own: Int32) -> Int {
        guard let pid, let count, Int32(pid) == own, let number = Int(count) else { return 0 }
        return min(max(0, number), 1024)
    }
}
