import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import Dispatch
import OCISpec
import Synchronization

/// The layers of one pull: several are fetched at the same time, and each is unpacked while it still comes.
///
/// Two kinds of threads take the layers from the bottom up, one to fetch and one to unpack. A fetch waits for no unpacking,
/// and an unpacking only for its own fetch and for layers below it: so all of them get on.
final class LayerPull: Sendable {
    struct Layer: Sendable {
        let descriptor: ContentDescriptor
        let diffID: Digest
        /// Bottom first.
        let parents: [ChainID]
    }

    private struct State {
        /// Where the bytes of each layer come from, once that is known.
        var sources: [Int: ByteSource] = [:]
        var failure: ContainerError?
    }

    private let layers: [Layer]
    private let reference: ImageReference
    private let client: RegistryClient
    private let content: any ContentStore
    private let snapshotter: any Snapshotter
    private let progress: TransferObserver
    private let state = Mutex(State())
    private let nextFetch = Atomic<Int>(0)
    private let nextUnpack = Atomic<Int>(0)
    private let hasFailed = Atomic<Bool>(false)
    /// Left once there is a source, or never will be.
    private let begun: [DispatchGroup]
    /// Left once all that is said of the download has been said.
    private let fetched: [DispatchGroup]
    /// Left once the layer is unpacked, or never will be.
    private let unpacked: [DispatchGroup]

    init(
        _ layers: [Layer], of reference: ImageReference, from client: RegistryClient, into store: ImageStore,
        progress: @escaping TransferObserver
    ) {
        self.layers = layers
        self.reference = reference
        self.client = client
        content = store.content
        snapshotter = store.snapshotter
        self.progress = progress
        begun = layers.map { _ in DispatchGroup() }
        fetched = layers.map { _ in DispatchGroup() }
        unpacked = layers.map { _ in DispatchGroup() }
    }

    /// Brings all layers, or fails with the first error.
    func run(atOnce limit: Int) throws(ContainerError) {
        let count = min(limit, layers.count)
        let groups = begun + fetched + unpacked
        groups.forEach { $0.enter() }
        do throws(ContainerError) {
            try fetchAndUnpack(count)
        } catch {
            // Not one of the threads has begun.
            groups.forEach { $0.leave() }
            throw error
        }
        guard let failure = state.withLock({ $0.failure }) else { return }
        // A full disk needs the room more than the next pull needs the beginnings of this one.
        if failure.code == .exhausted { try? content.removeDownloads() }
        throw failure
    }

    private func fetchAndUnpack(_ count: Int) throws(ContainerError) {
        try Threads.run(count * 2) { [self] thread in
            if thread < count {
                takeEach(nextFetch, fetch) { fetched[$0].leave() }
            } else {
                takeEach(nextUnpack, unpack) { unpacked[$0].leave() }
            }
        }
    }

    /// Does one kind of work for the layers that no other thread has taken. What failed is known before `end` is called.
    private func takeEach(
        _ next: borrowing Atomic<Int>, _ body: (Int) throws(ContainerError) -> Void, end: (Int) -> Void
    ) {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < layers.count else { return }
            attempt { () throws(ContainerError) in try body(index) }
            end(index)
        }
    }

    private func attempt(_ body: () throws(ContainerError) -> Void) {
        do throws(ContainerError) { try body() } catch { fail(error) }
    }

    /// The first failure is the one that is told.
    private func fail(_ error: ContainerError) {
        state.withLock { $0.failure = $0.failure ?? error }
        hasFailed.store(true, ordering: .relaxed)
    }

    /// Ends the work of one thread after another one's failed.
    private func check() throws(ContainerError) {
        guard hasFailed.load(ordering: .relaxed), let failure = state.withLock({ $0.failure }) else { return }
        throw failure
    }

    // MARK: - Fetching

    private func fetch(_ index: Int) throws(ContainerError) {
        let layer = layers[index]
        var hasBegun = false
        func begin(_ source: ByteSource?) {
            if hasBegun { return }
            hasBegun = true
            state.withLock { $0.sources[index] = source }
            begun[index].leave()
        }
        defer { begin(nil) }
        try check()
        let (digest, size) = (layer.descriptor.digest, layer.descriptor.size)
        guard let ingest = try content.download(digest, size: size) else {
            return begin(ByteSource(try content.open(digest)))
        }
        defer { ingest.cancel() }
        begin(try ingest.follow())
        do throws(ContainerError) {
            try download(layer, into: ingest)
        } catch {
            // Known before the ingest's end: whoever follows it would only know that it was given up.
            fail(error)
            throw error
        }
    }

    private func download(_ layer: Layer, into ingest: any BlobIngest) throws(ContainerError) {
        let (digest, size) = (layer.descriptor.digest, layer.descriptor.size)
        if ingest.written < size || size == 0 {
            try client.fetchBlob(digest, size: size, from: reference, startingAt: ingest.written) {
                bytes throws(ContainerError) in
                try check()
                try ingest.write(bytes)
                try progress(.progress(id: layer.descriptor.shortID, .downloading, done: ingest.written, total: size))
            }
        }
        _ = try ingest.commit()
        try progress(.layer(id: layer.descriptor.shortID, status: "Download complete"))
    }

    // MARK: - Unpacking

    private func unpack(_ index: Int) throws(ContainerError) {
        let layer = layers[index]
        begun[index].wait()
        guard let source = state.withLock({ $0.sources[index] }) else { return }
        _ = try snapshotter.unpack(
            reporting(source, of: layer), compression: nil, diffID: layer.diffID, parents: layer.parents,
            awaitParents: { () throws(ContainerError) in
                if index > 0 { self.unpacked[index - 1].wait() }
                try self.check()
            }, tee: nil)
        // A layer that another process has unpacked still needs its blob here.
        try finish(source)
        fetched[index].wait()
        try progress(.layer(id: layer.descriptor.shortID, status: "Pull complete"))
    }

    private func reporting(_ source: ByteSource, of layer: Layer) -> ByteSource {
        ByteSource { [self] buffer throws(ContainerError) in
            try check()
            return try source.read(buffer)
        }.reporting(layer.descriptor, .extracting, to: progress)
    }

    private func finish(_ source: ByteSource) throws(ContainerError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        while try source.read(buffer) > 0 { try check() }
    }
}
