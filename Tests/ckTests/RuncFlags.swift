/// The flags of runc 1.1.5, from its `--help`: `name[,other name][=]`, where `=` is a flag that takes a value. The empty
/// name stands for the flags before the command.
enum RuncFlags {
    static let byCommand: [(command: String, flags: String)] = [
        (
            "",
            "debug log= log-format= root= criu= systemd-cgroup rootless= help,h version,v"
        ),
        (
            "create",
            "bundle,b= console-socket= pid-file= no-pivot no-new-keyring preserve-fds="
        ),
        (
            "start",
            ""
        ),
        (
            "run",
            "bundle,b= console-socket= detach,d keep pid-file= no-subreaper no-pivot no-new-keyring "
                + "preserve-fds="
        ),
        (
            "state",
            ""
        ),
        (
            "kill",
            "all,a"
        ),
        (
            "delete",
            "force,f"
        ),
        (
            "exec",
            "console-socket= cwd= env,e= tty,t user,u= additional-gids,g= process,p= detach,d pid-file= "
                + "process-label= apparmor= no-new-privs cap,c= preserve-fds= cgroup= ignore-paused"
        ),
        (
            "ps",
            "format,f="
        ),
        (
            "list",
            "format,f= quiet,q"
        ),
        (
            "spec",
            "bundle,b= rootless"
        ),
        (
            "features",
            ""
        ),
        (
            "events",
            "interval= stats"
        ),
        (
            "pause",
            ""
        ),
        (
            "resume",
            ""
        ),
        (
            "update",
            "resources,r= blkio-weight= cpu-period= cpu-quota= cpu-share= cpu-rt-period= cpu-rt-runtime= "
                + "cpuset-cpus= cpuset-mems= memory= memory-reservation= memory-swap= pids-limit= "
                + "l3-cache-schema= mem-bw-schema="
        ),
        (
            "checkpoint",
            "image-path= work-path= parent-path= leave-running tcp-established ext-unix-sk shell-job "
                + "lazy-pages status-fd= page-server= file-locks pre-dump manage-cgroups-mode= empty-ns= "
                + "auto-dedup"
        ),
        (
            "restore",
            "console-socket= image-path= work-path= tcp-established ext-unix-sk shell-job file-locks "
                + "manage-cgroups-mode= bundle,b= detach,d pid-file= no-subreaper no-pivot empty-ns= auto- "
                + "dedup lazy-pages lsm-profile= lsm-mount-context="
        ),
    ]
}
