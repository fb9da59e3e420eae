import Glibc

/// Paths of the host in flags.
enum HostPath {
    /// An absolute path, or one relative to the working directory when it starts with a dot; nil for a name.
    static func parse(_ text: String) -> String? {
        if text.hasPrefix("/") { return clean(text) }
        guard text == "." || text == ".." || text.hasPrefix("./") || text.hasPrefix("../") else { return nil }
        return absolute(text)
    }

    /// Relative ones count from the working directory.
    static func absolute(_ text: String) -> String {
        if text.hasPrefix("/") { return clean(text) }
        guard let folder = getcwd(nil, 0) else { return text }
        defer { free(folder) }
        return clean("\(String(cString: folder))/\(text)")
    }

    /// The path without `.`, `..` and doubled slashes.
    static func clean(_ path: String) -> String {
        var names = [Substring]()
        for name in path.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }
}
