import ContainerSystem
import Glibc

/// The files of a log that is rotated while it is read: `PATH` is written to, `PATH.1` was before it, `PATH.2` before that.
struct RotatedLog {
    private let folder: String
    private let name: String

    init(_ path: String) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        folder = String(path[..<slash])
        name = String(path[path.index(after: slash)...])
    }

    /// Opens all that there are, the oldest first.
    func open() throws(ContainerError) -> [Descriptor] {
        while true {
            let names = try numbers().map(name)
            var files: [Descriptor] = []
            for name in names {
                guard let file = try open(name) else { break }
                files.append(file)
            }
            if files.count == names.count, zip(names, files).allSatisfy({ isFile($0, $1) }) { return files }
        }
    }

    /// Opens the one that was begun after the given one; nil when that is the newest, or the next is not there yet.
    func successor(of file: Descriptor) throws(ContainerError) -> Descriptor? {
        for attempt in 0... {
            // Thrown away, and perhaps what came after it as well.
            if isDeleted(file) { return try open().first }
            let files = try numbers()
            if let index = files.firstIndex(where: { isFile(name($0), file) }) {
                guard index + 1 < files.count else { return nil }
                // The names move on at any time: what was found counts when it is still so once it is open. A number is
                // missing for a moment only, unless the supervisor was killed in that moment.
                let isWhole = files[index + 1] + 1 == files[index] || attempt > Self.patience
                if isWhole, let next = try open(name(files[index + 1])), isFile(name(files[index]), file),
                    isFile(name(files[index + 1]), next)
                {
                    return next
                }
            } else if attempt > Self.patience {
                return nil
            }
            usleep(500)
        }
        return nil
    }

    /// Whether it is the one that is written to.
    func isNewest(_ file: Descriptor) -> Bool { isFile(name, file) }

    private static let patience = 100

    private func isDeleted(_ file: Descriptor) -> Bool {
        var status = stat()
        return fstat(file.raw, &status) == 0 && status.st_nlink == 0
    }

    /// Nil when the name has moved on.
    private func open(_ name: String) throws(ContainerError) -> Descriptor? {
        do throws(ContainerError) {
            return try Descriptor.open("\(folder)/\(name)", O_RDONLY | O_NOFOLLOW)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    private func isFile(_ name: String, _ file: Descriptor) -> Bool {
        var named = stat()
        var opened = stat()
        guard lstat("\(folder)/\(name)", &named) == 0, fstat(file.raw, &opened) == 0 else { return false }
        return named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
    }

    /// 0 is the one that is written to.
    private func name(_ number: UInt32) -> String { number == 0 ? name : "\(name).\(number)" }

    /// The oldest first.
    private func numbers() throws(ContainerError) -> [UInt32] {
        let all = try Files.list(folder)
        let older = all.compactMap { $0.hasPrefix(name + ".") ? UInt32($0.dropFirst(name.count + 1)) : nil }
        return older.filter { $0 > 0 }.sorted(by: >) + (all.contains(name) ? [0] : [])
    }
}
