import ContainerSystem
import OCISpec
import Synchronization

/// The way of one blob into a repository, as long as it takes: mounted, in one piece, in chunks, or resumed
/// (distribution specification, "Pushing blobs").
struct BlobUpload {
    let session: RegistrySession
    let digest: Digest
    let size: Int64
    let reference: ImageReference
    let open: (_ offset: Int64) throws(ContainerError) -> RegistryClient.BlobReader

    /// Where the registry wants the bytes.
    private struct Place {
        var location: HTTPAddress
        /// Bytes of a chunk, where the registry asks for chunks.
        var chunk: Int64?
    }

    /// How many bytes of a blob the registry has.
    private enum Position {
        case bytes(Int64)
        case unknown
    }

    /// Mounts that are tried: each one that fails is a round trip.
    private static let mountLimit = 3
    /// Chunks are not smaller than this, to be worth their round trip, nor larger than that: a break costs one.
    private static let chunkSizes = Int64(16 << 20)...Int64(256 << 20)
    /// Bytes per second that a slow registry still stores, once it has all of them: it says nothing meanwhile.
    private static let slowestStorage = 10e6
    /// Bytes between two breaks that make up for the first.
    private static let progress: Int64 = 1 << 20

    init(
        session: RegistrySession, digest: Digest, size: Int64, reference: ImageReference,
        open: @escaping (_ offset: Int64) throws(ContainerError) -> RegistryClient.BlobReader
    ) {
        self.session = session
        self.digest = digest
        self.size = size
        self.reference = reference
        self.open = open
    }

    private var operation: RegistryOperation { RegistryOperation("push", reference, .upload) }

    mutating func run(mountingFrom repositories: [String]) throws(ContainerError) -> RegistryClient.BlobPush {
        var place: Place?
        for repository in repositories.prefix(Self.mountLimit) {
            switch try mount(from: repository) {
            case .done: return .mounted(from: repository)
            case .place(let next):
                if let place { cancel(place) }
                place = next
            case .refused: break
            }
        }
        if place == nil { place = try start() }
        if let place { try send(to: place) }
        return .sent
    }

    // MARK: - Beginning

    private enum Mount {
        case done
        /// The registry would rather have the bytes.
        case place(Place)
        case refused
    }

    private func mount(from repository: String) throws(ContainerError) -> Mount {
        do {
            let query = [(name: "mount", value: digest.description), (name: "from", value: repository)]
            let answer = try begin(operation.reading(repository), query: query)
            return answer.head.status == 201 ? .done : .place(try place(answer))
        } catch {
            // Without the right to read there, it is an upload like any other.
            if [.permissionDenied, .notFound].contains(error.code) { return .refused }
            throw error
        }
    }

    private func start() throws(ContainerError) -> Place { try place(try begin(operation, query: [])) }

    private func begin(_ operation: RegistryOperation, query: [(name: String, value: String)]) throws(ContainerError)
        -> RegistryAnswer
    {
        let fields = HTTPAddress.form(query)
        let request = RegistryRequest(
            operation: operation, method: .post,
            location: .path("/v2/\(reference.path)/blobs/uploads/" + (fields.isEmpty ? "" : "?" + fields)),
            stallTimeout: session.patience.stall)
        return try session.retrying { () throws(RegistryFailure) in try session.exchange(request) { _, _ in } }
    }

    private func place(_ answer: RegistryAnswer) throws(ContainerError) -> Place {
        guard let location = Self.location(answer) else {
            throw ContainerError(
                .unavailable, "\(operation.name): \(answer.address.authority) does not say where to upload to")
        }
        let asked = answer.head["OCI-Chunk-Min-Length"].flatMap { Int64($0) }.map { max($0, 1) }
        guard let asked, asked <= Self.chunkSizes.upperBound else { return Place(location: location) }
        return Place(location: location, chunk: max(asked, Self.chunkSizes.lowerBound))
    }

    /// Where an answer leads, when that is no worse a place than where it came from.
    private static func location(_ answer: RegistryAnswer) -> HTTPAddress? {
        guard let location = answer.head["Location"].flatMap({ answer.address.resolving($0) }),
            answer.address.scheme == .http || location.scheme == .https, !location.isOffLimits(from: answer.address)
        else { return nil }
        return location
    }

    /// Nobody waits for an upload that is not needed; the registry would find out in time.
    private func cancel(_ place: Place) {
        let request = RegistryRequest(
            operation: operation, method: .delete, location: .address(place.location),
            stallTimeout: session.patience.stall)
        do { _ = try session.exchange(request) { _, _ in } } catch {}
    }

    // MARK: - Sending

