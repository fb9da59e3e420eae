import ArgumentParser
import Glibc

struct ShowVersion: Command {
    static let synopsis = Synopsis(
        name: "version", operands: "", abstract: "Show the version", count: 0...0, flags: DockerFlags.version)

    func run(in session: Session) throws -> Int32 {
        session.console.out(
            """
            Client:
             Version:           \(Tool.version)
             OS/Arch:           \(Machine.platform)

            Server:             none: ck runs containers itself
            """)
        return 0
    }
}

enum Machine {
    /// As image platforms are written.
    static var platform: String {
        #if arch(x86_64)
        "linux/amd64"
        #elseif arch(arm64)
        "linux/arm64"
        #else
        "linux/unknown"
        #endif
    }
}
