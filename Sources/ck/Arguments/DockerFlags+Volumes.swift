/// The flags of docker's volume commands.
extension DockerFlags {
    private static let cluster: [String: String] = {
        var reasons = [String: String]()
        for name in [
            "availability", "group", "limit-bytes", "required-bytes", "scope", "secret", "sharing",
            "topology-preferred", "topology-required", "type", "cluster",
        ] { reasons[name] = "it is of volumes of a swarm's cluster" }
        return reasons
    }()

    static let volumeCreate = FlagTable(
        """
        availability= +driver,d= group= +label= limit-bytes= +opt,o= required-bytes= scope= secret= sharing= \
        topology-preferred= topology-required= type=
        """, reasons: cluster)

    static let volumeList = FlagTable("cluster +filter,f= +format= +quiet,q", reasons: cluster)

    static let volumeInspect = FlagTable("+format,f=")

    static let volumeRemove = FlagTable("+force,f")

    /// `--dry-run` is ours.
    static let volumePrune = FlagTable("+all,a +filter= +force,f +dry-run")
}
