import ArgumentParser
import ContainerEngine
import ContainerSystem
import TextTemplate

struct InspectImages: Command {
    static let synopsis = Synopsis(
        name: "image inspect", operands: "[OPTIONS] IMAGE [IMAGE...]",
        abstract: "Display detailed information on one or more images", count: 1...Int.max,
        flags: DockerFlags.imageInspect)

    @Option(name: .shortAndLong, help: "Print as json on one line, or by a template of Go's")
    var format = ""

    @Argument(help: "The images, by name or id")
    var images: [String]

    func run(in session: Session) throws -> Int32 {
        let format: InspectFormat
        do throws(TemplateError) { format = try InspectFormat(self.format) } catch {
            throw CommandFailure("ck: \(error.description)", status: 64)
        }
        let engine = try session.engine()
        var documents = [Value]()
        var failures = [String]()
        for image in images {
            do throws(ContainerError) {
                let json = try engine.inspectImage(image)
                do { documents.append(try ImageDocument.value(json)) } catch {
                    throw ContainerError(.corrupted, "inspect \(image)", cause: "\(error)")
                }
            } catch {
                failures.append("ck: \(error.description)")
            }
        }
        let (output, misfits) = format.text(of: documents)
        session.console.out(String(output.dropLast()))
        failures += misfits.map { "ck: \($0.description)" }
        for failure in failures { session.console.error(failure) }
        return failures.isEmpty ? 0 : 1
    }
}
