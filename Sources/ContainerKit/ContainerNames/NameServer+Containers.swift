import ContainerSystem
import Glibc

extension NameServer {
    /// Begins to serve a container, or reads again what it may see.
    /// - Parameter followsAnother: whether a server before this one may have served it.
    /// - Throws: `ContainerError`: its record cannot be read, or its namespace cannot be entered.
    func add(_ id: String, pid: Int32, followsAnother: Bool = false) throws(ContainerError) {
        let record = try NameRecord(readingFrom: runFolder(id))
        guard record.id == id else {
            throw ContainerError(.invalidArgument, "serve names to \(id)", cause: "its record is that of another")
        }
        if served[id]?.pid != pid {
            release(id)
            let container = try ServedContainer(id: id, pid: pid, home: home, followsAnother: followsAnother)
            try watch(container)
            served[id] = container
        }
        zone.set(record)
    }

    /// Ends serving a container that goes on to run.
    func remove(_ id: String) {
        served[id]?.undo(home: home)
        release(id)
    }

    /// What a server before this one has left, when it was killed.
    func serveThoseThatRun() {
        for id in (try? Files.list("\(runRoot)/containers")) ?? [] {
            let folder = runFolder(id)
            guard Files.exists("\(folder)/\(NameRecord.fileName)"), let process = Self.process(in: folder),
                process.isAlive
            else { continue }
            // One that is gone by now, or whose record is broken, must not keep the others from their names.
            try? add(id, pid: process.pid, followsAnother: true)
        }
    }

    private func watch(_ container: ServedContainer) throws(ContainerError) {
        try poller.add(container.process, .reading) { [unowned self, unowned container] _ in release(container.id) }
        try poller.add(container.datagrams, .reading) { [unowned self, unowned container] _ in
            readDatagrams(container)
        }
        try poller.add(container.streams, .reading) { [unowned self, unowned container] _ in accept(container) }
    }

    /// Lets go of everything that is a container's.
    private func release(_ id: String) {
        zone.remove(id)
        guard let container = served.removeValue(forKey: id) else { return }
        for file in [container.process, container.datagrams, container.streams] { poller.remove(file) }
        for connection in connections where connection.container === container { close(connection) }
        for question in forwarded where question.container === container { forget(question) }
    }

    private func runFolder(_ id: String) -> String { "\(runRoot)/containers/\(id)" }

    /// The container's first process: the third and fourth number of `pids`.
    private static func process(in folder: String) -> ProcessIdentity? {
        guard let text = try? Files.readText("\(folder)/pids", limit: 512) else { return nil }
        let words = text.split { $0 == " " || $0 == "\n" }
        guard words.count >= 4, let pid = Int32(words[2]), pid > 0, let start = UInt64(words[3]) else { return nil }
        return ProcessIdentity(pid: pid, startTime: start)
    }
}
