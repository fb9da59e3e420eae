/// Of the commands of a container's life.
extension DockerFlags {
    /// `--all` and `--filter` are podman's: what a unit of systemd starts with the host.
    static let start = FlagTable(
        "+attach,a checkpoint= checkpoint-dir= +detach-keys= +interactive,i", own: "+all +filter,f=",
        reasons: ["checkpoint": noCheckpoints, "checkpoint-dir": noCheckpoints])

    private static let noCheckpoints = "ck does not save and restore processes (CRIU)"

    /// And `restart`.
    static let stop = FlagTable("+signal,s= +timeout,t= +time>timeout=")

    static let kill = FlagTable("+signal,s=")

    static let rm = FlagTable("+force,f +link,l +volumes,v")

    static let update = FlagTable(
        """
        +blkio-weight= +cpu-period= +cpu-quota= +cpu-rt-period= +cpu-rt-runtime= +cpu-shares,c= +cpus= +cpuset-cpus= \
        +cpuset-mems= kernel-memory= +memory,m= +memory-reservation= +memory-swap= +pids-limit= +restart=
        """, reasons: ["kernel-memory": "Linux 5.16 has taken it away"])

    static let ps = FlagTable("+all,a +filter,f= +format= +last,n= +latest,l +no-trunc +quiet,q +size,s")

    static let inspect = FlagTable("+format,f= +size,s +type=")

    static let containerInspect = FlagTable("+format,f= +size,s")

    static let events = FlagTable("+filter,f= +format= +since= +until=")

    /// `--dry-run` is ours.
    static let containerPrune = FlagTable("+filter= +force,f", own: "+dry-run")
}
