/// The tables, one entry per version of the schema; entries are added, never changed.
enum Schema {
    static let versions = [
        """
        CREATE TABLE image (
            id TEXT PRIMARY KEY NOT NULL,
            manifest TEXT NOT NULL,
            config BLOB NOT NULL,
            layers TEXT NOT NULL,
            size INTEGER NOT NULL,
            added REAL NOT NULL
        );
        CREATE TABLE image_blob (
            image TEXT NOT NULL REFERENCES image(id) ON DELETE CASCADE,
            digest TEXT NOT NULL,
            PRIMARY KEY (image, digest)
        ) WITHOUT ROWID;
        CREATE INDEX image_blob_digest ON image_blob(digest);
        CREATE TABLE image_layer (
            image TEXT NOT NULL REFERENCES image(id) ON DELETE CASCADE,
            chain TEXT NOT NULL,
            PRIMARY KEY (image, chain)
        ) WITHOUT ROWID;
        CREATE INDEX image_layer_chain ON image_layer(chain);
        CREATE TABLE image_tag (
            repository TEXT NOT NULL,
            tag TEXT NOT NULL,
            image TEXT NOT NULL REFERENCES image(id) ON DELETE CASCADE,
            PRIMARY KEY (repository, tag)
        ) WITHOUT ROWID;
        CREATE INDEX image_tag_image ON image_tag(image);
        CREATE TABLE image_digest (
            repository TEXT NOT NULL,
            digest TEXT NOT NULL,
            image TEXT NOT NULL REFERENCES image(id) ON DELETE CASCADE,
            PRIMARY KEY (repository, digest)
        ) WITHOUT ROWID;
        CREATE INDEX image_digest_image ON image_digest(image);
        CREATE TABLE container (
            id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL UNIQUE,
            image TEXT NOT NULL,
            configuration BLOB NOT NULL,
            created REAL NOT NULL,
            started REAL,
            owner_pid INTEGER NOT NULL,
            owner_start INTEGER NOT NULL
        );
        CREATE INDEX container_image ON container(image);
        CREATE TABLE network (
            name TEXT PRIMARY KEY NOT NULL,
            bridge TEXT NOT NULL,
            subnet TEXT NOT NULL,
            last_address INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE lease (
            network TEXT NOT NULL,
            address INTEGER NOT NULL,
            container TEXT NOT NULL,
            PRIMARY KEY (network, address)
        ) WITHOUT ROWID;
        CREATE INDEX lease_container ON lease(container);
        """,
        """
        CREATE TABLE volume (
            name TEXT PRIMARY KEY NOT NULL,
            labels TEXT NOT NULL,
            options TEXT NOT NULL,
            created REAL NOT NULL,
            is_anonymous INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE volume_use (
            volume TEXT NOT NULL REFERENCES volume(name),
            container TEXT NOT NULL REFERENCES container(id) ON DELETE CASCADE,
            PRIMARY KEY (volume, container)
        ) WITHOUT ROWID;
        CREATE INDEX volume_use_container ON volume_use(container);
        """,
    ]
}
