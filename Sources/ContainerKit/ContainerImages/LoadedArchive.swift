import ContainerStorage
import ContainerSystem
import FoundationEssentials
import OCISpec

/// The files of an archive, each a blob by now. A path of the archive is a name in a table and nothing else: it opens
/// no file, so that none can lead out of it.
struct ArchiveFiles {
    private var blobs: [String: StoredBlob] = [:]
    private var links: [String: String] = [:]

    /// What comes later in a tar replaces what came before.
    mutating func add(_ blob: StoredBlob, at path: String) {
        blobs[Self.join("", path)] = blob
        links[Self.join("", path)] = nil
    }

    mutating func add(link target: String, at path: String) {
        links[Self.join("", path)] = target
        blobs[Self.join("", path)] = nil
    }

    /// Links are followed as docker's old archives need it: from one layer's folder to another's.
    func blob(_ path: String) -> StoredBlob? {
        var path = Self.join("", path)
        for _ in 0..<8 {
            if let blob = blobs[path] { return blob }
            guard let target = links[path] else { return nil }
            // A hard link names a path of the archive, a symbolic one a path from where it stands.
            let whole = Self.join("", target)
            path = blobs[whole] != nil ? whole : Self.join(path, target)
        }
        return nil
    }

    /// The folders at the top that have a file of that name.
    func folders(with file: String) -> Set<String> {
        let paths = Set(blobs.keys).union(links.keys)
        return Set(paths.filter { $0.hasSuffix("/" + file) }.map { String($0.dropLast(file.utf8.count + 1)) })
            .filter { !$0.contains("/") }
    }

    /// A path beside another, from the archive's root, which `..` does not leave.
    private static func join(_ path: String, _ target: String) -> String {
        var parts = target.hasPrefix("/") ? [] : path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }
}

/// An archive that is being loaded.
struct LoadedArchive {
    let files: ArchiveFiles
    /// What errors call it.
    let name: String
    /// The images for this platform only; nil takes the host's of an image that is there for many.
    let platform: Platform?

    /// One image of it.
    struct Part {
        let config: [UInt8]
        /// Bottom first.
        let layers: [StoredBlob]
        /// The manifest as it came, where there is one.
        let manifest: (ImageManifest, [UInt8])?
        let names: [ImageReference]
    }

    func corrupted(_ message: String, cause: String? = nil, hint: String? = nil) -> ContainerError {
        ContainerError(.corrupted, "load \(name): \(message)", cause: cause, hint: hint)
    }

    /// Only images of the platform that was asked for are taken; of any, when none was.
    func takes(_ config: ImageConfig) -> Bool { platform?.runs(config.platform) ?? true }

    /// A name in the archive, which must be one by tag; one by digest names nothing here.
    func reference(_ text: String) throws(ContainerError) -> ImageReference? {
        do throws(ContainerError) {
            let reference = try ImageReference(parsing: text)
            return reference.digest == nil ? reference : nil
        } catch {
            throw corrupted("\"\(text.prefix(300))\" cannot be an image's name", cause: error.description)
        }
    }

    func references(_ texts: [String]) throws(ContainerError) -> [ImageReference] {
        var references: [ImageReference] = []
        for text in texts {
            if let reference = try reference(text) { references.append(reference) }
        }
        return references
    }
}
