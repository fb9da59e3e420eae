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

/// Nothing of whoever started us goes on with us: no terminal, no busy folder, no signal that does not come.
func becomeNobodys() {
    setsid()
    chdir("/")
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
}

guard CommandLine.arguments.count == 2 else {
    leave("answers what containers of ContainerKit ask about names; it is not called by hand", 2)
}

let runRoot = CommandLine.arguments[1]
guard runRoot.hasPrefix("/") else { leave("\(runRoot): the path must be absolute", 2) }
becomeNobodys()
do throws(ContainerError) {
    try NameServer(runRoot: runRoot).run()
} catch {
    leave("\(error)", 1)
}