    private func send(to start: Place) throws(ContainerError) {
        var place = start
        var position: Int64 = 0
        var lastBreak: Int64 = 0
        var breaks = 0
        var pause = session.patience.backoff
        while true {
            let before = position
            do throws(RegistryFailure) {
                return try send(from: &position, to: &place)
            } catch {
                breaks += 1
                // 404: the registry has forgotten the upload; 416: it has other bytes than we thought. After a
                // resumption, 400 is a digest that does not fit what was pieced together.
                let mayResume = error.isTransient || error.status == 404 || error.status == 416
                let mayRestart = error.status == 400 && before > 0
                let wait = max(pause, error.retryAfter ?? 0)
                guard mayResume || mayRestart, breaks < session.patience.attempts, wait <= session.patience.budget
                else { throw error.error }
                session.clock.sleep(wait)
                pause *= 3
                if mayResume, case .bytes(let count) = try ask(&place) {
                    if count - lastBreak >= Self.progress { (breaks, pause) = (1, session.patience.backoff) }
                    position = count
                } else {
                    place = try self.start()
                    position = 0
                }
                lastBreak = position
            }
        }
    }

    /// Asks how far the registry got with an upload.
    private func ask(_ place: inout Place) throws(ContainerError) -> Position {
        let request = RegistryRequest(
            operation: operation, location: .address(place.location), stallTimeout: session.patience.stall)
        let answer: RegistryAnswer
        do {
            answer = try session.retrying { () throws(RegistryFailure) in try session.exchange(request) { _, _ in } }
        } catch {
            // Whatever it says instead, a new upload is the way on.
            if error.code == .notFound || error.code == .unavailable { return .unknown }
            throw error
        }
        place.location = Self.location(answer) ?? place.location
        // Registries say `0-0` for nothing and for one byte alike.
        guard let end = Self.end(answer.head["Range"]), end > 0, end < size else { return .unknown }
        return .bytes(end + 1)
    }

    /// The last byte of `0-1023`, with or without `bytes=`.
    private static func end(_ range: String?) -> Int64? {
        guard let range, let dash = range.lastIndex(of: "-") else { return nil }
        let first = range[..<dash].drop { !("0"..."9").contains($0) }
        return first == "0" ? Int64(range[range.index(after: dash)...]) : nil
    }

    /// Sends what is missing, and closes the upload.
    private func send(from position: inout Int64, to place: inout Place) throws(RegistryFailure) {
        if position == 0, place.chunk == nil {
            try put(place, body: body(0, size))
            return
        }
        while position < size {
            let length = min(place.chunk ?? size, size - position)
            let request = RegistryRequest(
                operation: operation, method: .patch, location: .address(place.location),
                headers: [
                    HTTPHeader("Content-Type", "application/octet-stream"),
                    HTTPHeader("Content-Range", "\(position)-\(position + length - 1)"),
                ], body: body(position, length), stallTimeout: session.patience.blobStall)
            let answer = try session.exchange(request) { _, _ in }
            place.location = Self.location(answer) ?? place.location
            // A registry may have kept less than it was sent.
            let kept = Self.end(answer.head["Range"]).map { $0 + 1 } ?? position + length
            guard kept > position, kept <= position + length else {
                throw RegistryFailure(
                    error: ContainerError(
                        .corrupted, "\(operation.name): \(answer.address.authority) lost what it was sent",
                        cause: "it has \(kept) bytes of \(position + length)"))
            }
            position = kept
        }
        try put(place, body: { HTTPRequest.Body([]) })
    }

    /// Closes the upload, with all bytes or with none that are missing.
    private func put(_ place: Place, body: @escaping () throws(ContainerError) -> HTTPRequest.Body)
        throws(RegistryFailure)
    {
        let answer = try session.exchange(
            RegistryRequest(
                operation: operation, method: .put,
                location: .address(place.location.adding([(name: "digest", value: digest.description)])),
                headers: [HTTPHeader("Content-Type", "application/octet-stream")], body: body,
                stallTimeout: session.patience.blobStall + Double(size) / Self.slowestStorage)
        ) { _, _ in }
        if let stated = answer.head["Docker-Content-Digest"].flatMap({ Digest($0) }), stated != digest {
            throw RegistryFailure(
                error: ContainerError(
                    .corrupted, "\(operation.name): the registry stored another blob",
                    cause: "sent \(digest), stored \(stated)"))
        }
    }

    private func body(_ offset: Int64, _ length: Int64) -> () throws(ContainerError) -> HTTPRequest.Body {
        let open = open
        return { () throws(ContainerError) in
            let reader = try open(offset)
            let rest = BytesLeft(length)
            return HTTPRequest.Body(size: length) { buffer throws(ContainerError) in
                try rest.read(buffer, from: reader)
            }
        }
    }
}

/// Ends a reader after so many bytes.
private final class BytesLeft: Sendable {
    private let count: Mutex<Int64>

    init(_ count: Int64) { self.count = Mutex(count) }

    func read(_ buffer: UnsafeMutableRawBufferPointer, from reader: RegistryClient.BlobReader) throws(ContainerError)
        -> Int
    {
        let most = min(Int64(buffer.count), count.withLock { $0 })
        let read = most == 0 ? 0 : try reader(UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(most)]))
        count.withLock { $0 -= Int64(read) }
        return read
    }
}
