import ContainerImages
import ContainerStorage
import ContainerSystem
import Glibc

/// An archive in a file, made entry by entry, so that it can be as wrong as a test wants.
struct TestArchive {
    private var blocks: [UInt8] = []

    mutating func add(_ path: String, _ bytes: [UInt8], type: Character = "0", link: String = "") {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ offset: Int, _ text: String) {
            for (index, byte) in text.utf8.prefix(512 - offset).enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(0, String(path.prefix(100)))
        put(100, "0000644")
        put(124, octal(bytes.count, 11))
        put(136, octal(0, 11))
        put(148, "        ")
        put(156, String(type))
        put(157, link)
        put(257, "ustar")
        put(263, "00")
        put(148, octal(header.reduce(0) { $0 + Int($1) }, 6))
        header[154] = 0
        blocks += header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    mutating func add(_ path: String, _ text: String) { add(path, Array(text.utf8)) }

    mutating func add(link path: String, to target: String, isHard: Bool = false) {
        add(path, [], type: isHard ? "1" : "2", link: target)
    }

    /// - Returns: the blob's digest.
    @discardableResult
    mutating func add(blob bytes: [UInt8]) throws -> String {
        let digest = try SHA256Hasher.digest(bytes)
        add("blobs/sha256/\(digest.hex)", bytes)
        return digest.description
    }

    var bytes: [UInt8] { blocks + [UInt8](repeating: 0, count: 1024) }

    func open(in folder: String, name: String = "archive.tar") throws -> Descriptor {
        try Files.replace(folder + "/" + name, with: bytes)
        return try Descriptor.open(folder + "/" + name, O_RDONLY)
    }
}

extension TestArchive {
    /// docker's format since 1.10.
    static func docker(_ image: TestImage, tags: String = #"["app:1"]"#) throws -> TestArchive {
        var archive = TestArchive()
        archive.add("config.json", image.configBytes)
        var layers: [String] = []
        for (index, layer) in image.layers.enumerated() {
            archive.add("\(index)/layer.tar", layer)
            layers.append("\"\(index)/layer.tar\"")
        }
        archive.add(
            "manifest.json",
            #"[{"Config":"config.json","RepoTags":\#(tags),"Layers":[\#(layers.joined(separator: ","))]}]"#)
        return archive
    }

    /// The blobs of an image.
    /// - Returns: its descriptor for an index, without the brace at its end.
    mutating func add(_ image: TestImage) throws -> String {
        for layer in image.layers { try add(blob: layer) }
        try add(blob: image.configBytes)
        let digest = try add(blob: image.manifestBytes)
        return
            #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(digest)","size":\#(image.manifestBytes.count)"#
    }

    mutating func add(index descriptors: [String], at path: String = "index.json") {
        add(path, Self.index(descriptors))
    }

    static func index(_ descriptors: [String]) -> String {
        #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[\#(descriptors.joined(separator: ","))]}"#
    }
}
