import CKArchive
import ContainerSystem
import Glibc

/// What every use of libarchive shares.
enum ArchiveLibrary {
    /// - Throws: `unsupported` when libarchive is not installed.
    static func load() throws(ContainerError) {
        guard ck_archive_is_available() != 0 else {
            throw ContainerError(
                .unsupported, "read archive: cannot load \(CK_ARCHIVE_LIBRARY)", hint: "apt-get install libarchive13")
        }
    }

    /// Runs in a locale of its own: libarchive translates names between the archive's character set and the thread's.
    /// In "C" a name comes out as the bytes that it is; in "C.UTF-8" it is written as the UTF-8 that it is.
    static func withLocale<Result>(
        _ name: String, _ body: () throws(ContainerError) -> Result
    ) throws(ContainerError) -> Result {
        let locale = ck_archive_locale(name)
        guard let locale else { return try body() }
        let previous = uselocale(locale)
        defer {
            uselocale(previous)
            freelocale(locale)
        }
        return try body()
    }

    static func message(_ archive: OpaquePointer) -> String {
        ck_archive_error_string(archive).map { String(cString: $0).printable } ?? "unknown error"
    }

    /// Turns a status into an error; a warning (a name that is not UTF-8, say) is none.
    static func check(
        _ status: CInt, _ archive: OpaquePointer, _ operation: String
    ) throws(ContainerError) {
        if status == ARCHIVE_OK || status == ARCHIVE_WARN || status == ARCHIVE_EOF { return }
        throw ContainerError(.corrupted, operation, cause: message(archive))
    }
}

/// `AE_IFREG`, the file type of a regular file, which the importer of C headers cannot read.
let regularFile: UInt32 = 0o100000
/// `AE_IFDIR`
let folderFile: UInt32 = 0o040000
