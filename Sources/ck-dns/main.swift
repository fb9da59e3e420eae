import ContainerNames
import ContainerSystem
import Glibc

// The server of names for the containers of one run folder, which is the argument. Whoever starts the first such container
// starts it; it is not called by hand.

func leave(_ words: String, _ status: CInt) -> Never {
    let line = Array("ck-dns: \(words)\n".utf8)
    write(2, line, line.count)
    exit(status)
}

guard CommandLine.arguments.count == 2 else {
    leave("answers what containers of ContainerKit ask about names; it is not called by hand", 2)
}

do throws(ContainerError) {
    try NameServer(runRoot: CommandLine.arguments[1]).run()
} catch {
    leave("\(error)", 1)
}
