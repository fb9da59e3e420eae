import CKLinux
import ContainerImages
import ContainerRegistryClient
import ContainerStorage
import ContainerSystem
import Glibc
import OCISpec

extension Engine {
    /// Fetches an image.
    /// - Parameters:
    ///   - name: as docker takes it: `busybox`, `localhost:5000/app:1`, `app@sha256:...`.
    ///   - platform: `linux/arm64`; nil is the host's.
    ///   - client: for several pulls from one registry: it keeps tokens and connections.
    ///   - progress: hears what happens; what it throws ends the pull, and what came so far serves the next one.
    /// - Throws: `notFound`, `unavailable`, `permissionDenied`, `corrupted` with the image's name.
    public func pullImage(
        _ name: String, platform: String? = nil, from client: RegistryClient? = nil,
        progress: @escaping TransferObserver = { _ in }
    ) throws(ContainerError) -> PullOutcome {
        let platform = try platform.map { text throws(ContainerError) in try Platform(parsing: text) } ?? .current
        let client = if let client { client } else { try Self.registryClient() }
        let reference = try ImageReference(parsing: name)
        let outcome = try imageStore.pull(reference, platform: platform, from: client, progress: progress)
        noteImage("pull", id: reference.familiar, name: reference.familiarRepository)
        return outcome
    }

    /// The id of an image, by name or by the start of its id.
    /// - Throws: `notFound`.
    public func imageID(_ name: String) throws(ContainerError) -> String { try imageStore.find(name).id }

    /// Whether a name or an id means an image that is here.
    /// - Throws: `invalidArgument` for what cannot be a name.
    public func hasImage(_ name: String) throws(ContainerError) -> Bool {
        try imageStore.findIfPresent(name) != nil
    }

    /// docker's document about an image, one JSON object.
    /// - Parameter platform: what it must be for; nil takes any.
    /// - Throws: `notFound`.
    public func inspectImage(_ name: String, platform: Platform? = nil) throws(ContainerError) -> String {
        try imageStore.inspect(name, platform: platform)
    }

    /// Gives an image one more name.
    public func tagImage(_ name: String, as newName: String) throws(ContainerError) {
        let reference = try Self.newName(newName)
        try imageStore.tag(name, as: reference)
        noteImage("tag", id: try imageStore.find(newName).id, name: reference.familiar)
    }

    /// Sends an image to the registry in its name.
    /// - Parameter platform: the one that it must be for: `linux/arm64`; nil is any.
    /// - Returns: the manifest's digest and size.
    public func pushImage(
        _ name: String, platform: String? = nil,
        progress: @escaping TransferObserver = { _ in }
    ) throws(ContainerError) -> StoredBlob {
        let platform = try platform.map { text throws(ContainerError) in try Platform(parsing: text) }
        let reference = try ImageReference(parsing: name)
        let pushed = try imageStore.push(
            reference, platform: platform, to: try Self.registryClient(), progress: progress)
        noteImage("push", id: reference.familiar, name: reference.familiarRepository)
        return pushed
    }

    /// The names of the images of a repository, for a push of all of them.
    /// - Throws: `notFound` when there is none.
    public func namesToPush(_ repository: String) throws(ContainerError) -> [String] {
        try imageStore.tagsToPush(try ImageReference(parsing: repository)).map(\.familiar)
    }

    /// How an image came about, the last step first.
    /// - Parameter platform: what it must be for; nil takes any.
    /// - Throws: `notFound`.
    public func imageHistory(_ name: String, platform: Platform? = nil) throws(ContainerError) -> [ImageHistoryStep] {
        try imageStore.history(name, platform: platform)
    }

    /// Writes images as an archive that is both docker's and an OCI layout; the same images give the same bytes.
    /// - Parameter platform: what they must be for; nil takes any.
    /// - Throws: `notFound`, before anything is written.
    public func saveImages(
        _ names: [String], platform: Platform? = nil, to output: Descriptor, outputName: String
    ) throws(ContainerError) {
        try imageStore.save(names, platform: platform, to: output, outputName: outputName)
        for name in names {
            guard let id = try? imageStore.find(name).id else { continue }
            noteImage("save", id: id, name: id)
        }
    }

