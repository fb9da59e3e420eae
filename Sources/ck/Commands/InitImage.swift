import ArgumentParser
import ContainerEngine

struct InitImage: Command {
    static let synopsis = Synopsis(
        name: "init", operands: "DIR NAME", abstract: "Make an image from a directory", count: 2...2,
        flags: FlagTable(""))

    @Argument(help: "The directory that becomes the root file system")
    var directory: String

    @Argument(help: "Name of the image")
    var name: String

    func run(in session: Session) throws -> Int32 {
        session.console.out(try session.engine().makeImage(fromDirectory: directory, name: name))
        return 0
    }
}
