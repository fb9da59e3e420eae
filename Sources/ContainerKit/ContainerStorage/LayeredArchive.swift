import ContainerSystem
import Glibc

extension LayeredView {
    /// Writes everything as a tar (pax, POSIX.1-2001) with nothing left of the layers: what a whiteout hides is not
    /// there, and no whiteout is. The same files give the same bytes.
    /// - Parameter name: what errors call the output.
    /// - Throws: `ContainerError` with the file that cannot be read.
    public func writeArchive(to output: Descriptor, name: String) throws(ContainerError) {
        let writer = try TarWriter(.view) { bytes throws(ContainerError) in try output.writeAll(bytes, name: name) }
        try writer.write(self)
    }
}

extension TarWriter {
    /// Writes a whole tree and the end of the archive.
    func write(_ view: LayeredView) throws(ContainerError) {
        try archiving { () throws(ContainerError) in
            var walk = LayeredWalk(view)
            while let entry = try walk.next() {
                switch entry.node {
                case .other(let parent, let name, let status):
                    try write(TreeWalk.Entry(path: entry.path, name: name, parent: parent, status: status))
                case .directory(let merged):
                    try write(
                        TreeWalk.Entry(
                            path: entry.path, name: [46, 0], parent: merged[0], status: try entry.status()))
                }
            }
        }
    }
}
