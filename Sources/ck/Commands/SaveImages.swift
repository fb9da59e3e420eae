import ArgumentParser
import ContainerEngine
import ContainerSystem
import Glibc

struct SaveImages: Command {
    static let synopsis = Synopsis(
        name: "save", operands: "[OPTIONS] IMAGE [IMAGE...]",
        abstract: "Save one or more images to a tar archive (streamed to STDOUT by default)", count: 1...Int.max,
        flags: DockerFlags.save)

    @Option(name: .shortAndLong, help: "Write to a file, instead of STDOUT")
    var output: String?

    @Argument(help: "The images")
    var images: [String]

    func run(in session: Session) throws -> Int32 {
        guard let output else {
            guard isatty(1) == 0 else {
                throw CommandFailure(
                    "ck: cowardly refusing to save to a terminal (use the -o flag or redirect)", status: 1)
            }
            let standard = Descriptor(owning: try system("use standard output") { fcntl(1, F_DUPFD_CLOEXEC, 3) })
            try session.engine().saveImages(images, to: standard, outputName: "standard output")
            return 0
        }
        // Under another name until it is whole: a file that is there is never half an archive.
        let partial = output + ".partial-\(getpid())"
        let file = try Descriptor.open(partial, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        do {
            try session.engine().saveImages(images, to: file, outputName: output)
            try system("write \(output)") { rename(partial, output) }
        } catch {
            unlink(partial)
            throw error
        }
        return 0
    }
}
