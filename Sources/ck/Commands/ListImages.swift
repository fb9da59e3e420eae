import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc

struct ListImages: Command {
    static let synopsis = Synopsis(
        name: "images", operands: "[OPTIONS] [REPOSITORY[:TAG]]", abstract: "List images", count: 0...1,
        flags: DockerFlags.images)

    @Flag(name: .shortAndLong, help: "Show all images (there are no hidden ones)")
    var all = false

    @Flag(help: "Show digests")
    var digests = false

    @Flag(help: "Don't cut ids short")
    var noTrunc = false

    @Flag(name: .shortAndLong, help: "Show ids only")
    var quiet = false

    @Argument(help: "Show the images of this name only; * and ? are wildcards")
    var pattern: String?

    func run(in session: Session) throws -> Int32 {
        let rows = rows(try session.engine().images(), now: Timestamp.now)
        if quiet {
            for row in rows { session.console.out(row.id) }
            return 0
        }
        let header = ["REPOSITORY", "TAG"] + (digests ? ["DIGEST"] : []) + ["IMAGE ID", "CREATED", "SIZE"]
        var table = Table(header: header)
        for row in rows { table.add(row.cells(withDigest: digests)) }
        session.console.out(table.text)
        return 0
    }

    struct Row: Equatable {
        let repository: String, tag: String, digest: String, id: String, created: String, size: String

        func cells(withDigest: Bool) -> [String] {
            ([repository, tag] + (withDigest ? [digest] : []) + [id, created, size]).map(Quoting.safe)
        }
    }

    func rows(_ images: [ImageSummary], now: Double) -> [Row] {
        images.flatMap { image in
            let names = image.names.filter { matches($0.repository, $0.tag) }
            let shown = image.names.isEmpty && pattern == nil ? [("<none>", "<none>")] : names
            return shown.map { repository, tag in
                Row(
                    repository: repository, tag: tag, digest: digest(of: image, in: repository),
                    id: noTrunc ? image.id : Identifier.short(image.id),
                    created: image.created.map { HumanUnits.duration(now - $0) + " ago" } ?? "N/A",
                    size: HumanUnits.size(image.size))
            }
        }
    }

    private func digest(of image: ImageSummary, in repository: String) -> String {
        let prefix = "\(repository)@"
        return image.digests.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) } ?? "<none>"
    }

    private func matches(_ repository: String, _ tag: String) -> Bool {
        guard let pattern else { return true }
        let wanted = ReferenceText(pattern)
        guard fnmatch(wanted.familiarName, repository, FNM_PATHNAME) == 0 else { return false }
        return !wanted.hadTag || fnmatch(wanted.tag ?? "*", tag, 0) == 0
    }
}
