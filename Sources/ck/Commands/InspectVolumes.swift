import ArgumentParser
import ContainerEngine
import ContainerSystem
import TextTemplate

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
            VolumeDocument.value(try engine.volume(name))
        }
    }
}

/// The document of `volume inspect`, in docker's shape.
enum VolumeDocument {
    static func value(_ volume: Volume) -> Value {
        .object(
            Object(
                type: "volume.Volume",
                [
                    .init("CreatedAt", .string(Timestamp.format(volume.created.rounded(.down)))),
                    .init("Driver", "local"), .init("Labels", .strings(volume.labels.isEmpty ? nil : volume.labels)),
                    .init("Mountpoint", .string(volume.mountpoint)), .init("Name", .string(volume.name)),
                    .init("Options", .strings(volume.options.isEmpty ? nil : volume.options)), .init("Scope", "local"),
                ]))
    }
}
