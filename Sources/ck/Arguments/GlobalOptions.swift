/// The options that stand before the subcommand (and are understood after it).
struct GlobalOptions: Equatable {
    var root: String?
    var runRoot: String?

    enum Wish { case help, version }

    static let flags = FlagTable(
        "+root= +run-root= +version,v +help,h config= context,c= debug,D host,H= log-level,l= tls tlscacert= tlscert= "
            + "tlskey= tlsverify")

    /// Takes the leading options.
    mutating func take(from arguments: inout ArraySlice<String>) throws(CommandFailure) -> Wish? {
        var scanner = FlagScanner(flags: Self.flags, path: "")
        while let first = arguments.first, first.hasPrefix("-"), first != "-", first != "--" {
            for occurrence in try scanner.take(from: &arguments) {
                switch occurrence.flag.name {
                case "help": return .help
                case "version": return .version
                default: set(occurrence)
                }
            }
        }
        if arguments.first == "--" { arguments.removeFirst() }
        return nil
    }

    mutating func set(_ occurrence: FlagScanner.Occurrence) {
        switch occurrence.flag.name {
        case "root": root = occurrence.value
        case "run-root": runRoot = occurrence.value
        default: break
        }
    }
}
