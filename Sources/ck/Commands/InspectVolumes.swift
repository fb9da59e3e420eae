import ArgumentParser
import ContainerEngine
import ContainerSystem
import FoundationEssentials

struct InspectVolumes: Command {
    static let synopsis = Synopsis(
        name: "volume inspect", operands: "[OPTIONS] VOLUME [VOLUME...]",
        abstract: "Display detailed information on one or more volumes", count: 1...Int.max,
        flags: DockerFlags.volumeInspect)

    @Option(name: .shortAndLong, help: "Print as json on one line, or by a template of Go's")
    var format = ""

    @Argument(help: "The volumes, by name")
    var names: [String]

    func run(in session: Session) throws -> Int32 {
        let format = try Inspection.format(format)
        let engine = try session.engine()
        return Inspection.show(names, format, on: session.console) { name throws(ContainerError) in
            try ImageDocument.of(name, try VolumeDocument.json(try engine.volume(name)))
        }
    }
}

/// The document of `volume inspect`, in docker's shape.
enum VolumeDocument {
    private struct Document: Encodable {
        let CreatedAt: String
        let Driver = "local"
        let Labels: [String: String]?
        let Mountpoint: String
        let Name: String
        let Options: [String: String]?
        let Scope = "local"

        private enum CodingKeys: CodingKey { case CreatedAt, Driver, Labels, Mountpoint, Name, Options, Scope }

        // What there is none of is null.
        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(CreatedAt, forKey: .CreatedAt)
            try fields.encode(Driver, forKey: .Driver)
            try fields.encode(Labels, forKey: .Labels)
            try fields.encode(Mountpoint, forKey: .Mountpoint)
            try fields.encode(Name, forKey: .Name)
            try fields.encode(Options, forKey: .Options)
            try fields.encode(Scope, forKey: .Scope)
        }
    }

    static func json(_ volume: Volume) throws(ContainerError) -> String {
        let document = Document(
            CreatedAt: Timestamp.format(volume.created.rounded(.down)),
            Labels: volume.labels.isEmpty ? nil : volume.labels, Mountpoint: volume.mountpoint, Name: volume.name,
            Options: volume.options.isEmpty ? nil : volume.options)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return String(decoding: try encoder.encode(document), as: UTF8.self) } catch {
            throw ContainerError(.systemFailure, "write the document of volume \(volume.name)", cause: "\(error)")
        }
    }
}
