import ContainerSystem
import OCISpec

extension RegistryClient {
    /// Fills the buffer with the next bytes and answers how many; 0 at the end.
    public typealias BlobReader = @Sendable (UnsafeMutableRawBufferPointer) throws(ContainerError) -> Int

    /// Whether the repository already has the blob (distribution specification, "Checking if content exists").
    public func hasBlob(_ digest: Digest, in reference: ImageReference) throws(ContainerError) -> Bool {
        let request = RegistryRequest(
            operation: RegistryOperation("push", reference, .blob(digest.description)), method: .head,
            location: .path("/v2/\(reference.path)/blobs/\(digest)"), stallTimeout: session.patience.stall)
        do {
            _ = try fetchBytes(request, limit: 0)
            return true
        } catch {
            if error.code == .notFound { return false }
            throw error
        }
    }

    /// Sends a blob unless the repository has it (distribution specification, "Pushing a blob monolithically").
    /// - Parameter open: opens the blob's bytes from the start, again for each try.
    /// - Returns: whether it had to be sent.
    @discardableResult
    public func pushBlob(
        _ digest: Digest, size: Int64, to reference: ImageReference, open: () throws(ContainerError) -> BlobReader
    ) throws(ContainerError) -> Bool {
        if try hasBlob(digest, in: reference) { return false }
        let operation = RegistryOperation("push", reference, .upload)
        let start = RegistryRequest(
            operation: operation, method: .post, location: .path("/v2/\(reference.path)/blobs/uploads/"),
            stallTimeout: session.patience.stall)
        try session.retrying { () throws(RegistryFailure) in
            let opened = try session.exchange(start) { _, _ in }
            guard let location = opened.head["Location"].flatMap({ opened.address.resolving($0) }),
                opened.address.scheme == .http || location.scheme == .https
            else {
                throw RegistryFailure(
                    error: ContainerError(
                        .unavailable, "\(operation.name): \(opened.address.authority) does not say where to upload to"))
            }
            try withoutActuallyEscaping(open) { open throws(RegistryFailure) in
                let upload = RegistryRequest(
                    operation: operation, method: .put,
                    location: .address(location.adding([(name: "digest", value: digest.description)])),
                    headers: [HTTPHeader("Content-Type", "application/octet-stream")],
                    body: { () throws(ContainerError) in HTTPRequest.Body(size: size, read: try open()) },
                    stallTimeout: session.patience.blobStall)
                _ = try session.exchange(upload) { _, _ in }
            }
        }
        return true
    }

    /// Puts a manifest or an index under the reference's tag, or under its digest when it has one.
    /// - Returns: the digest of the bytes.
    /// - Throws: `corrupted` when the registry answers with another digest.
    @discardableResult
    public func pushManifest(_ bytes: [UInt8], mediaType: String, to reference: ImageReference) throws(ContainerError)
        -> Digest
    {
        let operation = RegistryOperation("push", reference, .upload)
        let digest = try digest(of: bytes)
        let request = RegistryRequest(
            operation: operation, method: .put,
            location: .path("/v2/\(reference.path)/manifests/\(reference.tagOrDigest)"),
            headers: [HTTPHeader("Content-Type", mediaType)], body: { HTTPRequest.Body(bytes) },
            stallTimeout: session.patience.stall)
        let (answer, _) = try fetchBytes(request, limit: 1 << 20)
        if let stated = answer.head["Docker-Content-Digest"].flatMap({ Digest($0) }), stated != digest {
            throw ContainerError(
                .corrupted, "\(operation.name): the registry stored another manifest",
                cause: "sent \(digest), stored \(stated)")
        }
        return digest
    }
}
