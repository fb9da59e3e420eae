import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

/// Archives that are small until somebody unpacks them. They are made as they are read, by a thread at the other end of a
/// pipe, so that a test of ten gigabytes needs none.
@Suite(.serialized) struct LayerBombTests {
    /// KiB. What the bombs here take when they go off is a gigabyte and more; the rest is for the tests that run beside.
    private static let bound = 200 << 10

    /// Bytes for the reader; they end when it has had enough, or when `make` returns.
    private func pipe(_ make: @escaping @Sendable (@escaping PipeWork.Write) -> Void) throws -> Descriptor {
        let (reader, writer) = try Descriptor.pipe()
        signal(SIGPIPE, SIG_IGN)
        let work = Unmanaged.passRetained(PipeWork(writer, make))
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<PipeWork>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, work.toOpaque())
        pthread_detach(thread)
        return reader
    }

    private func gzipped(
        _ make:
            @escaping @Sendable ((UnsafeRawBufferPointer) throws(ContainerError) -> Void) throws(ContainerError) ->
            Void, compression: LayerCompression = .gzip
    ) throws -> Descriptor {
        try pipe { write in
            do throws(ContainerError) {
                let compressor = try LayerCompressor(compression) { bytes throws(ContainerError) in
                    guard write(bytes) else { throw ContainerError(.cancelled, "enough") }
                }
                try make { bytes throws(ContainerError) in try compressor.write(bytes) }
                try compressor.finish()
            } catch {}
        }
    }

    /// - Returns: what it fails with, and how much more memory the process has used at most, in KiB.
    private func refusal(
        of layer: Descriptor, _ limits: UnpackLimits = UnpackLimits()
    ) throws -> (error: ContainerError?, memory: Int) {
        let scratch = try Scratch()
        var good = Tar()
        good.file("good", "1")
        try scratch.unpack(good)
        let snapshotter = try scratch.snapshotter(limits)
        let before = ResidentMemory.resetPeak()
        var caught: ContainerError?
        do throws(ContainerError) {
            _ = try snapshotter.unpack(layer, compression: nil, diffID: nil, parents: [], tee: nil)
        } catch { caught = error }
        let memory = ResidentMemory.peak() - before
        #expect(try Files.list(scratch("overlay/layers")).count == 1, "only the good one is there")
        try scratch.unpack(good)
        return (caught, memory)
    }

    @Test func tenGigabytesOfZeros() throws {
        var header = Tar()
        header.add("zeros", size: 10 << 30)
        let (error, memory) = try refusal(
            of: try gzipped { [blocks = header.blocks] write throws(ContainerError) in
                try Self.write(blocks, write)
                let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
                defer { zeros.deallocate() }
                zeros.initializeMemory(as: UInt8.self, repeating: 0)
                for _ in 0..<10240 { try write(UnsafeRawBufferPointer(zeros)) }
            })
        #expect(error?.code == .exhausted && "\(error!)".contains("times its compressed size"), "\(error as Any)")
        #expect(memory < Self.bound, "\(memory) KiB")
    }

    /// Each member is a small gzip file of its own; together they are one layer.
    @Test func gzipOfAHundredThousandMembers() throws {
        let scratch = try Scratch()
        var tar = Tar()
        tar.file("a", "1")
        let empty = try gzip([])
        let whole = try gzip(tar.bytes)
        let layer = try pipe { write in
            for _ in 0..<100_000 where !empty.withUnsafeBytes({ write($0) }) { return }
            _ = whole.withUnsafeBytes { write($0) }
        }
        let before = ResidentMemory.resetPeak()
        let unpacked = try scratch.snapshotter().unpack(layer, compression: nil, diffID: nil, parents: [], tee: nil)
        #expect(text(scratch.diff(unpacked.chainID) + "/a") == "1")
        #expect(ResidentMemory.peak() - before < Self.bound)
    }

    /// A name of the original file that does not end.
    @Test func gzipWithAnEndlessHeader() throws {
        let (error, memory) = try refusal(
            of: try pipe { write in
                let head: [UInt8] = [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]
                guard head.withUnsafeBytes({ write($0) }) else { return }
                let name = [UInt8](repeating: 97, count: 1 << 20)
                for _ in 0..<512 where !name.withUnsafeBytes({ write($0) }) { return }
            })
        #expect(error?.code == .corrupted, "\(error as Any)")
        #expect(memory < Self.bound, "\(memory) KiB")
    }

    /// RFC 8878, 3.1.1.1.2: a decoder may refuse a window beyond what it can hold.
    @Test(arguments: [UInt8(18 << 3), 31 << 3]) func zstdWithAWindowOf256MiBAndMore(window: UInt8) throws {
        let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, window, 0x01, 0x00, 0x00]
        let (error, memory) = try refusal(
            of: try pipe { write in _ = (frame + [UInt8](repeating: 0, count: 4096)).withUnsafeBytes { write($0) } })
        #expect(error?.code == .corrupted && "\(error!)".contains("zstd"), "\(error as Any)")
        #expect(memory < Self.bound, "\(memory) KiB")
    }

    /// The map of holes of GNU's format 1.0 stands before the data and has no bound but theirs (the class of
    /// CVE-2025-58183).
    @Test func anEndlessMapOfHoles() throws {
        var header = Tar()
        header.add(
            "GNUSparseFile.0/s", size: 1 << 30,
            pax: [
                ("GNU.sparse.major", [49]), ("GNU.sparse.minor", [48]), ("GNU.sparse.name", Array("s".utf8)),
                ("GNU.sparse.realsize", Array("1".utf8)),
            ])
        let (error, memory) = try refusal(
            of: try gzipped { [blocks = header.blocks] write throws(ContainerError) in
                try Self.write(blocks, write)
                try Self.write(Array("999999999\n".utf8), write)
                let pairs = Array(String(repeating: "0\n0\n", count: 1 << 18).utf8)
                for _ in 0..<1024 { try Self.write(pairs, write) }
            })
        #expect(error?.code == .corrupted && "\(error!)".contains("header of an entry"), "\(error as Any)")
        #expect(memory < Self.bound, "\(memory) KiB")
    }

    /// The old format's map goes on for as long as each block says so.
    @Test func anEndlessChainOfOldMaps() throws {
        var header = Tar()
        header.add("s", type: "S", size: 0)
        header.change { blocks in
            // GNU's own magic, without which there is no such format.
            for (index, byte) in "ustar  \0".utf8.enumerated() { blocks[257 + index] = byte }
            for index in 386..<409 where index != 397 { blocks[index] = 48 }
            blocks[482] = 1
            Tar.sum(&blocks, at: 0)
        }
        var extension512 = [UInt8](repeating: 0, count: 512)
        for entry in 0..<21 {
            for digit in 0..<11 {
                extension512[entry * 24 + digit] = 48
                extension512[entry * 24 + 12 + digit] = 48
            }
        }
        extension512[504] = 1
        let (error, memory) = try refusal(
            of: try gzipped { [blocks = header.bytes, more = extension512] write throws(ContainerError) in
                try Self.write(blocks, write)
                let many = Array(repeatElement(more, count: 2048).joined())
                for _ in 0..<1024 { try Self.write(many, write) }
            })
        #expect(error?.code == .corrupted && "\(error!)".contains("header of an entry"), "\(error as Any)")
        #expect(memory < Self.bound, "\(memory) KiB")
    }

    /// One extended header after another, with no entry in between.
    @Test(arguments: ["x", "g", "L", "K"] as [Character]) func headersOfHeaders(type: Character) throws {
        var tar = Tar()
        for _ in 0..<20_000 { tar.add("h", type: type, data: Array("11 path=ab\n".utf8)) }
        tar.file("a", "1")
        let (error, memory) = try refusal(of: try pipe { [bytes = tar.bytes] in _ = bytes.withUnsafeBytes($0) })
        // Headers for everything that follows ("g") may be many, as they are passed over.
        #expect(error?.code == .corrupted || (error == nil && type == "g"), "\(error as Any)")
        #expect(memory < Self.bound, "\(memory) KiB")
    }

    /// Folders with long names: nothing of them is kept in memory while they are unpacked, or taken away.
    @Test func moreEntriesThanALayerMayHave() throws {
        #expect(UnpackLimits().entries < 10_000_000)
        var limits = UnpackLimits()
        limits.entries = 1000
        let long = (0..<18).map { _ in String(repeating: "n", count: 200) }.joined(separator: "/")
        let (error, memory) = try refusal(
            of: try gzipped { write throws(ContainerError) in
                for index in 0..<10_000_000 {
                    var tar = Tar()
                    tar.add("f", type: "5", mode: 0o755, pax: [("path", Array("\(long)/\(index)".utf8))])
                    try Self.write(tar.blocks, write)
                }
            }, limits)
        #expect(error?.code == .exhausted && "\(error!)".contains("more than 1000 entries"), "\(error as Any)")
        #expect(memory < Self.bound, "\(memory) KiB")
    }

    /// Entries that are nothing but a header still count.
    @Test func fileOfHoles() throws {
        var tar = Tar()
        for name in ["a", "b"] {
            tar.add(
                name, data: Array("0\n".utf8) + [UInt8](repeating: 0, count: 510),
                pax: [
                    ("GNU.sparse.major", [49]), ("GNU.sparse.minor", [48]), ("GNU.sparse.name", Array(name.utf8)),
                    ("GNU.sparse.realsize", Array("\(600 << 30)".utf8)),
                ])
        }
        let (error, _) = try refusal(of: try pipe { [bytes = tar.bytes] in _ = bytes.withUnsafeBytes($0) })
        #expect(error?.code == .exhausted && "\(error!)".contains("unpack layer: b"), "\(error as Any)")
    }

    private static func write(
        _ bytes: [UInt8], _ sink: (UnsafeRawBufferPointer) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(ContainerError) in try sink(buffer) }
        }.get()
    }
}

private final class PipeWork {
    private let writer: Descriptor
    typealias Write = (UnsafeRawBufferPointer) -> Bool

    private let make: @Sendable (@escaping Write) -> Void

    init(_ writer: Descriptor, _ make: @escaping @Sendable (@escaping PipeWork.Write) -> Void) {
        self.writer = writer
        self.make = make
    }

    func run() {
        make { [writer] bytes in
            do throws(ContainerError) {
                try writer.writeAll(bytes, name: "pipe")
                return true
            } catch { return false }
        }
    }
}

/// The most memory that this process has had at a time (proc(5), `VmHWM`).
enum ResidentMemory {
    /// Begins anew (proc_pid_clear_refs(5)).
    /// - Returns: what it has now in KiB.
    static func resetPeak() -> Int {
        try? Files.set("/proc/self/clear_refs", to: "5")
        return peak()
    }

    static func peak() -> Int {
        let text = (try? Files.readText("/proc/self/status", limit: 1 << 16)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}
