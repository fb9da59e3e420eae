import ContainerNamespaces
import ContainerSystem
import Glibc

extension Engine {
    /// The log of a container.
    /// - Throws: `notFound`; `unsupported` when the container was made to keep none.
    public func logs(of name: String) throws(ContainerError) -> ContainerLog {
        let record = try find(name)
        let folders = folders(record.id)
        let driver = try Self.decode(record).logging?.driver ?? .jsonFile
        let life = LogLife(folders: folders)
        let isRunning: @Sendable (Interruption?) -> Bool = { life.goesOn($0) }
        switch driver {
        case .jsonFile:
            return ContainerLog(path: folders.logFile(id: record.id), format: .json, isRunning: isRunning)
        case .local:
            return ContainerLog(
                path: folders.localLogFile, format: .local, isRunning: isRunning)
        case .none:
            throw ContainerError(.unsupported, "configured logging driver does not support reading")
        }
    }
}

/// Whether the life of a container goes on that somebody follows the log of. Another one after it does not count, be it
/// that the container is started again by hand or by its restart policy: docker's followers end there too.
private struct LogLife: Sendable {
    private let folders: ContainerFolders
    private let running: ContainerState.RunningProcess?
    private let supervisor: Descriptor?
    /// Nil when the user has too many already: the clock has to do.
    private let watch: FolderWatch?

    init(folders: ContainerFolders) {
        self.folders = folders
        if let running = folders.state(wasStarted: true).process {
            self.running = running
            supervisor = running.shim.open()
            watch = try? FolderWatch(folders.folder)
        } else {
            (running, supervisor, watch) = (nil, nil, nil)
        }
    }

    /// Waits until something is written, or the life ends.
    func goesOn(_ interruption: Interruption?) -> Bool {
        guard let running, let supervisor, !isOver(running) else { return false }
        // The driver `local` has a folder of its own, which comes with the first entry.
        watch?.add(folders.folder + "/local-logs")
        _ = poll(
            [watch?.descriptor, supervisor.raw, interruption?.descriptor], milliseconds: watch == nil ? 100 : 1000)
        watch?.drain()
        return !isOver(running)
    }

    private func isOver(_ running: ContainerState.RunningProcess) -> Bool {
        // The supervisor writes the log, so its end is the log's.
        if !running.shim.isAlive { return true }
        return !running.process.isAlive && folders.hasRecordedEnd(of: running)
    }
}

extension ContainerFolders {
    /// Whether the supervisor, which lives on to start the program once more, has written down the end of this one.
    fileprivate func hasRecordedEnd(of running: ContainerState.RunningProcess) -> Bool {
        guard let text = try? Files.readText(folder + "/exit", limit: 4096) else { return false }
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count > 1, let started = Double(fields[1]) else { return false }
        // A Double has a microsecond of such a number.
        return started / 1e9 > running.started - 0.001
    }
}
