import ContainerSystem

extension RegistryClient {
    /// Asks a registry whether it takes this client's credential for it (distribution specification, "API version
    /// check").
    /// - Parameter registry: as references spell it: `docker.io`, `localhost:5000`.
    /// - Returns: an identity token to keep instead of the password, when the registry gives one.
    /// - Throws: `permissionDenied` when it does not take it; `unavailable`, `invalidArgument`.
    public func login(_ registry: String) throws(ContainerError) -> RegistryCredential? {
        let operation = RegistryOperation("login", registry: registry)
        let request = RegistryRequest(
            operation: operation, location: .path("/v2/"), stallTimeout: session.patience.stall)
        _ = try fetchBytes(request, limit: 1 << 20)
        return session.authorization(for: operation)?.identityToken.map { RegistryCredential(identityToken: $0) }
    }
}
