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

    @Option(help: "Show an image only if it is for this platform, such as linux/arm64")
    var platform: String?

    @Argument(help: "The images, by name or id")
    var images: [String]

    func run(in session: Session) throws -> Int32 {
        let platform = try PlatformFlag.parse(platform)
        let format = try Inspection.format(format)
        let engine = try session.engine()
        return Inspection.show(images, format, on: session.console) { name throws(ContainerError) in
            try engine.inspectImage(name, platform: platform)
        }
    }
}

/// `inspect`, of whatever has the name. Containers have no document yet.
struct Inspect: Command {
    static let synopsis = Synopsis(
        name: "inspect", operands: "[OPTIONS] NAME|ID [NAME|ID...]",
        abstract: "Return low-level information on images", count: 1...Int.max, flags: DockerFlags.inspect)

    @Option(name: .shortAndLong, help: "Print as json on one line, or by a template of Go's")
    var format = ""

    @Option(help: "Only inspect objects of the given type: image")
    var type: String?

    @Argument(help: "The images, by name or id")
    var names: [String]

    /// What docker has and can be asked for.
    private static let otherTypes = [
        "config", "container", "network", "node", "plugin", "secret", "service", "task", "volume",
    ]

    func run(in session: Session) throws -> Int32 {
        if let type, type != "image" {
            guard Self.otherTypes.contains(type) else {
                throw CommandFailure("ck: unknown type: \(Quoting.go(type)): must be \"image\"", status: 1)
            }
            throw CommandFailure(unsupported: "inspect --type \(type)", hint: "images can be inspected")
        }
        let format = try Inspection.format(format)
        let engine = try session.engine()
        // docker looks for containers first.
        let containers = type == nil ? try engine.containers() : []
        return Inspection.show(names, format, on: session.console) { name throws(ContainerError) in
            if containers.contains(where: { $0.name == name || $0.id.hasPrefix(name) }) {
                throw ContainerError(
                    .unsupported, "inspect \(name): inspecting a container is not supported yet",
                    hint: "--type image looks for an image of that name")
            }
            do throws(ContainerError) { return try engine.inspectImage(name) } catch {
                guard type == nil, error.code == .notFound || error.code == .invalidArgument else { throw error }
                throw ContainerError(.notFound, "No such object: \(name)")
            }
        }
    }
}

/// What the inspect commands share.
enum Inspection {
    static func format(_ text: String) throws(CommandFailure) -> InspectFormat {
        do throws(TemplateError) { return try InspectFormat(text) } catch {
            throw CommandFailure("ck: \(error.description)", status: 64)
        }
    }

    /// Prints what was found, then what was not.
    /// - Returns: the exit status.
    static func show(
        _ names: [String], _ format: InspectFormat, on console: Console,
        document: (String) throws(ContainerError) -> String
    ) -> Int32 {
        var documents = [Value]()
        var failures = [String]()
        for name in names {
            do throws(ContainerError) {
                let json = try document(name)
                do { documents.append(try ImageDocument.value(json)) } catch {
                    throw ContainerError(.corrupted, "inspect \(name)", cause: "\(error)")
                }
            } catch {
                failures.append("ck: \(error.description)")
            }
        }
        let (output, misfits) = format.text(of: documents)
        console.out(String(output.dropLast()))
        failures += misfits.map { "ck: \($0.description)" }
        for failure in failures { console.error(failure) }
        return failures.isEmpty ? 0 : 1
    }
}
