import ContainerSystem
import Synchronization

/// What the TLS of one registry needs beside the system's authorities.
public struct TLSCertificates: Sendable, Hashable {
    /// A certificate to show, and its key.
    public struct Client: Sendable, Hashable {
        /// PEM files.
        public var certificate: String
        public var key: String
    }

    /// PEM files with authorities that are trusted as well.
    public var authorities: [String] = []
    public var client: Client?

    public init() {}

    var isEmpty: Bool { authorities.isEmpty && client == nil }
}

/// docker's `certs.d`: a folder per registry, `HOST[:PORT]`, with its authorities (`*.crt`) and the certificate and key
/// to show it (`*.cert`, `*.key`).
final class CertificateFolders: Sendable {
    private let folders: [String]
    private let known = Mutex<[String: TLSCertificates]>([:])

    init(_ folders: [String]) { self.folders = folders }

    /// Where a user would put a registry's certificates.
    func folder(for address: HTTPAddress) -> String {
        "\(folders.first ?? "certs.d")/\(names(address)[0])"
    }

    /// Read once per registry.
    /// - Throws: `invalidArgument` for a certificate without its key and the other way round; `permissionDenied`.
    func certificates(for address: HTTPAddress) throws(ContainerError) -> TLSCertificates {
        if let found = known.withLock({ $0[address.authority] }) { return found }
        var certificates = TLSCertificates()
        for folder in folders {
            for name in names(address) where Files.exists("\(folder)/\(name)") {
                try add("\(folder)/\(name)", to: &certificates)
            }
        }
        known.withLock { $0[address.authority] = certificates }
        return certificates
    }

    /// As references spell the registry: a default port is usually left out.
    private func names(_ address: HTTPAddress) -> [String] {
        var names = address.port == 443 ? [address.host, address.authority] : [address.authority]
        if address.host == "registry-1.docker.io" { names.insert("docker.io", at: 0) }
        return names
    }

    private func add(_ folder: String, to certificates: inout TLSCertificates) throws(ContainerError) {
        let files = try Files.list(folder).sorted()
        func wrong(_ text: String, hint: String) -> ContainerError {
            ContainerError(.invalidArgument, "read \(folder): \(text)", hint: hint)
        }
        for file in files where file.hasSuffix(".crt") { certificates.authorities.append("\(folder)/\(file)") }
        var client: TLSCertificates.Client?
        for file in files where file.hasSuffix(".cert") {
            let key = file.dropLast(5) + ".key"
            guard files.contains(String(key)) else {
                throw wrong(
                    "missing key \(key) for client certificate \(file)",
                    hint: "CA certificates must use the extension .crt")
            }
            guard client == nil else {
                throw wrong("there is more than one client certificate", hint: "leave one of them there")
            }
            client = .init(certificate: "\(folder)/\(file)", key: "\(folder)/\(key)")
        }
        // Of several folders the first one counts.
        certificates.client = certificates.client ?? client
        for file in files where file.hasSuffix(".key") {
            let certificate = file.dropLast(4) + ".cert"
            guard files.contains(String(certificate)) else {
                throw wrong(
                    "missing client certificate \(certificate) for key \(file)", hint: "put it there, or remove the key"
                )
            }
        }
    }
}
