import CKLinux
import ContainerSystem
import Glibc

/// A file, or a folder with all that is in it, that is about to be copied: found, and held open.
public struct CopySource {
    /// What messages call it.
    public let path: String
    /// What it is called where it is copied into a folder; nil: what is in the folder is copied, and not the folder.
    public let name: String?
    let located: LocatedPath
    let status: stat
    /// A folder whose device nodes and the like stay where they are: the /dev of a container that runs.
    var hidden: FileIdentity?

    /// Finds a path in a root; nothing outside of it can be found.
    /// - Parameter followsLink: whether a link that the path ends in is followed; its name stays.
    /// - Returns: nil when there is nothing.
    /// - Throws: `invalidArgument` for a file whose path ends as a folder's does.
    public static func find(_ text: String, in root: RootedDirectory, followsLink: Bool) throws(ContainerError)
        -> CopySource?
    {
        let path = CopyPath(text)
        guard let located = try LocatedPath.find(text, in: root, followsLast: followsLink),
            let status = located.status
        else { return nil }
        guard status.type == S_IFDIR || !path.assertsDirectory else {
            throw ContainerError(.invalidArgument, "copy \(text): not a directory")
        }
        return CopySource(
            path: text, name: path.namesContents ? nil : path.base, located: located, status: status)
    }

    public var isDirectory: Bool { status.type == S_IFDIR }

    /// Copies nothing of /dev in a root, but what is asked for in it.
    public mutating func hideDevices(of root: RootedDirectory) {
        guard let devices = try? root.open("/dev", CK_O_PATH | O_DIRECTORY | O_NOFOLLOW),
            let status = try? devices.status("/dev")
        else { return }
        hidden = FileIdentity(status)
    }

    /// All that is in the folder.
    func walk() throws(ContainerError) -> TreeWalk {
        let raw = try system("open \(path)") {
            openat(located.parent.raw, located.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        let hidden = hidden
        let folder = Descriptor(owning: raw)
        let isShown = { (directory: Descriptor, status: stat) -> Bool in
            FileIdentity(status) != hidden && !directory.isKernels()
        }
        // Asked for by name, it is shown, unless it is the kernel's.
        if folder.isKernels() {
            throw ContainerError(
                .invalidArgument, "copy \(path)", cause: "it shows the kernel and holds no files",
                hint: "read it with exec")
        }
        return try TreeWalk(folder, name: path, crossesMounts: isShown)
    }
}
