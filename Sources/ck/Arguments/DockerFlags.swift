/// The flags of docker 28 for the commands that we have. What we do not have is refused by name.
enum DockerFlags {
    /// Of every command that moves an image.
    private static let progress = "+progress="
    /// Why a flag that several commands of docker's have is not there.
    static let contentTrust = ["disable-content-trust": "ck does not do Docker Content Trust (notary)"]

    static let run = FlagTable(
        """
        add-host= annotation= attach,a= blkio-weight= blkio-weight-device= cap-add= cap-drop= cgroup-parent= \
        cgroupns= cidfile= cpu-count= cpu-percent= cpu-period= cpu-quota= cpu-rt-period= cpu-rt-runtime= \
        +cpu-shares,c= +cpus= cpuset-cpus= cpuset-mems= +detach,d detach-keys= device= device-cgroup-rule= \
        device-read-bps= device-read-iops= device-write-bps= device-write-iops= disable-content-trust! dns= \
        dns-option= dns-search= domainname= +entrypoint= +env,e= +env-file= expose= gpus= group-add= \
        health-cmd= health-interval= health-retries= health-start-interval= health-start-period= \
        health-timeout= +hostname,h= init +interactive,i io-maxbandwidth= io-maxiops= ip= ip6= ipc= \
        isolation= kernel-memory= +label,l= label-file= link= link-local-ip= log-driver= log-opt= \
        mac-address= +memory,m= memory-reservation= memory-swap= memory-swappiness= mount= +name= +network= \
        network-alias= no-healthcheck oom-kill-disable oom-score-adj= pid= +pids-limit= +platform= \
        privileged publish,p= publish-all,P +pull= +quiet,q read-only restart= +rm runtime= +security-opt= \
        shm-size= +sig-proxy! stop-signal= stop-timeout= storage-opt= sysctl= tmpfs= +tty,t ulimit= \
        use-api-socket +user,u= userns= uts= +volume,v= volume-driver= volumes-from= +workdir,w= \
        +net>network= net-alias>network-alias= dns-opt>dns-option=
        """, own: progress, reasons: contentTrust)

    static let exec = FlagTable(
        """
        +detach,d detach-keys= +env,e= +env-file= +interactive,i privileged +tty,t +user,u= +workdir,w=
        """)

    static let logs = FlagTable(
        """
        +details +follow,f +since= +tail,n= +timestamps,t +until=
        """)

    static let ps = FlagTable(
        """
        +all,a filter,f= +format= +last,n= +latest,l +no-trunc +quiet,q size,s
        """)

    static let images = FlagTable(
        """
        +all,a +digests +filter,f= +format= +no-trunc +quiet,q +tree
        """)

    static let rmi = FlagTable(
        """
        +force,f +no-prune +platform=
        """)

    static let rm = FlagTable(
        """
        +force,f link,l +volumes,v
        """)

    /// Not docker's but podman's: `podman system reset`.
    static let reset = FlagTable("+force,f")

    static let stop = FlagTable(
        """
        signal,s= +timeout,t= +time>timeout=
        """)

    static let commit = FlagTable(
        """
        +author,a= +change,c= +message,m= +pause,p!
        """)

    static let importImage = FlagTable(
        """
        +change,c= +message,m= +platform=
        """)

    static let save = FlagTable(
        """
        +output,o= +platform=
        """)

    static let load = FlagTable(
        """
        +input,i= +platform= +quiet,q
        """, own: progress)

    static let history = FlagTable(
        """
        +format= +human,H! +no-trunc +platform= +quiet,q
        """)

    static let pull = FlagTable(
        """
        +all-tags,a disable-content-trust! +platform= +quiet,q
        """, own: progress, reasons: contentTrust)

    static let push = FlagTable(
        """
        +all-tags,a disable-content-trust! +platform= +quiet,q
        """, own: progress, reasons: contentTrust)

    static let tag = FlagTable("")

    static let login = FlagTable(
        """
        +password,p= +password-stdin +username,u=
        """)

    static let logout = FlagTable("")

    static let search = FlagTable(
        """
        +filter,f= +format= +limit= +no-trunc
        """)

    static let imageInspect = FlagTable(
        """
        +format,f= +platform=
        """)

    /// `--dry-run` is ours.
    static let imagePrune = FlagTable("+all,a +filter= +force,f +dry-run")

    /// Ours.
    static let imageTree = FlagTable("+no-trunc +format=")
    /// Ours.
    static let imageDiff = FlagTable("+format=")

    static let inspect = FlagTable(
        "+format,f= size,s +type=", reasons: ["size": "it is of containers, which `ck inspect` does not show yet"])

    static let export = FlagTable("+output,o=")

    static let info = FlagTable(
        """
        format,f=
        """)

    static let version = FlagTable(
        """
        format,f=
        """)
}
