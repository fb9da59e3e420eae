@_exported import ContainerEngine

/// Containers and images for a Swift service: the one import, the one object.
///
/// ```swift
/// let engine = try await ContainerEngine()
/// try await engine.pull("busybox")
/// let result = try await engine.run(ContainerOptions(image: "busybox", command: ["echo", "hello"]))
/// print(result.status, result.output)
/// ```
///
/// There is no daemon: what it does, it does in this process and in `ck-shim`, which the package manager has built
/// beside the program. Everything that waits is `async` and never blocks a thread of Swift concurrency.
public final class ContainerEngine: Sendable {
    /// The engine beneath, with all that it can do; its calls block.
    public let engine: Engine

    /// Opens the state.
    /// - Parameter configuration: where it is; by default `/var/lib/containerkit`.
    /// - Throws: `ContainerError`: `permissionDenied` when this is not root, `notFound` when there is no shim.
    public init(_ configuration: Engine.Configuration = .init()) async throws(ContainerError) {
        engine = try await Self.offPool { () throws(ContainerError) in try Engine(configuration) }
    }

    /// Fetches an image; one that is here already costs one question to the registry. Ends when the task is cancelled.
    /// - Parameter platform: `linux/arm64`; nil is the host's.
    /// - Throws: `notFound`, `unavailable`, `permissionDenied`, `corrupted` with the image's name; `cancelled`.
    @discardableResult
    public func pull(_ name: String, platform: String? = nil) async throws(ContainerError) -> Image {
        try await pulling(name, platform: platform).value
    }

    /// Begins to fetch an image, for whoever wants to see how it goes.
    public func pulling(_ name: String, platform: String? = nil) -> Transfer<Image> {
        Transfer { [engine] progress throws(ContainerError) in
            Image(id: try engine.pullImage(name, platform: platform, progress: progress).image.id, name: name)
        }
    }

    /// Sends an image to the registry in its name. Ends when the task is cancelled.
    /// - Throws: `notFound` when there is no such image; `unavailable`, `permissionDenied`; `cancelled`.
    @discardableResult
    public func push(_ name: String) async throws(ContainerError) -> PushedImage {
        try await pushing(name).value
    }

    /// Begins to send an image, for whoever wants to see how it goes.
    public func pushing(_ name: String) -> Transfer<PushedImage> {
        Transfer { [engine] progress throws(ContainerError) in
            let manifest = try engine.pushImage(name, progress: progress)
            return PushedImage(name: name, digest: manifest.digest.description)
        }
    }

    /// Makes an image of a folder with a root file system.
    @discardableResult
    public func makeImage(fromDirectory directory: String, name: String) async throws(ContainerError) -> Image {
        let engine = engine
        return try await Self.offPool { () throws(ContainerError) in
            Image(id: try engine.makeImage(fromDirectory: directory, name: name), name: name)
        }
    }

    /// What can be done with containers.
    public var containers: EngineContainers { EngineContainers(engine: engine) }

    /// Runs a container to its end and collects what it wrote. It is killed when the task is cancelled.
    /// - Parameters:
    ///   - options: its image, its command, its limits. The container is removed at its end.
    ///   - outputLimit: bytes of output and of errors that are kept, each; a container that writes more is not stopped.
    /// - Throws: `ContainerError`; a status other than 0 is no error.
    public func run(_ options: ContainerOptions, outputLimit: Int = 16 << 20) async throws(ContainerError) -> RunResult
    {
        try await containers.run(options, outputLimit: outputLimit)
    }

    /// Starts a container that goes on by itself, whatever becomes of this process.
    public func start(_ options: ContainerOptions) async throws(ContainerError) -> Container {
        let engine = engine
        let id = try await Self.offPool { () throws(ContainerError) in
            try engine.runContainer(options, streams: nil).id
        }
        return Container(id: id, service: containers)
    }

    /// Runs what blocks on a thread of its own kind.
    static func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws(ContainerError) -> Value)
        async throws(ContainerError) -> Value
    {
        try await BlockingWork.run(body)
    }
}

/// An image that is here.
public struct Image: Sendable, Hashable {
    /// `sha256:` and 64 hexadecimal digits.
    public let id: String
    /// The name it was asked for by.
    public let name: String
}

/// An image that a registry has got.
public struct PushedImage: Sendable, Hashable {
    /// The name it was sent under.
    public let name: String
    /// Of its manifest: `NAME@DIGEST` is this very image whatever becomes of its tag.
    public let digest: String
}

/// What a container that has run to its end left.
public struct RunResult: Sendable, Equatable {
    /// As a shell counts it.
    public let status: Int32
    /// Standard output, as text.
    public let output: String
    /// Standard error, as text.
    public let errors: String

    public init(status: Int32, output: String, errors: String) {
        self.status = status
        self.output = output
        self.errors = errors
    }
}
