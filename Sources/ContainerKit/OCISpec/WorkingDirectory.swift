extension ImageConfig.Execution {
    /// Changes the working folder as a Dockerfile's `WORKDIR` does: a relative path starts at the one before.
    public mutating func changeWorkingDirectory(to path: String) {
        workingDir = Self.absolute(path.utf8.first == UInt8(ascii: "/") ? path : "\(workingDir ?? "")/\(path)")
    }

    /// A path of a container without `.`, `..` and doubled slashes; it starts at the root whatever it says.
    public static func absolute(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
