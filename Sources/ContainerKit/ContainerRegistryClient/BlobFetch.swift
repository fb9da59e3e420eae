import ContainerSystem
import OCISpec

extension RegistryClient {
    /// Bytes between two breaks that make up for the first.
    private static let progress: Int64 = 1 << 20

    /// Streams a blob (distribution specification, "Pulling blobs"). A connection that breaks is taken up again where it
    /// broke, so each byte comes once. The size is checked here, to the byte; the digest is the receiver's to check,
    /// because it hashes what it stores.
    /// - Parameters:
    ///   - size: bytes, as the manifest says.
    ///   - offset: how many of its first bytes are not wanted, as an earlier call brought them.
    ///   - sink: gets the bytes in order; what it throws ends the transfer at once and comes back.
    /// - Throws: `notFound`; `corrupted` when the blob has another size; `unavailable`.
    public func fetchBlob(
        _ digest: Digest, size: Int64, from reference: ImageReference, startingAt offset: Int64 = 0,
        into sink: (UnsafeRawBufferPointer) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        let whole = RegistryOperation("pull", reference, .blob(digest.description))
        let name = whole.name
        var sources = session.sources(whole)[...]
        var received = offset
        var breaks = 0
        func wrongSize(_ text: String) -> ContainerError {
            ContainerError(
                .corrupted, "blob \(digest) is \(text)", hint: "the registry's copy is damaged: push the image again")
        }
        while true {
            let start = received
            let operation = sources.first ?? whole
            var request = RegistryRequest(
                operation: operation, location: .path("/v2/\(reference.path)/blobs/\(digest)"),
                stallTimeout: session.patience.blobStall)
            if start > 0 { request.headers.append(HTTPHeader("Range", "bytes=\(start)-")) }
            // After a break, the bytes before it come again from a server that knows no ranges.
            var skip: Int64?
            func take(_ head: HTTPResponseHead, _ piece: UnsafeRawBufferPointer) throws(ContainerError) {
                if skip == nil { skip = try Self.bytesToSkip(head, resumingAt: start) }
                let skipped = Int(min(skip ?? 0, Int64(piece.count)))
                skip = (skip ?? 0) - Int64(skipped)
                let fresh = UnsafeRawBufferPointer(rebasing: piece[skipped...])
                guard received + Int64(fresh.count) <= size else {
                    throw wrongSize("larger than the \(size) bytes that its manifest says")
                }
                if !fresh.isEmpty {
                    do { try sink(fresh) } catch {
                        refusal = error
                        throw error
                    }
                    received += Int64(fresh.count)
                }
            }
            var brokeOff = false
            var refusal: ContainerError?
            do throws(ContainerError) {
                _ = try session.retrying { () throws(RegistryFailure) in
                    do throws(RegistryFailure) {
                        return try session.exchange(request, sink: take)
                    } catch {
                        // What has been delivered must not be delivered again: leave the retries, ask for the rest.
                        guard error.isTransient, received > offset else { throw error }
                        brokeOff = true
                        throw RegistryFailure(error: error.error)
                    }
                }
            } catch {
                // What a mirror does not give, or not all of it, the next one or the registry itself may.
                if refusal == nil, received < size, operation.mirror != nil {
                    session.rest(operation.mirror, after: error)
                    sources = sources.dropFirst()
                    continue
                }
                guard brokeOff else { throw error }
                // All bytes came; that the connection then broke is no loss.
                if received == size { return }
                // Progress earns another try, but a server that gives a byte at a time does not get them for ever.
                breaks = received - start >= Self.progress ? 1 : breaks + 1
                guard breaks < session.patience.attempts else {
                    throw ContainerError(
                        .unavailable, "\(name): blob \(digest) ended after \(received) of \(size) bytes",
                        cause: error.cause, hint: "try again later")
                }
                session.clock.sleep(session.patience.backoff)
                continue
            }
            if received < size, operation.mirror != nil {
                sources = sources.dropFirst()
                continue
            }
            guard received == size else {
                throw wrongSize("truncated: \(received) of the \(size) bytes that its manifest says").during(name)
            }
            return
        }
    }

    /// How many bytes of an answer have already been delivered.
    private static func bytesToSkip(_ head: HTTPResponseHead, resumingAt start: Int64) throws(ContainerError) -> Int64 {
        guard head.status == 206 else { return start }
        let range = head["Content-Range"].map { $0.lowercased().drop { $0 == " " } }
        let first = range.flatMap { range -> Int64? in
            guard range.hasPrefix("bytes ") else { return nil }
            return Int64(range.dropFirst(6).prefix { $0 != "-" })
        }
        guard first == start else {
            throw ContainerError(.corrupted, "the registry sent another part of the blob than it was asked for")
        }
        return 0
    }

    /// A small blob in memory, checked against size and digest: an image's configuration.
    /// - Parameter limit: bytes beyond which it is refused unread.
    public func fetchSmallBlob(_ descriptor: ContentDescriptor, from reference: ImageReference, limit: Int = 8 << 20)
        throws(ContainerError) -> [UInt8]
    {
        let name = "pull \(reference.familiar): blob \(descriptor.digest)"
        guard descriptor.size <= limit else {
            throw ContainerError(.corrupted, "\(name) is too large", cause: "\(descriptor.size) bytes")
        }
        var bytes = [UInt8]()
        bytes.reserveCapacity(Int(descriptor.size))
        try fetchBlob(descriptor.digest, size: descriptor.size, from: reference) { bytes.append(contentsOf: $0) }
        let digest = try digest(of: bytes)
        guard digest == descriptor.digest else {
            throw ContainerError(
                .corrupted, "\(name) does not match its digest", cause: "got \(digest)",
                hint: "the registry or something on the way to it changed the bytes")
        }
        return bytes
    }
}
