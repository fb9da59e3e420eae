import ArgumentParser
import ContainerEngine
import ContainerSystem

struct InspectImages: Command {
    static let synopsis = Synopsis(
        name: "image inspect", operands: "[OPTIONS] IMAGE [IMAGE...]",
        abstract: "Display detailed information on one or more images", count: 1...Int.max,
        flags: DockerFlags.imageInspect)

    @Argument(help: "The images, by name or id")
    var images: [String]

    func run(in session: Session) throws -> Int32 {
        let engine = try session.engine()
        var documents = [String]()
        var failures = [String]()
        for image in images {
            do {
                documents.append(try engine.inspectImage(image))
            } catch {
                failures.append("ck: \(error.description)")
            }
        }
        session.console.out(Self.array(documents))
        for failure in failures { session.console.error(failure) }
        return failures.isEmpty ? 0 : 1
    }

    /// JSON documents as the elements of an array; a line end in JSON text is never inside a string.
    static func array(_ documents: [String]) -> String {
        guard !documents.isEmpty else { return "[]" }
        let elements = documents.map { document in
            document.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        }
        return "[\n\(elements.joined(separator: ",\n"))\n]"
    }
}
