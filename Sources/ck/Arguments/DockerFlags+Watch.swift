/// The flags of the commands that look at containers.
extension DockerFlags {
    /// `--no-graph` is ours.
    static let stats = FlagTable("+all,a +format= +no-stream +no-trunc", own: "+no-graph")

    /// What follows the container is for ps.
    static let top = FlagTable("")
}
