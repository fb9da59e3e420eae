import ContainerDatabase
import ContainerSystem
import Glibc

/// What is known of a container that runs, as a file in its run folder that is found by the container's name: who only
/// wants to do something in it need not open the database. It says nothing that the database does not; where it is not
/// there, or says something else, the database is asked.
extension Engine {
    private var cardFolder: String { configuration.runRoot + "/running" }

    /// What finds it by its name, and goes with it.
    func cardLink(_ name: String) -> String { "\(cardFolder)/\(name)" }

    /// Has a container that starts be found.
    func writeCard(_ record: ContainerRecord) throws(ContainerError) {
        let folders = folders(record.id)
        let lines = "\(record.id)\n\(record.name)\n\(record.image)\n"
        let file = try Descriptor.open(
            folders.card, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        try file.writeAll(Array(lines.utf8) + record.configuration, name: "the card of \(record.name)")
        let (link, target) = (cardLink(record.name), "../containers/\(record.id)/card")
        if symlink(target, link) == 0 { return }
        if errno == ENOENT {
            try Files.makeDirectory(cardFolder, mode: 0o711)
        } else {
            unlink(link)
        }
        // Who starts at the same time may have been faster: the database knows better.
        symlink(target, link)
    }

    /// Before the name is another's, or nobody's.
    func removeCard(of id: String, name: String) {
        let link = cardLink(name)
        if Files.linkTarget(link) == "../containers/\(id)/card" { unlink(link) }
    }

    /// The same, by whoever knows no name.
    func removeCard(of id: String) {
        guard let name = readCard(folders(id).card)?.name else { return }
        removeCard(of: id, name: name)
    }

    /// A container that runs, by its name; nil when it takes the database to say.
    func findRunning(_ name: String) -> ContainerRecord? {
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name.utf8.first != UInt8(ascii: "."),
            let record = readCard(cardLink(name)), record.name == name
        else { return nil }
        return record
    }

    private func readCard(_ path: String) -> ContainerRecord? {
        guard let bytes = try? Files.read(path, limit: 1 << 22) else { return nil }
        var lines: [String] = []
        var start = 0
        while lines.count < 3 {
            guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            lines.append(String(decoding: bytes[start..<end], as: UTF8.self))
            start = end + 1
        }
        return ContainerRecord(
            id: lines[0], name: lines[1], image: lines[2], configuration: Array(bytes[start...]), created: 0,
            started: 0,
            owner: ProcessIdentity(pid: 0, startTime: 0))
    }
}
