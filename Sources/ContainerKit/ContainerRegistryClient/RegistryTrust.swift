import ContainerSystem
import Synchronization

/// How each address may be spoken to: schemes, certificates and proxies, from the configuration.
final class RegistryTrust: Sendable {
    private let configuration: RegistryConfiguration
    private let certificates: CertificateFolders
    private let lookup: HostLookup
    /// A name is looked up once: what is trusted does not change in the middle of a transfer.
    private let insecure = Mutex<[String: Bool]>([:])

    init(_ configuration: RegistryConfiguration, lookup: HostLookup) {
        self.configuration = configuration
        certificates = CertificateFolders(configuration.certificateFolders)
        self.lookup = lookup
    }

    /// Whether an address may be spoken to in plain HTTP, or with any certificate. A registry on this machine may,
    /// unless somebody has put down whom to trust for it.
    func isInsecure(_ address: HTTPAddress) throws(ContainerError) -> Bool {
        if address.isLoopback, try certificates.certificates(for: address).authorities.isEmpty { return true }
        if let known = insecure.withLock({ $0[address.authority] }) { return known }
        let answer = configuration.insecure.names(address, lookup: lookup)
        insecure.withLock { $0[address.authority] = answer }
        return answer
    }

    /// The schemes to try, the likeliest first.
    ///
    /// A registry on this machine nearly always speaks plain HTTP. Asking with HTTP first costs it nothing, where docker
    /// first loads the certificates and fails a handshake (some 15 ms); one that does speak TLS gives itself away with
    /// its first answer, at the price of one round trip on loopback. Nothing secret is in that first request:
    /// credentials are only sent after a challenge, and to this very machine. A distant insecure registry is asked with
    /// TLS first, because there a password would cross a wire.
    func schemes(for address: HTTPAddress) throws(ContainerError) -> [HTTPAddress.Scheme] {
        guard try isInsecure(address) else { return [.https] }
        let speaksTLS = try !certificates.certificates(for: address).isEmpty
        return address.isLoopback && !speaksTLS ? [.http, .https] : [.https, .http]
    }

    /// Completes a request to an address, which the registry at `home` named.
    func prepare(_ request: inout HTTPRequest, home: HTTPAddress) throws(ContainerError) {
        let address = request.url
        let (isHomeInsecure, isInsecure) = (try isInsecure(home), try isInsecure(address))
        request.acceptsAnyCertificate = isHomeInsecure && isInsecure
        request.proxy = try configuration.proxies.proxy(for: address)
        guard address.scheme == .https else { return }
        request.certificates = try certificates.certificates(for: address)
        // As with docker, whom the registry may be vouched for by, its token server may too. Its client certificate is
        // for itself alone.
        if address.authority != home.authority {
            for file in try certificates.certificates(for: home).authorities
            where !request.certificates.authorities.contains(file) {
                request.certificates.authorities.append(file)
            }
        }
    }

    /// Where a user would put a registry's certificates.
    func certificateFolder(for address: HTTPAddress) -> String { certificates.folder(for: address) }
}
