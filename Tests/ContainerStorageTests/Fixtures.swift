import CKLinux
import ContainerSystem
import Glibc
import OCISpec

@testable import ContainerStorage

/// A folder of the test's own that goes with its last reference. On the disk, as overlayfs and attributes need one.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/var/tmp/ck-storage-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ContainerError(.current, "mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, 0o755)
    }

    deinit { try? Files.removeTree(path) }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ name: String, _ bytes: [UInt8]) throws -> Descriptor {
        try Files.replace(self(name), with: bytes)
        return try Descriptor.open(self(name), O_RDONLY)
    }

    func snapshotter(_ limits: UnpackLimits = UnpackLimits()) throws -> OverlaySnapshotter {
        try OverlaySnapshotter(root: self("overlay"), limits: limits, synchronizes: false)
    }

    func layerStore() throws -> LayerStore {
        LayerStore(content: try LocalContentStore(root: self("content")), snapshotter: try snapshotter())
    }

    /// Unpacks a tar and answers the layer and its folder.
    @discardableResult
    func unpack(
        _ tar: Tar, on parents: [ChainID] = [], limits: UnpackLimits = UnpackLimits()
    ) throws -> (layer: UnpackedLayer, diff: String) {
        let layer = try snapshotter(limits).unpack(
            try write("layer.tar", tar.bytes), compression: nil, diffID: nil, parents: parents, tee: nil)
        return (layer, diff(layer.chainID))
    }

    func diff(_ layer: ChainID) -> String { self("overlay/layers/\(layer.digest.hex)/diff") }
}

/// Tar archives byte by byte, so that they can be as wrong as a test wants.
struct Tar {
    private(set) var blocks = [UInt8]()
    private var isCut = false
    var bytes: [UInt8] { isCut ? blocks : blocks + [UInt8](repeating: 0, count: 1024) }

    /// Changes the bytes themselves; no end of archive is put after them then.
    mutating func change(_ body: (inout [UInt8]) -> Void) {
        body(&blocks)
        isCut = true
    }

    mutating func add(
        _ name: String, type: Character = "0", data: [UInt8] = [], mode: Int = 0o644, uid: Int = 0, gid: Int = 0,
        link: String = "", mtime: Int = 1_000_000_000, device: (Int, Int) = (0, 0), size: Int? = nil,
        pax: [(String, [UInt8])] = []
    ) {
        if !pax.isEmpty {
            var records = [UInt8]()
            for (key, value) in pax {
                let rest = key.utf8.count + value.count + 3
                var length = rest + String(rest).utf8.count
                length = rest + String(length).utf8.count
                records += Array("\(length) \(key)=".utf8) + value + [10]
            }
            addBlock("PaxHeaders/x", "x", records.count, 0o644, 0, 0, "", 0, (0, 0))
            addData(records)
        }
        addBlock(name, type, size ?? data.count, mode, uid, gid, link, mtime, device)
        addData(data)
    }

    mutating func file(_ name: String, _ text: String = "", mode: Int = 0o644) {
        add(name, data: Array(text.utf8), mode: mode)
    }
    mutating func folder(_ name: String, mode: Int = 0o755) { add(name, type: "5", mode: mode) }
    mutating func symlink(_ name: String, _ target: String) { add(name, type: "2", mode: 0o777, link: target) }
    mutating func hardLink(_ name: String, _ target: String) { add(name, type: "1", link: target) }

    private mutating func addData(_ data: [UInt8]) {
        blocks += data
        blocks += [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }

    private mutating func addBlock(
        _ name: String, _ type: Character, _ size: Int, _ mode: Int, _ uid: Int, _ gid: Int, _ link: String,
        _ mtime: Int,
        _ device: (Int, Int)
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Sequence<UInt8>, _ offset: Int, _ width: Int) {
            for (index, byte) in bytes.prefix(width).enumerated() { header[offset + index] = byte }
        }
        func number(_ value: Int, _ offset: Int, _ width: Int) {
            let digits = String(value, radix: 8)
            put((String(repeating: "0", count: max(0, width - 1 - digits.count)) + digits).utf8, offset, width)
        }
        put(name.utf8, 0, 100)
        number(mode, 100, 8)
        number(uid, 108, 8)
        number(gid, 116, 8)
        number(size, 124, 12)
        number(mtime, 136, 12)
        header[156] = type.asciiValue!
        put(link.utf8, 157, 100)
        put("ustar\u{0}00".utf8, 257, 8)
        number(device.0, 329, 8)
        number(device.1, 337, 8)
        blocks += header
        Self.sum(&blocks, at: blocks.count - 512)
    }

