import ContainerSystem

extension RuntimeSpec {
    /// Judges everything that can be judged from the document alone (config.md, config-linux.md), before anything is made.
    ///
    /// Nothing of the host is looked at: whether paths exist, whether the kernel has a feature, and what a namespace that is
    /// joined by path really is, is found out later.
    ///
    /// Members are named one by one, not gone through in lists of pairs: this runs at every start, where the first use of a
    /// type of pairs costs more than what is done with them.
    /// - Parameter name: what errors call the document.
    /// - Throws: `invalidArgument` or `unsupported` that names the first member that is not right by its JSON path.
    public func validate(name: String = "config.json") throws(ContainerError) {
        do throws(ContainerError) {
            try checkVersion()
            try process.check(at: "process")
            try Fault.checkText(root.path, "root.path")
            if root.path.isEmpty { throw Fault.missing("root.path") }
            try checkMounts()
            try hooks?.check(at: "hooks")
            for key in annotations?.keys.sorted() ?? [] where key.isEmpty {
                throw Fault.invalid("annotations", "a member without a name")
            }
            try linux.check(at: "linux")
            try check(name: hostname, "hostname")
            try check(name: domainname, "domainname")
            try checkIdentity()
        } catch { throw error.during(name) }
    }

    /// The major version decides what the words mean; within it everything newer is compatible (config.md,
    /// "Specification version"; semver.org).
    private func checkVersion() throws(ContainerError) {
        guard let major = SemanticVersion.major(of: ociVersion) else {
            throw Fault.invalid(
                "ociVersion", "\(PrintableText.quoted(ociVersion)) is not a version such as \(Self.supportedVersion)")
        }
        if major != 1 {
            throw ContainerError(
                .unsupported, "ociVersion: \(PrintableText.quoted(ociVersion)) is not supported, only versions 1.x.y")
        }
    }

    /// Names are set with sethostname(2) and setdomainname(2): in the host's own namespace they would be the host's.
    private func check(name: String?, _ member: String) throws(ContainerError) {
        guard let name, !name.isEmpty else { return }
        try Fault.checkText(name, member)
        if name.utf8.count > 64 {
            throw Fault.invalid(member, "\(name.utf8.count) bytes long, which is more than 64")
        }
        if !linux.has(.uts) {
            throw Fault.invalid(member, "needs a uts namespace, and linux.namespaces has none: it would name the host")
        }
    }

    /// The ids of the process must exist in the user namespace that is made for it.
    private func checkIdentity() throws(ContainerError) {
        guard linux.has(.user) else { return }
        let user = process.user
        if let users = linux.uidMappings, !users.isEmpty {
            try check(user.uid, in: users, "process.user.uid", "linux.uidMappings")
        }
        guard let groups = linux.gidMappings, !groups.isEmpty else { return }
        try check(user.gid, in: groups, "process.user.gid", "linux.gidMappings")
        for (index, group) in (user.additionalGids ?? []).enumerated() {
            try check(group, in: groups, "process.user.additionalGids[\(index)]", "linux.gidMappings")
        }
    }

    private func check(_ id: UInt32, in mappings: [IDMapping], _ path: @autoclosure () -> String, _ table: String)
        throws(ContainerError)
    {
        for mapping in mappings where id >= mapping.containerID && id - mapping.containerID < mapping.size { return }
        throw Fault.invalid(path(), "\(id) is not in \(table)")
    }
}

/// The errors of a document that was read but is not right. The name of the document comes in front in the end.
enum Fault {
    static func invalid(_ path: String, _ what: String, hint: String? = nil) -> ContainerError {
        ContainerError(.invalidArgument, "\(path): \(what)", hint: hint)
    }

    static func missing(_ path: String) -> ContainerError { invalid(path, "missing") }

    /// - Parameter range: inclusive.
    static func outside(_ path: String, _ value: some BinaryInteger, _ range: ClosedRange<Int64>) -> ContainerError {
        invalid(path, "\(value) is not between \(range.lowerBound) and \(range.upperBound)")
    }

    static func unknown(_ path: String, _ word: String, _ kind: String) -> ContainerError {
        invalid(path, "\(PrintableText.quoted(word)) is not \(kind)")
    }

    /// The kernel takes text only up to its first NUL byte: what follows one would be lost in silence.
    static func checkText(_ text: String, _ path: @autoclosure () -> String) throws(ContainerError) {
        for byte in text.utf8 where byte == 0 { throw invalid(path(), "a NUL byte in it") }
    }

    static func checkTexts(_ texts: [String]?, _ path: @autoclosure () -> String) throws(ContainerError) {
        guard let texts else { return }
        for index in texts.indices { try checkText(texts[index], "\(path())[\(index)]") }
    }

    static func checkAbsolute(_ path: String, _ member: @autoclosure () -> String) throws(ContainerError) {
        try checkText(path, member())
        if path.utf8.first != UInt8(ascii: "/") {
            throw unknown(member(), path, "an absolute path")
        }
    }
}

enum SemanticVersion {
    /// The first number of a version (semver.org 2.0.0): three numbers, then perhaps `-` and `+` with words of letters,
    /// digits and hyphens between dots. Nil for anything else.
    static func major(of text: String) -> Int? {
        var rest = Array(text.utf8)[...]
        if rest.count > 128 { return nil }
        if let plus = rest.firstIndex(of: UInt8(ascii: "+")) {
            guard isDotted(rest[(plus + 1)...]) else { return nil }
            rest = rest[..<plus]
        }
        if let minus = rest.firstIndex(of: UInt8(ascii: "-")) {
            guard isDotted(rest[(minus + 1)...]) else { return nil }
            rest = rest[..<minus]
        }
        let numbers = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard numbers.count == 3 else { return nil }
        for number in numbers {
            guard !number.isEmpty, number.count <= 9, number.count == 1 || number.first != UInt8(ascii: "0"),
                number.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
        }
        return numbers[0].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func isDotted(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty
                && word.allSatisfy {
                    switch $0 {
                    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
    }
}
