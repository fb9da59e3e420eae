import ContainerSystem
import OCISpec

extension RegistryClient {
    /// Fills the buffer with the next bytes and answers how many; 0 at the end.
    public typealias BlobReader = @Sendable (UnsafeMutableRawBufferPointer) throws(ContainerError) -> Int

    /// How a blob came into a repository.
    public enum BlobPush: Sendable, Equatable {
        case alreadyThere
        /// Without its bytes, from another repository of the registry.
        case mounted(from: String)
        case sent
    }

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

    /// Sends a blob unless the repository has it, or the registry can take it over from another of its repositories
    /// (distribution specification, "Pushing blobs", "Mounting a blob from another repository"). An upload that breaks
    /// is taken up again where the registry says that it ended.
    /// - Parameters:
    ///   - repositories: paths of repositories of the same registry that may have the blob, the likeliest first.
    ///   - open: opens the blob's bytes at an offset, again for each try.
    @discardableResult
    public func pushBlob(
        _ digest: Digest, size: Int64, to reference: ImageReference, mountingFrom repositories: [String] = [],
        open: (_ offset: Int64) throws(ContainerError) -> BlobReader
    ) throws(ContainerError) -> BlobPush {
        if try hasBlob(digest, in: reference) { return .alreadyThere }
        return try withoutActuallyEscaping(open) { open throws(ContainerError) in
            var upload = BlobUpload(session: session, digest: digest, size: size, reference: reference, open: open)
            return try upload.run(mountingFrom: repositories)
        }
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
