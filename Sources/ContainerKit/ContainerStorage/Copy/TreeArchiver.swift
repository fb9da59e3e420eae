import ContainerSystem
import Glibc

extension CopySource {
    /// Writes it as a tar (pax, POSIX.1-2001), as `docker cp CONTAINER:PATH -` does.
    /// - Parameter name: what errors call the output.
    /// - Throws: `ContainerError` with the file that cannot be read.
    public func writeArchive(to output: Descriptor, name: String, progress: CopyProgress = CopyProgress())
        throws(ContainerError)
    {
        let writer = try TarWriter(.view) { bytes throws(ContainerError) in
            try output.writeAll(bytes, name: name)
            progress.add(bytes: Int64(bytes.count))
        }
        try writer.archiving { () throws(ContainerError) in try write(by: writer) }
    }

    private func write(by writer: TarWriter) throws(ContainerError) {
        let top = CPath((name ?? ".").utf8CString)
        guard isDirectory else {
            return try writer.write(
                TreeWalk.Entry(path: top, name: located.name, parent: located.parent, status: status))
        }
        var walk = try walk()
        let root = try walk.rootStatus()
        try writer.write(TreeWalk.Entry(path: top, name: [46, 0], parent: walk.rootDescriptor, status: root))
        while let entry = try walk.next() {
            try writer.write(
                TreeWalk.Entry(
                    path: top.dropLast() + [47] + entry.path, name: entry.name, parent: entry.parent,
                    status: entry.status))
        }
    }
}