    /// Makes the checksum of the header that starts there right again.
    static func sum(_ blocks: inout [UInt8], at start: Int) {
        for index in 148..<156 { blocks[start + index] = 32 }
        let digits = String(blocks[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
        let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        for (index, digit) in text.utf8.enumerated() { blocks[start + 148 + index] = digit }
    }
}

func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
}

func text(_ path: String) -> String? { try? Files.readText(path) }

func attribute(_ path: String, _ name: String) -> [UInt8]? {
    ExtendedAttributes.get(CPath(path.utf8CString), name)
}

func setAttribute(_ path: String, _ name: String, _ value: [UInt8]) throws {
    try system("set \(name)") { lsetxattr(path, name, value, value.count, 0) }
}

private func read(_ entry: TreeWalk.Entry) throws -> [UInt8] {
    let raw = try system("open \(entry.text)") { openat(entry.parent.raw, entry.name, O_RDONLY | O_CLOEXEC) }
    return try Descriptor(owning: raw).readAll(limit: 4 << 20, name: entry.text)
}

/// Everything that a layer says about a folder's content, one line a file; hard links by the first name.
func describe(_ directory: String) throws -> [String] {
    var walk = try TreeWalk(directory)
    var lines = [String]()
    var first = [ino_t: String]()
    while let entry = try walk.next() {
        let status = entry.status
        var line = "\(entry.text) \(String(status.st_mode, radix: 8)) \(status.st_uid):\(status.st_gid)"
        line += " \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_rdev)"
        if status.type != S_IFDIR, status.st_nlink > 1 {
            line += " = \(first[status.st_ino] ?? "first")"
            first[status.st_ino] = first[status.st_ino] ?? entry.text
        }
        for (name, value) in try ExtendedAttributes.list(
            ExtendedAttributes.path(entry.parent, entry.name), name: entry.text)
        { line += " \(name)=\(value)" }
        if status.type == S_IFREG {
            line += " \(try SHA256Hasher.digest(try read(entry)))"
        }
        if status.type == S_IFLNK {
            var target = [CChar](repeating: 0, count: 4096)
            readlinkat(entry.parent.raw, entry.name, &target, 4095)
            line += " -> \(String(cString: Array(target)))"
        }
        lines.append(line)
    }
    return lines
}

private final class Work {
    var run: () -> Void = {}
}

/// unshare(2), which Glibc's Swift module leaves out.
private func unshareMounts() -> CInt {
    typealias Unshare = @convention(c) (CInt) -> CInt
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "unshare") else { return -1 }
    return unsafeBitCast(symbol, to: Unshare.self)(0x0002_0000)
}

/// Mounts a snapshot in a mount namespace of a thread of its own and runs the body there. The thread ends, and with it
/// the mount.
func withMounted<Result: Sendable>(
    _ mount: OverlayMount, _ body: @escaping @Sendable (_ root: String) throws -> Result
) throws -> Result {
    let work = Work()
    var result: Swift.Result<Result, any Error>?
    withUnsafeMutablePointer(to: &result) { result in
        nonisolated(unsafe) let result = result
        work.run = {
            result.pointee = Swift.Result {
                try system("unshare") { unshareMounts() }
                try system("make private") { Glibc.mount(nil, "/", nil, UInt(0x44000), nil) }
                try system("chdir") { chdir(mount.workingDirectory) }
                try system("mount overlay \(mount.options)") {
                    Glibc.mount("overlay", mount.target, "overlay", 0, mount.options)
                }
                return try body(mount.target)
            }
        }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeUnretainedValue().run()
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        pthread_join(thread, nil)
    }
    return try result!.get()
}

/// The bytes as one member of gzip.
func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    var result = [UInt8]()
    let compressor = try LayerCompressor(.gzip) { result += $0 }
    try bytes.withUnsafeBytes { try compressor.write($0) }
    try compressor.finish()
    return result
}
