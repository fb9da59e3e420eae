import CKLinux
import ContainerSystem
import Glibc

/// What a path of a copy leads to, held by the folder that it is in: from here on nobody can put another folder in its
/// place.
struct LocatedPath {
    /// Open by path alone (`O_PATH`).
    let parent: Descriptor
    /// The name in it; `.` for the folder itself.
    let name: CPath
    /// Of the name, not of where it leads to; nil when there is nothing yet.
    let status: stat?
    /// The path that led here: another one than was asked for when it ended in links.
    let path: CPath

    private static let maximumLinks = 40

    /// - Parameters:
    ///   - followsLast: whether a link that the path ends in is followed, also to what is not there.
    /// - Returns: nil when the folder that would hold it is not there.
    /// - Throws: `invalidArgument` when a link goes in circles, and what else the kernel says.
    static func find(_ path: String, in root: RootedDirectory, followsLast: Bool) throws(ContainerError)
        -> LocatedPath?
    {
        var path = CPath(path.utf8CString)
        for _ in 0...maximumLinks {
            let (folder, name) = split(path)
            guard let parent = try openFolder(folder, in: root) else { return nil }
            var status = stat()
            if fstatat(parent.raw, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
                guard errno == ENOENT || errno == ENOTDIR else { throw ContainerError(.current, "stat \(path.text)") }
                return LocatedPath(parent: parent, name: name, status: nil, path: path)
            }
            guard status.type == S_IFLNK, followsLast || endsInSlash(path) else {
                return LocatedPath(parent: parent, name: name, status: status, path: path)
            }
            let target = try LayeredView.target(of: name, in: parent)
            let tail: CPath = endsInSlash(path) ? [47, 0] : [0]
            path = (target.first == 47 ? [] : folder.dropLast() + [47]) + target.dropLast() + tail
        }
        throw ContainerError(.invalidArgument, "look up \(path.text): too many symbolic links")
    }

    private static func openFolder(_ folder: CPath, in root: RootedDirectory) throws(ContainerError) -> Descriptor? {
        do throws(ContainerError) {
            return try root.open(folder, CK_O_PATH | O_DIRECTORY)
        } catch {
            if error.code == .notFound || error.cause?.hasPrefix("ENOTDIR") == true { return nil }
            throw error
        }
    }

    private static func endsInSlash(_ path: CPath) -> Bool { path.dropLast().last == 47 }

    /// The folder, and the name in it. What ends in `.` or `..`, and the root, is a folder by itself.
    private static func split(_ path: CPath) -> (folder: CPath, name: CPath) {
        var bytes = path.dropLast()
        while bytes.count > 1, bytes.last == 47 { bytes.removeLast() }
        let slash = bytes.lastIndex(of: 47)
        let name = bytes[(slash.map { $0 + 1 } ?? bytes.startIndex)...]
        if name.isEmpty || name.elementsEqual([46]) || name.elementsEqual([46, 46]) {
            return (CPath(bytes) + [0], [46, 0])
        }
        guard let slash else { return ([46, 0], CPath(name) + [0]) }
        return (CPath(bytes[...slash]) + [0], CPath(name) + [0])
    }
}
