import ContainerSystem
import OCISpec

/// Who `-u` and an image's `User` mean, by the container's own /etc/passwd and /etc/group (passwd(5), group(5)).
public struct UserLookup {
    let passwd: String
    let group: String

    public struct Identity: Equatable {
        public var user: RuntimeSpec.Process.User
        public var home: String

        public init(user: RuntimeSpec.Process.User, home: String) {
            self.user = user
            self.home = home
        }
    }

    init(passwd: String, group: String) {
        self.passwd = passwd
        self.group = group
    }

    /// - Parameter read: the bytes of a file as the container sees it; one that is not there names nobody.
    /// - Throws: what `read` throws besides `notFound`: a file that cannot be trusted is no reason to guess.
    public init(_ read: (String) throws(ContainerError) -> [UInt8]) throws(ContainerError) {
        func text(_ path: String) throws(ContainerError) -> String {
            do throws(ContainerError) { return String(decoding: try read(path), as: UTF8.self) } catch {
                if error.code == .notFound { return "" }
                throw error
            }
        }
        self.init(passwd: try text("/etc/passwd"), group: try text("/etc/group"))
    }

    /// - Parameter text: empty, `user`, `uid`, `user:group`, `uid:gid`. A number is always an id.
    /// - Throws: `notFound` for a name that the container does not know, `invalidArgument` for a number too large, or for
    ///   a user in more groups than the kernel takes.
    public func identity(of text: String) throws(ContainerError) -> Identity {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let userPart = parts.first.flatMap { $0.isEmpty ? nil : $0 } ?? "0"
        let account = try account(userPart)
        let groupPart = parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil
        let gid = try groupPart.map { text throws(ContainerError) in try groupID(text) } ?? account.gid
        // An explicit group replaces the memberships; the primary group is always among the groups.
        let member = groupPart == nil ? memberships(of: account.name) : []
        let groups = [gid] + member.filter { $0 != gid }
        guard groups.count <= Self.groupLimit else {
            throw ContainerError(
                .invalidArgument, "user \(userPart) is in \(groups.count) groups",
                cause: "the kernel takes \(Self.groupLimit)", hint: "name one: \(userPart):GROUP")
        }
        return Identity(
            user: .init(uid: account.uid, gid: gid, additionalGids: groups), home: account.home)
    }

    /// As `identity(of:)`, with more groups.
    /// - Parameter groups: names and gids.
    /// - Throws: `notFound` for a name that the container does not know.
    public func identity(of text: String, groups: [String]) throws(ContainerError) -> Identity {
        var identity = try identity(of: text)
        var all = identity.user.additionalGids ?? []
        for group in groups {
            let gid = try groupID(group)
            if !all.contains(gid) { all.append(gid) }
        }
        identity.user.additionalGids = all
        return identity
    }

    private static let groupLimit = 65_536
    private static let idLimit: UInt32 = 0x7fff_ffff

    private struct Account {
        var name: Substring?
        var uid: UInt32
        var gid: UInt32
        var home: String
    }

    private func account(_ text: String) throws(ContainerError) -> Account {
        let number = try Self.number(text)
        for line in Self.lines(passwd) {
            let fields = Self.fields(line)
            guard fields.count >= 6, let uid = Self.id(fields[2]), let gid = Self.id(fields[3]) else { continue }
            guard number == uid || (number == nil && Self.areSame(fields[0], text)) else { continue }
            let home = fields[5].isEmpty ? "/" : String(fields[5])
            return Account(name: fields[0], uid: uid, gid: gid, home: home)
        }
        guard let number else {
            throw ContainerError(
                .notFound, "unable to find user \(text)", cause: "no matching entries in the image's passwd file")
        }
        return Account(name: nil, uid: number, gid: 0, home: "/")
    }

    private func groupID(_ text: String) throws(ContainerError) -> UInt32 {
        if let number = try Self.number(text) { return number }
        for line in Self.lines(group) {
            let fields = Self.fields(line)
            if fields.count >= 3, Self.areSame(fields[0], text), let gid = Self.id(fields[2]) { return gid }
        }
        throw ContainerError(
            .notFound, "unable to find group \(text)", cause: "no matching entries in the image's group file")
    }

    private func memberships(of name: Substring?) -> [UInt32] {
        guard let name else { return [] }
        return Self.lines(group).compactMap { line in
            let fields = Self.fields(line)
            guard fields.count >= 4, Self.split(fields[3], at: ",").contains(where: { Self.areSame($0, name) }) else {
                return nil
            }
            return Self.id(fields[2])
        }
    }

    /// Digits are an id whatever an image's files say: a user *named* `0` would become somebody else.
    private static func number(_ text: String) throws(ContainerError) -> UInt32? {
        guard isNumber(text) else { return nil }
        guard let number = id(text) else {
            throw ContainerError(.invalidArgument, "user \(text)", cause: "uids and gids must be in range 0-2147483647")
        }
        return number
    }

    private static func isNumber(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// An id in a file. 4294967295 above all is none: setresuid(2) takes it as "leave it as it is", which is root.
    private static func id(_ text: some StringProtocol) -> UInt32? {
        guard isNumber(text), let id = UInt32(text), id <= idLimit else { return nil }
        return id
    }

    // Lines, fields and names are bytes here as they are for Linux: a `Character` may swallow a colon, and two different
    // names may be equal as Unicode.

    private static func lines(_ text: String) -> [Substring] {
        split(text[...], at: "\n").compactMap { line in
            if line.utf8.isEmpty || line.utf8.first == UInt8(ascii: "#") { return nil }
            return line.utf8.last == UInt8(ascii: "\r") ? Substring(line.utf8.dropLast()) : line
        }
    }

    private static func fields(_ line: Substring) -> [Substring] { split(line, at: ":") }

    private static func split(_ text: Substring, at separator: Unicode.Scalar) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false).map { Substring($0) }
    }

    private static func areSame(_ name: some StringProtocol, _ other: some StringProtocol) -> Bool {
        name.utf8.elementsEqual(other.utf8)
    }
}
