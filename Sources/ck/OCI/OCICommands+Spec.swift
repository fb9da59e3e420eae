import ContainerSystem
import Glibc

extension OCICommands {
    static var spec: OCICommand {
        OCICommand(
            name: "spec", abstract: "write a config.json to start from", operands: "", count: 0...0,
            flags: [
                OCIFlag(
                    "bundle", "b", kind: .text, help: "folder that it is written to", standard: "the working folder"),
                OCIFlag("rootless", kind: .isSwitch, help: "for a user without rights, in a user namespace"),
            ]
        ) { session in
            let folder = session.words.filled("bundle")
            let path = folder.map { "\($0)/config.json" } ?? "config.json"
            let text = SpecDocument.make(rootless: session.words.isOn("rootless")).text(indent: "\t")
            guard !Files.exists(path) else {
                throw CommandFailure("File \(path) exists. Remove it first", status: 1)
            }
            let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
            try file.writeAll((text + "\n").utf8, name: path)
            return 0
        }
    }

    static var features: OCICommand {
        OCICommand(
            name: "features", abstract: "show as JSON what this runtime can do", operands: "", count: 0...0, flags: []
        ) { session in
            session.console.out(FeaturesDocument.make().text(indent: "    "))
            return 0
        }
    }

    static var checkpoint: OCICommand {
        refused("checkpoint", "save a running container (not supported)", OCIRefusals.checkpoint)
    }

    static var restore: OCICommand {
        refused("restore", "go on with a saved container (not supported)", OCIRefusals.checkpoint)
    }

    /// Whatever else the words are, they are those of something that there is not.
    private static func refused(_ name: String, _ abstract: String, _ reason: String) -> OCICommand {
        OCICommand(
            name: name, abstract: abstract, operands: "<container-id>", count: 0...Int.max, flags: [], isRefused: true
        ) { _ in throw CommandFailure("\(name) is not supported: \(reason)", status: 1) }
    }
}
