import ContainerSystem

/// A path of a copy as it was written: what its end says counts (docker, `docker cp`, "Description").
public struct CopyPath: Sendable, Hashable {
    /// As it was given.
    public let text: String

    public init(_ text: String) { self.text = text }

    /// `DIRECTORY/.` means what is in the folder, and not the folder. So does the root, which has no name.
    public var namesContents: Bool { base == "." || base == "/" }

    /// Nothing but a folder can be meant.
    public var assertsDirectory: Bool { text.hasSuffix("/") || base == "." }

    /// The last name; `.` and `/` stand for themselves. `..` has the name of the folder that it leads to.
    public var base: String {
        guard let last = text.split(separator: "/").last else { return text.isEmpty ? "." : "/" }
        guard last == ".." else { return String(last) }
        return Self.clean(text).split(separator: "/").last.map(String.init) ?? "/"
    }

    /// The folder that holds it, for messages.
    public var parent: String {
        let clean = Self.clean(text)
        if base == "." { return clean }
        guard let slash = clean.lastIndex(of: "/"), slash != clean.startIndex else { return "/" }
        return String(clean[..<slash])
    }

    /// From the root on, without `.`, `..` and doubled slashes.
    static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

/// Where a copy goes: the table of `docker cp`.
public enum CopyRules {
    /// What is at the path that is copied to.
    public enum Destination: Sendable, Equatable {
        case directory
        case file
        /// Nothing yet. `assertsDirectory`: the path ends in a slash.
        case missing(assertsDirectory: Bool)
    }

    public enum Placement: Sendable, Equatable {
        /// Into the folder that is there, under its own name.
        case into
        /// In place of what the path names, under the path's name.
        case named
    }

    /// - Throws: `invalidArgument`, in docker's words.
    public static func placement(sourceIsDirectory: Bool, at destination: Destination) throws(ContainerError)
        -> Placement
    {
        switch destination {
        case .directory: return .into
        case .file where sourceIsDirectory: throw ContainerError(.invalidArgument, "cannot copy directory")
        case .file: return .named
        case .missing(assertsDirectory: true) where !sourceIsDirectory:
            throw ContainerError(.invalidArgument, "no such directory")
        case .missing: return .named
        }
    }
}
