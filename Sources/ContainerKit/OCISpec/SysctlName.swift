/// The name of a kernel parameter below /proc/sys (sysctl(8)).
///
/// The first separator is the separator of all: in `net.ipv4.conf.eth0/1.forwarding` a slash stands for the dot in the
/// name of an interface, in `net/ipv4/conf/eth0.1/forwarding` the dot is the interface's own.
public struct SysctlName: Sendable, Equatable {
    /// The folders below /proc/sys, and the file.
    public let words: [String]

    /// The path of the file, relative to /proc/sys.
    public var path: String { words.joined(separator: "/") }

    /// Nil for what is no name: fewer than two words, an empty one, and one that leads elsewhere.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let (dot, slash) = (UInt8(ascii: "."), UInt8(ascii: "/"))
        guard let separator = bytes.first(where: { $0 == dot || $0 == slash }), !bytes.contains(0) else { return nil }
        var words: [String] = []
        for word in bytes.split(separator: separator, omittingEmptySubsequences: false) {
            // What is no separator is a dot in the file's name.
            let name = String(decoding: word.map { $0 == slash ? dot : $0 }, as: UTF8.self)
            guard !name.isEmpty, name != ".", name != ".." else { return nil }
            words.append(name)
        }
        guard words.count > 1 else { return nil }
        self.words = words
    }

    private static let ofProcessCommunication = [
        "msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced",
    ]

    /// The kind of namespace that has the parameter for itself; nil for one that is the host's.
    public var namespace: RuntimeSpec.Linux.Namespace.Kind? {
        switch words[0] {
        case "kernel" where words.count == 2 && Self.ofProcessCommunication.contains(words[1]): .ipc
        case "fs" where words[1] == "mqueue": .ipc
        case "net": .network
        case "kernel" where words.count == 2 && words[1] == "domainname": .uts
        case "user": .user
        default: nil
        }
    }

    /// Why a container must not set a parameter; nil when it may. Only what a namespace of the container has for itself can
    /// be set, so that the host and other containers keep theirs.
    static func fault(of text: String, in linux: RuntimeSpec.Linux) -> String? {
        guard let name = SysctlName(text) else { return "not the name of a kernel parameter" }
        if name.words == ["kernel", "hostname"] { return "the name of the container is set by hostname" }
        guard let kind = name.namespace else { return "belongs to no namespace: it would change the host" }
        if linux.has(kind) { return nil }
        return "needs \(kind == .ipc ? "an" : "a") \(kind.rawValue) namespace, and linux.namespaces has none"
    }
}
