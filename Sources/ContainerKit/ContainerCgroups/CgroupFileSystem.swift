import CKLinux
import ContainerSystem
import Glibc

/// The seam between this module and the kernel: the few calls on a cgroup tree, so that a folder tree in memory can
/// stand in for `/sys/fs/cgroup`.
///
/// Each call fails with the bare errno: which operation of the cgroup it was, the caller knows.
public protocol CgroupFileSystem: Sendable {
    /// The content of a small kernel file; at most `limit` bytes, more is `EFBIG`.
    func read(_ path: String, limit: Int) throws(Errno) -> String
    /// One write(2) of the whole value into a file that is there.
    func write(_ path: String, _ value: String) throws(Errno)
    func makeDirectory(_ path: String) throws(Errno)
    func removeDirectory(_ path: String) throws(Errno)
    /// The names of the folders in a folder.
    func childDirectories(_ path: String) throws(Errno) -> [String]
    func exists(_ path: String) -> Bool
    /// Gives a file to a user; its group stays.
    func changeOwner(_ path: String, to user: UInt32) throws(Errno)
    /// `f_type` of statfs(2); nil when the path is not there.
    func magic(_ path: String) -> UInt64?
    /// Loads a program of the type `BPF_PROG_TYPE_CGROUP_DEVICE` and attaches it to the cgroup with this folder.
    func attachDeviceFilter(_ program: [UInt64], to directory: String) throws(Errno)
    /// kill(2)
    func send(_ signal: CInt, to process: Int32) throws(Errno)
}

/// The kernel's own cgroup trees.
public struct KernelCgroupFileSystem: CgroupFileSystem {
    public init() {}

    public func read(_ path: String, limit: Int) throws(Errno) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .current }
        defer { close(file) }
        var bytes = [UInt8]()
        // A kernel file has no size to ask for; most fit into one page.
        var room = 4096
        while bytes.count <= limit {
            var count = 0
            var failure: CInt = 0
            bytes += [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
                repeat { count = Glibc.read(file, buffer.baseAddress, room) } while count < 0 && errno == EINTR
                failure = errno
                initialized = max(count, 0)
            }
            guard count >= 0 else { throw Errno(rawValue: failure) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            if count == room { room = 65536 }
        }
        throw Errno(rawValue: EFBIG)
    }

    public func write(_ path: String, _ value: String) throws(Errno) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw .current }
        defer { close(file) }
        var value = value
        let count = value.withUTF8 { text in
            var count = 0
            repeat { count = Glibc.write(file, text.baseAddress, text.count) } while count < 0 && errno == EINTR
            return count
        }
        guard count >= 0 else { throw .current }
    }

    public func makeDirectory(_ path: String) throws(Errno) {
        guard mkdir(path, 0o755) == 0 else { throw .current }
    }

    public func removeDirectory(_ path: String) throws(Errno) {
        guard rmdir(path) == 0 else { throw .current }
    }

    public func childDirectories(_ path: String) throws(Errno) -> [String] {
        guard let directory = opendir(path) else { throw .current }
        defer { closedir(directory) }
        var names = [String]()
        while let entry = readdir(directory) {
            // cgroupfs always fills in d_type, so that no stat(2) is needed per file.
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    public func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    public func changeOwner(_ path: String, to user: UInt32) throws(Errno) {
        guard chown(path, user, gid_t.max) == 0 else { throw .current }
    }

    public func magic(_ path: String) -> UInt64? {
        var information = statfs()
        guard statfs(path, &information) == 0 else { return nil }
        return UInt64(truncatingIfNeeded: information.f_type)
    }

    public func attachDeviceFilter(_ program: [UInt64], to directory: String) throws(Errno) {
        let cgroup = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard cgroup >= 0 else { throw .current }
        defer { close(cgroup) }
        let filter = try ProgramLoad.load(program)
        // The cgroup holds the program from now on; our descriptor is not needed.
        defer { close(filter) }
        try ProgramAttach.attach(filter, to: cgroup)
    }

    public func send(_ signal: CInt, to process: Int32) throws(Errno) {
        guard kill(process, signal) == 0 else { throw .current }
    }
}

/// The fields of `union bpf_attr` for `BPF_PROG_LOAD` (linux/bpf.h).
private struct ProgramLoad {
    var type: UInt32 = 15  // BPF_PROG_TYPE_CGROUP_DEVICE
    var count: UInt32
    var instructions: UInt64
    var license: UInt64
    var logLevel: UInt32 = 0
    var logSize: UInt32 = 0
    var log: UInt64 = 0
    var kernelVersion: UInt32 = 0
    var flags: UInt32 = 0

    static func load(_ program: [UInt64]) throws(Errno) -> CInt {
        let descriptor = program.withUnsafeBufferPointer { program in
            "Apache-2.0".withCString { license in
                var attributes = ProgramLoad(
                    count: UInt32(program.count),
                    instructions: UInt64(UInt(bitPattern: program.baseAddress)),
                    license: UInt64(UInt(bitPattern: license)))
                return ck_bpf(5, &attributes, UInt32(MemoryLayout<ProgramLoad>.size))  // BPF_PROG_LOAD
            }
        }
        guard descriptor >= 0 else { throw .current }
        return descriptor
    }
}

/// The fields of `union bpf_attr` for `BPF_PROG_ATTACH` (linux/bpf.h).
private struct ProgramAttach {
    var target: UInt32
    var program: UInt32
    var type: UInt32 = 6  // BPF_CGROUP_DEVICE
    /// `BPF_F_ALLOW_MULTI`: what is nested in the container may attach its own, and both must agree.
    var flags: UInt32 = 2

    static func attach(_ program: CInt, to cgroup: CInt) throws(Errno) {
        var attributes = ProgramAttach(target: UInt32(cgroup), program: UInt32(program))
        let result = ck_bpf(8, &attributes, UInt32(MemoryLayout<ProgramAttach>.size))  // BPF_PROG_ATTACH
        guard result == 0 else { throw .current }
    }
}
