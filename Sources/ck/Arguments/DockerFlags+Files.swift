/// Flags of the commands for the files of containers.
extension DockerFlags {
    static let cp = FlagTable("+archive,a +follow-link,L +quiet,q")
    static let diff = FlagTable("")
}
