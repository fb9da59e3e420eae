import ArgumentParser
import ContainerEngine

struct Push: Command {
    static let synopsis = Synopsis(
        name: "push", operands: "[OPTIONS] NAME[:TAG]", abstract: "Upload an image to a registry", count: 1...1,
        flags: DockerFlags.push)

    @Flag(name: .shortAndLong, help: "Print the reference only")
    var quiet = false

    @Argument(help: "The image; its name says which registry")
    var image: String

    func run(in session: Session) throws -> Int32 {
        let console = session.console
        let reference = ReferenceText(image)
        if !quiet {
            if !reference.hadTag, reference.digest == nil { console.out("Using default tag: latest") }
            console.out("The push refers to repository [\(reference.repository)]")
        }
        let pushed = try session.engine().pushImage(image) { event in
            if !quiet, case .layer(let id, let status) = event { console.out("\(id): \(status)") }
        }
        console.out(
            quiet ? reference.full : "\(reference.tag ?? ""): digest: \(pushed.digest) size: \(pushed.size)")
        return 0
    }
}
