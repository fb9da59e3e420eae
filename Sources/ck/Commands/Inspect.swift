import ArgumentParser
import ContainerEngine
import ContainerSystem
import TextTemplate

/// `inspect`, of whatever has the name.
struct Inspect: Command {
    static let synopsis = Synopsis(
        name: "inspect", operands: "[OPTIONS] NAME|ID [NAME|ID...]",
        abstract: "Return low-level information on containers, images, networks and volumes", count: 1...Int.max,
        flags: DockerFlags.inspect)

    @Option(name: .shortAndLong, help: "Print as json on one line, or by a template of Go's")
    var format = ""

    @Flag(name: .shortAndLong, help: "Show how much a container has written")
    var size = false

    @Option(help: "Only inspect objects of the given type: container, image, network or volume")
    var type: String?

    @Argument(help: "The objects, by name or id")
    var names: [String]

    /// What docker has and can be asked for.
    private static let types = [
        "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume",
    ]

    func run(in session: Session) throws -> Int32 {
        if let type, !["container", "image", "network", "volume", ""].contains(type) {
            guard !Self.types.contains(type) else {
                throw CommandFailure(
                    unsupported: "inspect --type \(type)", hint: "containers, images, networks and volumes can be")
            }
            let known = Self.types.map { "\"\($0)\"" }.joined(separator: ", ")
            throw CommandFailure("ck: unknown type: \(Quoting.go(type)): must be one of \(known)", status: 1)
        }
        let format = try Inspection.format(format)
        let engine = try session.engine()
        return Inspection.show(names, format, on: session.console) { name throws(ContainerError) in
            try document(name, engine)
        }
    }

    /// docker looks for containers first.
    private func document(_ name: String, _ engine: Engine) throws(ContainerError) -> Value {
        let isAny = type?.isEmpty ?? true
        if isAny || type == "container" {
            do throws(ContainerError) {
                return ContainerDocument(try engine.inspectContainer(name, measuresSize: size)).value
            } catch {
                guard isAny, error.code == .notFound else { throw error }
            }
        }
        if isAny || type == "image" {
            do throws(ContainerError) {
                return try ImageDocument.of(name, try engine.inspectImage(name))
            } catch {
                guard isAny, error.code == .notFound || error.code == .invalidArgument else { throw error }
            }
        }
        if isAny || type == "network" {
            do throws(ContainerError) {
                return NetworkDetailsDocument(try engine.network(name)).value
            } catch {
                guard isAny, error.code == .notFound else { throw error }
            }
        }
        do throws(ContainerError) {
            return VolumeDocument.value(try engine.volume(name))
        } catch {
            guard isAny, error.code == .notFound else { throw error }
            throw ContainerError(.notFound, "No such object: \(name)")
        }
    }
}

struct InspectContainers: Command {
    static let synopsis = Synopsis(
        name: "container inspect", operands: "[OPTIONS] CONTAINER [CONTAINER...]",
        abstract: "Display detailed information on one or more containers", count: 1...Int.max,
        flags: DockerFlags.containerInspect)

    @Option(name: .shortAndLong, help: "Print as json on one line, or by a template of Go's")
    var format = ""

    @Flag(name: .shortAndLong, help: "Show how much it has written")
    var size = false

    @Argument(help: "The containers, by name or id")
    var containers: [String]

    func run(in session: Session) throws -> Int32 {
        let format = try Inspection.format(format)
        let engine = try session.engine()
        return Inspection.show(containers, format, on: session.console) { name throws(ContainerError) in
            ContainerDocument(try engine.inspectContainer(name, measuresSize: size)).value
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
        document: (String) throws(ContainerError) -> Value
    ) -> Int32 {
        var documents = [Value]()
        var failures = [String]()
        for name in names {
            do throws(ContainerError) { documents.append(try document(name)) } catch {
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
