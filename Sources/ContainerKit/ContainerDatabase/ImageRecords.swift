import ContainerSystem
import GRDB

/// An image as the database keeps it: enough to start a container without opening a manifest.
public struct ImageRecord: Sendable, Equatable {
    /// The digest of the configuration, 64 hexadecimal digits.
    public let id: String
    /// The digest of the manifest, 64 hexadecimal digits.
    public let manifest: String
    /// The configuration's bytes, as the registry served them.
    public let config: [UInt8]
    /// Chain ids of the layers, bottom first, 64 hexadecimal digits each.
    public let layers: [String]
    /// Bytes on disk, unpacked.
    public let size: Int64
    /// Seconds since 1970.
    public let added: Double
    /// Every blob that the image needs: manifest, configuration, compressed layers; 64 hexadecimal digits each.
    public let blobs: [String]

    public init(
        id: String, manifest: String, config: [UInt8], layers: [String], size: Int64, added: Double,
        blobs: [String] = []
    ) {
        self.id = id
        self.manifest = manifest
        self.config = config
        self.layers = layers
        self.size = size
        self.added = added
        self.blobs = blobs
    }
}

/// A name of an image: `repository` is fully qualified (`docker.io/library/busybox`).
public struct ImageName: Sendable, Equatable, Hashable {
    public let repository: String
    /// A tag, or a digest `sha256:...` where the name is one by digest.
    public let reference: String
    public let image: String

    public init(repository: String, reference: String, image: String) {
        self.repository = repository
        self.reference = reference
        self.image = image
    }
}

extension MetadataDatabase {
    /// Adds an image, or leaves the one that is there, and gives it names; a tag moves from the image that had it.
    public func addImage(
        _ image: ImageRecord, tag: (repository: String, tag: String)?, digest: (repository: String, digest: String)?
    )
        throws(ContainerError)
    {
        try write { database in
            try database.execute(
                sql:
                    "INSERT OR IGNORE INTO image (id, manifest, config, layers, size, added) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    image.id, image.manifest, image.config.data, image.layers.joined(separator: " "), image.size,
                    image.added,
                ])
            for blob in image.blobs {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO image_blob VALUES (?, ?)", arguments: [image.id, blob])
            }
            for layer in image.layers {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO image_layer VALUES (?, ?)", arguments: [image.id, layer])
            }
            if let tag {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO image_tag VALUES (?, ?, ?)",
                    arguments: [tag.repository, tag.tag, image.id])
            }
            if let digest {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO image_digest VALUES (?, ?, ?)",
                    arguments: [digest.repository, digest.digest, image.id])
            }
        }
    }

    /// The image that a tag or a digest names; its `blobs` are left out.
    public func image(repository: String, reference: String) throws(ContainerError) -> ImageRecord? {
        let (table, column) = reference.contains(":") ? ("image_digest", "digest") : ("image_tag", "tag")
        return try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT image.* FROM image JOIN \(table) AS name ON name.image = image.id
                    WHERE name.repository = ? AND name.\(column) = ?
                    """, arguments: [repository, reference]
            ).map(ImageRecord.init(row:))
        }
    }

    /// The images whose id starts with `prefix` (hexadecimal digits), two at most.
    public func images(idPrefix prefix: String) throws(ContainerError) -> [ImageRecord] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM image WHERE id >= ? AND id < ? LIMIT 2",
                arguments: [prefix, prefix + "g"]
            ).map(ImageRecord.init(row:))
        }
    }

    public func images() throws(ContainerError) -> [ImageRecord] {
        try read { try Row.fetchAll($0, sql: "SELECT * FROM image").map(ImageRecord.init(row:)) }
    }

    public func imageTags() throws(ContainerError) -> [ImageName] {
        try names("SELECT repository, tag AS reference, image FROM image_tag ORDER BY repository, tag")
    }

    public func imageDigests() throws(ContainerError) -> [ImageName] {
        try names("SELECT repository, digest AS reference, image FROM image_digest ORDER BY repository, digest")
    }

    private func names(_ sql: String) throws(ContainerError) -> [ImageName] {
        try read { database in
            try Row.fetchAll(database, sql: sql).map {
                ImageName(repository: $0["repository"], reference: $0["reference"], image: $0["image"])
            }
        }
    }

    /// The repositories that images with a blob came from or went to, the latest image's first.
    /// - Parameters:
    ///   - blob: 64 hexadecimal digits.
    ///   - domain: of which registry: `docker.io`.
    public func repositories(holding blob: String, on domain: String) throws(ContainerError) -> [String] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT repository FROM image_digest JOIN image ON image.id = image_digest.image
                    JOIN image_blob ON image_blob.image = image.id
                    WHERE image_blob.digest = ? AND substr(repository, 1, ?) = ?
                    GROUP BY repository ORDER BY max(added) DESC, repository LIMIT 16
                    """, arguments: [blob, domain.count + 1, domain + "/"])
        }
    }

    /// Notes that a registry's repository has an image under a digest.
    public func addDigest(repository: String, digest: String, image: String) throws(ContainerError) {
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO image_digest VALUES (?, ?, ?)", arguments: [repository, digest, image])
        }
    }

    public func addTag(repository: String, tag: String, image: String) throws(ContainerError) {
        try write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO image_tag VALUES (?, ?, ?)", arguments: [repository, tag, image])
        }
    }

    public func removeTag(repository: String, tag: String) throws(ContainerError) {
        try write { database in
            try database.execute(
                sql: "DELETE FROM image_tag WHERE repository = ? AND tag = ?", arguments: [repository, tag])
        }
    }

    public func removeDigest(repository: String, digest: String) throws(ContainerError) {
        try write { database in
            try database.execute(
                sql: "DELETE FROM image_digest WHERE repository = ? AND digest = ?", arguments: [repository, digest])
        }
    }

    /// Forgets an image and all its names.
    /// - Returns: the chain ids of the layers that no other image has, top first.
    public func removeImage(id: String) throws(ContainerError) -> [String] {
        try write { database in
            let alone = try Set(
                String.fetchAll(
                    database,
                    sql: """
                        SELECT chain FROM image_layer AS mine WHERE image = ? AND NOT EXISTS
                        (SELECT 1 FROM image_layer WHERE chain = mine.chain AND image != mine.image)
                        """, arguments: [id]))
            let layers =
                try String.fetchOne(database, sql: "SELECT layers FROM image WHERE id = ?", arguments: [id]) ?? ""
            try database.execute(sql: "DELETE FROM image WHERE id = ?", arguments: [id])
            return layers.split(separator: " ").map(String.init).reversed().filter { alone.contains($0) }
        }
    }

    /// The digests of all blobs and the chain ids of all layers that an image needs.
    /// - Parameter images: images that are taken for gone, by id.
    public func contentInUse(without images: Set<String> = []) throws(ContainerError) -> (
        blobs: Set<String>, layers: Set<String>
    ) {
        try read { database in
            func needed(_ sql: String) throws -> Set<String> {
                let rows = try Row.fetchAll(database, sql: sql)
                return Set(rows.filter { !images.contains($0["image"]) }.map { $0["content"] as String })
            }
            return (
                try needed("SELECT image, digest AS content FROM image_blob"),
                try needed("SELECT image, chain AS content FROM image_layer")
            )
        }
    }
}

extension ImageRecord {
    init(row: Row) {
        let data: Data = row["config"]
        let layers: String = row["layers"]
        self.init(
            id: row["id"], manifest: row["manifest"], config: Array(data),
            layers: layers.split(separator: " ").map(String.init),
            size: row["size"], added: row["added"])
    }
}
