/// The flags of docker's network commands.
extension DockerFlags {
    private static let swarm: [String: String] = {
        var reasons = [String: String]()
        for name in ["config-from", "config-only", "ingress", "scope", "verbose"] {
            reasons[name] = "it is of networks of a swarm"
        }
        reasons["ipam-opt"] = "the driver default has no options"
        return reasons
    }()

    static let networkCreate = FlagTable(
        """
        +attachable +aux-address= config-from= config-only +driver,d= +gateway= ingress +internal +ip-range= \
        +ipam-driver= ipam-opt= +ipv4! +ipv6 +label= +opt,o= scope= +subnet=
        """, reasons: swarm)

    static let networkList = FlagTable("+filter,f= +format= +no-trunc +quiet,q")

    static let networkInspect = FlagTable("+format,f= verbose,v", reasons: swarm)

    static let networkRemove = FlagTable("+force,f")

    /// `--dry-run` is ours.
    static let networkPrune = FlagTable("+filter= +force,f +dry-run")

    static let networkConnect = FlagTable(
        "+alias= +driver-opt= +gw-priority= +ip= +ip6= +link= +link-local-ip=")

    static let networkDisconnect = FlagTable("+force,f")
}
