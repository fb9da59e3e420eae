import CKArchive
import ContainerSystem
import Glibc

/// How the tar of a layer is compressed.
public enum LayerCompression: String, Sendable, CaseIterable {
    case none, gzip, zstd, xz, bzip2

    /// How many bytes `detect` looks at.
    static let longestSignature = 6

    /// What the first bytes of a file say; `none` when nothing.
    public static func detect(_ bytes: some Collection<UInt8>) -> LayerCompression {
        if bytes.starts(with: [0x1f, 0x8b]) { return .gzip }
        if bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return .zstd }
        if bytes.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) { return .xz }
        if bytes.starts(with: [0x42, 0x5a, 0x68]) { return .bzip2 }
        return .none
    }

    /// The media type of such a layer (OCI image specification, layer.md); nil when the specification has none.
    public var mediaType: String? {
        switch self {
        case .none: "application/vnd.oci.image.layer.v1.tar"
        case .gzip: "application/vnd.oci.image.layer.v1.tar+gzip"
        case .zstd: "application/vnd.oci.image.layer.v1.tar+zstd"
        case .xz, .bzip2: nil
        }
    }

    var filter: CInt {
        switch self {
        case .none: ARCHIVE_FILTER_NONE
        case .gzip: ARCHIVE_FILTER_GZIP
        case .zstd: ARCHIVE_FILTER_ZSTD
        case .xz: ARCHIVE_FILTER_XZ
        case .bzip2: ARCHIVE_FILTER_BZIP2
        }
    }
}
