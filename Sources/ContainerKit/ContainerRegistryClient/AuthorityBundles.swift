import ContainerSystem
import Synchronization

/// Authorities of a user's beside the system's, as one text in PEM: libcurl takes the one or the other.
final class AuthorityBundles: Sendable {
    private let bundles = Mutex<[[String]: [UInt8]]>([:])

    private static let fileLimit = 4 << 20

    /// - Parameters:
    ///   - files: PEM files; none of them leaves the system's alone.
    ///   - system: the system's own bundle; nil or missing where there is none.
    /// - Throws: `invalidArgument` for a file without a certificate.
    func bundle(_ files: [String], system: String?) throws(ContainerError) -> [UInt8]? {
        guard !files.isEmpty else { return nil }
        if let known = bundles.withLock({ $0[files] }) { return known }
        var bundle = [UInt8]()
        if let system, Files.exists(system) { bundle = try Files.read(system, limit: Self.fileLimit) }
        for file in files {
            let bytes = try Files.read(file, limit: Self.fileLimit)
            guard String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") else {
                throw ContainerError(
                    .invalidArgument, "read \(file): it has no certificate",
                    hint: "it must be in PEM: -----BEGIN CERTIFICATE-----")
            }
            bundle += [UInt8(ascii: "\n")] + bytes
        }
        bundles.withLock { $0[files] = bundle }
        return bundle
    }
}
