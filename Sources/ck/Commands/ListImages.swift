import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc
import OCISpec
import TextTemplate

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

    @Option(help: "Print as a table, as json, or by a template of Go's")
    var format: String?

    @Option(name: .shortAndLong, help: "Show only images that fit, such as dangling=true")
    var filter: [String] = []

    @Argument(help: "Show the images of this name only; * and ? are wildcards")
    var pattern: String?

    func run(in session: Session) throws -> Int32 {
        let filter = try ImageFilter(filter)
        let engine = try session.engine()
        let images = try filter.apply(to: try engine.images()) { name throws(ContainerError) in
            try engine.imageID(name)
        }
        let rows = rows(images, now: Timestamp.now)
        if quiet {
            for row in rows { session.console.out(row.id) }
            return 0
        }
        if let format {
            try Self.listing(digests: digests).show(rows.map(\.object), format: format, on: session.console)
            return 0
        }
        let header = ["REPOSITORY", "TAG"] + (digests ? ["DIGEST"] : []) + ["IMAGE ID", "CREATED", "SIZE"]
        var table = Table(header: header)
        for row in rows { table.add(row.cells(withDigest: digests)) }
        session.console.out(table.text)
        return 0
    }

    static func listing(digests: Bool) -> Listing {
        Listing(
            table: "table {{.Repository}}\t{{.Tag}}\t" + (digests ? "{{.Digest}}\t" : "")
                + "{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
            headers: [
                "Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "ID": "IMAGE ID",
                "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "Size": "SIZE",
            ])
    }

    struct Row: Equatable {
        let repository: String, tag: String, digest: String, id: String, created: String, size: String
        var createdAt = ""

        var object: Object {
            Object(
                type: "image",
                [
                    .init("CreatedAt", .string(createdAt)), .init("CreatedSince", .string(created)),
                    .init("Digest", .string(Quoting.safe(digest))), .init("ID", .string(id)),
                    .init("Repository", .string(Quoting.safe(repository))), .init("Size", .string(size)),
                    .init("Tag", .string(Quoting.safe(tag))),
                ])
        }

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
                    size: HumanUnits.size(image.size), createdAt: image.created.map(Listing.time) ?? "N/A")
            }
        }
    }

    private func digest(of image: ImageSummary, in repository: String) -> String {
        let prefix = "\(repository)@"
        return image.digests.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) } ?? "<none>"
    }

    private func matches(_ repository: String, _ tag: String) -> Bool {
        guard let pattern else { return true }
        guard let wanted = try? ImageReference(parsing: pattern, defaultTag: nil) else {
            return fnmatch(pattern, repository, FNM_PATHNAME) == 0
                || fnmatch(pattern, "\(repository):\(tag)", FNM_PATHNAME) == 0
        }
        return wanted.familiarRepository == repository && (wanted.tag ?? tag) == tag
    }
}
