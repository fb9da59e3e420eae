import ContainerEngine
import TextTemplate

/// The lines of `images`: one for each name of an image.
struct ImageRow: Equatable {
    let repository: String, tag: String, digest: String, id: String, created: String, createdAt: String, size: String
    var containers = "N/A", sharedSize = "N/A", uniqueSize = "N/A", virtualSize = "N/A"

    static let table = "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
    static let tableWithDigests =
        "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"

    static let headers = [
        "Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "ID": "IMAGE ID", "CreatedSince": "CREATED",
        "CreatedAt": "CREATED AT", "Size": "SIZE", "Containers": "CONTAINERS", "SharedSize": "SHARED SIZE",
        "UniqueSize": "UNIQUE SIZE", "VirtualSize": "SIZE",
    ]

    /// docker's `--format raw`.
    static func raw(digests: Bool) -> String {
        "repository: {{ .Repository }}\ntag: {{.Tag}}\n" + (digests ? "digest: {{.Digest}}\n" : "")
            + "image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n"
    }

    var object: Object {
        Object(
            type: "*formatter.imageContext",
            [
                .init("Containers", .string(containers)), .init("CreatedAt", .string(createdAt)),
                .init("CreatedSince", .string(created)), .init("Digest", .string(Quoting.safe(digest))),
                .init("ID", .string(id)), .init("Repository", .string(Quoting.safe(repository))),
                .init("SharedSize", .string(sharedSize)), .init("Size", .string(size)),
                .init("Tag", .string(Quoting.safe(tag))), .init("UniqueSize", .string(uniqueSize)),
                .init("VirtualSize", .string(virtualSize)),
            ])
    }
}

/// How images become lines.
struct ImageRows {
    /// Whether ids are whole.
    var isWhole = false
    /// Whether each digest of a name has a line.
    var showsDigests = false
    /// Whether a digest is shown at all, be it by a template.
    var needsDigests = false
    /// How many containers each image has, by its id; nil where nobody asked.
    var containers: [String: Int]?
    /// Seconds since 1970.
    let now: Double

    func rows(_ images: [ImageSummary]) -> [ImageRow] { images.flatMap(rows) }

    private func rows(_ image: ImageSummary) -> [ImageRow] {
        if image.names.isEmpty, image.digests.isEmpty { return [row(image, "<none>", "<none>", "<none>")] }
        var digests: [String: [String]] = [:]
        for digest in image.digests {
            let repository = String(digest.prefix { $0 != "@" })
            digests[repository, default: []].append(String(digest.dropFirst(repository.count + 1)))
        }
        let named = image.names.flatMap { repository, tag in
            let own = needsDigests ? digests[repository] ?? [] : []
            return (own.isEmpty ? ["<none>"] : own).map { row(image, repository, tag, $0) }
        }
        // A name by digest alone has a line of its own.
        let tagged = Set(image.names.map(\.repository))
        let others = digests.filter { !tagged.contains($0.key) }.sorted { $0.key < $1.key }
        return named
            + others.flatMap { repository, digests in
                (showsDigests ? digests : [needsDigests ? digests[0] : "<none>"]).map {
                    row(image, repository, "<none>", $0)
                }
            }
    }

    private func row(_ image: ImageSummary, _ repository: String, _ tag: String, _ digest: String) -> ImageRow {
        var row = ImageRow(
            repository: repository, tag: tag, digest: digest, id: isWhole ? image.id : Identifier.short(image.id),
            created: image.created.map { HumanUnits.duration(now - $0) + " ago" } ?? "N/A",
            createdAt: image.created.map(Listing.time) ?? "N/A", size: HumanUnits.size(image.size))
        row.virtualSize = HumanUnits.size(image.size, digits: 4)
        if let containers { row.containers = String(containers[image.id] ?? 0) }
        if let shared = image.sharedSize {
            row.sharedSize = HumanUnits.size(shared, digits: 4)
            row.uniqueSize = HumanUnits.size(image.size - shared, digits: 4)
        }
        return row
    }
}