    /// Takes in the images of an archive (`docker save`, an OCI layout in a tar, compressed or not), or of a folder that
    /// holds what such an archive would.
    /// - Parameters:
    ///   - platform: the images for this platform only; nil takes the host's of an image that is there for many.
    ///   - progress: hears of the layers; what it throws ends the load.
    /// - Throws: `corrupted` with what is wrong with it; `notFound` when there is none for the platform.
    public func loadImages(
        from source: Descriptor, name: String, platform: Platform? = nil,
        progress: @escaping TransferObserver = { _ in }
    ) throws(ContainerError) -> [LoadedImage] {
        let loaded = try imageStore.load(source, name: name, platform: platform, progress: progress)
        for image in loaded { noteImage("load", id: image.id, name: image.names.first ?? image.id) }
        return loaded
    }

    /// Makes an image of a folder (`ck init`); its command is a shell.
    /// - Returns: its id.
    public func makeImage(fromDirectory directory: String, name: String) throws(ContainerError) -> String {
        var execution = ImageConfig.Execution()
        execution.env = ["PATH=\(DockerDefaults.path)"]
        execution.cmd = ["/bin/sh"]
        var image = NewImage(reference: try Self.newName(name), execution: execution)
        image.createdBy = "ck init"
        return try imageStore.make(fromDirectory: directory, image).id
    }

    /// Makes an image of a root file system in a tar, plain or compressed.
    /// - Parameters:
    ///   - message: of its history; nil says where it came from.
    ///   - changes: instructions of a Dockerfile: `CMD ["sh"]`, `ENV A=b`.
    ///   - platform: what it is for; nil is the host's.
    /// - Returns: its id.
    public func importImage(
        from tar: Descriptor, name: String?, message: String? = nil, changes: [String] = [], platform: Platform? = nil
    ) throws(ContainerError) -> String {
        var execution = ImageConfig.Execution()
        try ConfigChange.apply(changes, to: &execution)
        let reference = try name.map { name throws(ContainerError) in try Self.newName(name) }
        var image = NewImage(reference: reference, execution: execution)
        image.platform = platform
        image.comment = message ?? "Imported from -"
        let id = try imageStore.make(fromTar: tar, image).id
        noteImage("import", id: id, name: id)
        if let reference { noteImage("tag", id: id, name: reference.familiar) }
        return id
    }

    /// As the other, with a tar that a web server has.
    /// - Parameters:
    ///   - url: `http://` or `https://`.
    ///   - limit: bytes of the tar, as it is transferred.
    /// - Throws: `unavailable`, `notFound`; `exhausted` for a file beyond the limit or a full disk.
    public func importImage(
        fromURL url: String, name: String?, message: String? = nil, changes: [String] = [], platform: Platform? = nil,
        limit: Int64 = 1 << 36, transport: any HTTPTransport = CurlTransport()
    ) throws(ContainerError) -> String {
        // What is wrong with the words comes first: nobody should wait for a download to hear it.
        var execution = ImageConfig.Execution()
        try ConfigChange.apply(changes, to: &execution)
        _ = try name.map { name throws(ContainerError) in try Self.newName(name) }
        // A file without a name: it goes with this process.
        let file = try Descriptor.open(configuration.root, O_RDWR | CK_O_TMPFILE, mode: 0o600)
        try FileDownload(transport: transport).fetch(url, to: file, limit: limit)
        _ = try system("read the download") { lseek(file.raw, 0, SEEK_SET) }
        return try importImage(
            from: file, name: name, message: message ?? "Imported from \(url)", changes: changes, platform: platform)
    }

    static func newName(_ text: String) throws(ContainerError) -> ImageReference {
        let reference = try ImageReference(parsing: text)
        guard reference.digest == nil else {
            throw ContainerError(.invalidArgument, "cannot use digest reference \(text) as the name of a new image")
        }
        return reference
    }
}
