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
        """
        ALTER TABLE network RENAME TO old_network;
        CREATE TABLE network (
            id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL UNIQUE,
            driver TEXT NOT NULL,
            link TEXT NOT NULL,
            created REAL NOT NULL,
            is_internal INTEGER NOT NULL,
            is_attachable INTEGER NOT NULL,
            labels TEXT NOT NULL,
            options TEXT NOT NULL
        );
        CREATE TABLE subnet (
            network TEXT NOT NULL REFERENCES network(id) ON DELETE CASCADE,
            subnet TEXT NOT NULL,
            gateway TEXT,
            range TEXT,
            reserved TEXT NOT NULL,
            last_address TEXT,
            PRIMARY KEY (network, subnet)
        ) WITHOUT ROWID;
        CREATE TABLE endpoint (
            network TEXT NOT NULL REFERENCES network(id),
            container TEXT NOT NULL,
            id TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            address TEXT,
            address6 TEXT,
            mac TEXT,
            PRIMARY KEY (network, container)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX endpoint_address ON endpoint(network, address);
        CREATE UNIQUE INDEX endpoint_address6 ON endpoint(network, address6);
        CREATE INDEX endpoint_container ON endpoint(container);
        CREATE TABLE port (
            transport TEXT NOT NULL,
            host_port INTEGER NOT NULL,
            host_address TEXT NOT NULL,
            container TEXT NOT NULL,
            container_port INTEGER NOT NULL,
            PRIMARY KEY (transport, host_port, host_address)
        ) WITHOUT ROWID;
        CREATE INDEX port_container ON port(container);
        INSERT INTO network SELECT lower(hex(randomblob(32))), name, 'bridge', bridge, 0, 0, 0, '{}', '{}'
            FROM old_network;
        INSERT INTO subnet SELECT network.id, subnet, substr(subnet, 1, instr(subnet, '/') - 2) || '1', NULL, '{}', NULL
            FROM old_network JOIN network USING (name);
        INSERT INTO endpoint SELECT network.id, container, lower(hex(randomblob(32))), 0,
            (address >> 24) || '.' || (address >> 16 & 255) || '.' || (address >> 8 & 255) || '.' || (address & 255),
            NULL, NULL
            FROM lease JOIN network ON network.name = lease.network;
        DROP TABLE lease;
        DROP TABLE old_network;
        """,
    ]
}
