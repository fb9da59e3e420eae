/// The flags that make containers and join them, as docker 28 has them.
extension DockerFlags {
    /// Those of `run` and `create` both.
    private static let container =
        """
        +add-host= +annotation= +attach,a= +blkio-weight= +blkio-weight-device= +cap-add= +cap-drop= \
        +cgroup-parent= +cgroupns= +cidfile= cpu-count= cpu-percent= +cpu-period= +cpu-quota= +cpu-rt-period= \
        +cpu-rt-runtime= +cpu-shares,c= +cpus= +cpuset-cpus= +cpuset-mems= +device= +device-cgroup-rule= \
        +device-read-bps= +device-read-iops= +device-write-bps= +device-write-iops= disable-content-trust! +dns= \
        +dns-option= +dns-search= +domainname= +entrypoint= +env,e= +env-file= +expose= gpus= +group-add= \
        +health-cmd= +health-interval= +health-retries= +health-start-interval= +health-start-period= \
        +health-timeout= +hostname,h= +init +interactive,i io-maxbandwidth= io-maxiops= +ip= +ip6= +ipc= \
        +isolation= kernel-memory= +label,l= +label-file= +link= +link-local-ip= +log-driver= +log-opt= \
        +mac-address= +memory,m= +memory-reservation= +memory-swap= +memory-swappiness= +mount= +name= +network= \
        +network-alias= +no-healthcheck +oom-kill-disable +oom-score-adj= +pid= +pids-limit= +platform= \
        +privileged +publish,p= +publish-all,P +pull= +quiet,q +read-only +restart= +rm +runtime= +security-opt= \
        +shm-size= +stop-signal= +stop-timeout= storage-opt= +sysctl= +tmpfs= +tty,t +ulimit= \
        use-api-socket +user,u= +userns= +uts= +volume,v= +volume-driver= +volumes-from= +workdir,w=
        """

    private static let aliases = " +net>network= +net-alias>network-alias= +dns-opt>dns-option="

    static let run = FlagTable(
        container + " +detach,d +detach-keys= +sig-proxy!" + aliases, own: progress, reasons: containerReasons)

    static let create = FlagTable(container + aliases, own: progress, reasons: containerReasons)

    static let exec = FlagTable(
        """
        +detach,d +detach-keys= +env,e= +env-file= +interactive,i +privileged +tty,t +user,u= +workdir,w=
        """)

    /// Why those are refused that are.
    private static let containerReasons: [String: String] = {
        let windows = "it is of Windows"
        var reasons = contentTrust
        for name in ["cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops"] { reasons[name] = windows }
        reasons["gpus"] =
            "a GPU is described by CDI (Container Device Interface), which ck does not read; --device gives single nodes"
        reasons["kernel-memory"] = "Linux took this limit out; --memory counts the kernel's memory too"
        reasons["storage-opt"] = "it is supported only for overlay over xfs with 'pquota' mount option"
        reasons["use-api-socket"] = "there is no API socket, as there is no daemon"
        return reasons
    }()
}
