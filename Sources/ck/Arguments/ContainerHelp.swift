/// What the flags of `run`, `create` and `exec` do.
enum ContainerHelp {
    static func text(of flag: String) -> String? {
        process(flag) ?? limits(flag) ?? places(flag) ?? rights(flag) ?? life(flag)
    }

    private static func process(_ flag: String) -> String? {
        switch flag {
        case "attach": "Attach to stdin, stdout or stderr"
        case "detach-keys": "Keys that leave the container, such as ctrl-p,ctrl-q"
        case "entrypoint": "Replace the image's entrypoint"
        case "env": "Set an environment variable: NAME=VALUE, or NAME to pass on your own"
        case "env-file": "Read environment variables from a file, one a line"
        case "group-add": "A group, by name or gid, that the user is in as well"
        case "init": "Run an init of ck's as the first process, which passes signals on and reaps"
        case "interactive": "Keep standard input open"
        case "tty": "Give the process a terminal"
        case "ulimit": "A limit of each process: NAME=SOFT[:HARD], -1 for none"
        case "user": "User: name or uid, with :group or :gid"
        case "workdir": "Working directory in the container"
        default: nil
        }
    }

    private static func limits(_ flag: String) -> String? {
        switch flag {
        case "blkio-weight": "Weight of access to disks, 10 to 1000"
        case "blkio-weight-device": "The same for one disk: PATH:WEIGHT"
        case "cpu-period": "Period of the CPU limit in microseconds"
        case "cpu-quota": "CPU time in each period in microseconds"
        case "cpu-rt-period": "Period of realtime CPU in microseconds"
        case "cpu-rt-runtime": "Realtime CPU in each period in microseconds"
        case "cpu-shares": "CPU shares, a relative weight (default 1024)"
        case "cpus": "How many CPUs, such as 0.5"
        case "cpuset-cpus": "CPUs that may be used, such as 0-2,4"
        case "cpuset-mems": "Memory nodes that may be used, such as 0"
        case "device-read-bps": "Limit on reading from a disk in bytes per second: PATH:RATE"
        case "device-read-iops": "Limit on reads from a disk per second: PATH:RATE"
        case "device-write-bps": "Limit on writing to a disk in bytes per second: PATH:RATE"
        case "device-write-iops": "Limit on writes to a disk per second: PATH:RATE"
        case "memory": "Memory limit, such as 64m or 1.5g"
        case "memory-reservation": "Memory that the container is brought back to when the host runs short"
        case "memory-swap": "Limit on memory and swap together; -1 for none"
        case "memory-swappiness": "How readily memory is swapped out, 0 to 100 (cgroup v1)"
        case "oom-kill-disable": "Let the container wait when it runs out of memory (cgroup v1)"
        case "oom-score-adj": "How soon the kernel ends the container when memory runs out, -1000 to 1000"
        case "pids-limit": "Most processes and threads at a time (default 4096; -1: no limit)"
        case "shm-size": "Size of /dev/shm (default 64m)"
        default: nil
        }
    }

    private static func places(_ flag: String) -> String? {
        switch flag {
        case "add-host": "A line of /etc/hosts: NAME:ADDRESS; host-gateway is the host's"
        case "cgroup-parent": "Control group above the container's own"
        case "cgroupns": "Control groups that are seen: host or private"
        case "dns": "Address of a name server"
        case "dns-option": "Option of the resolver (resolv.conf(5))"
        case "dns-search": "Domain in which names are looked up; . for none"
        case "domainname": "NIS domain name of the container"
        case "expose": "Port that the container listens on: PORT[-PORT][/PROTOCOL]"
        case "hostname": "Host name of the container"
        case "ip": "IPv4 address in the first network"
        case "ip6": "IPv6 address in the first network"
        case "ipc": "IPC namespace: private, shareable, none, host or container:NAME"
        case "link": "Another container under a name of your own: NAME[:ALIAS]"
        case "link-local-ip": "Further address of the link to the first network"
        case "mac-address": "Hardware address of the first network's interface"
        case "mount": "Show something in the container: type=bind|volume|tmpfs,source=...,target=...,..."
        case "network":
            "Network: a name, name=NAME,alias=...,ip=..., none, host or container:NAME; may be given several times"
        case "network-alias": "A name that others on the first network reach the container by"
        case "pid": "PID namespace: host or container:NAME"
        case "publish": "Port of the host for one of the container: [[ADDRESS:][PORT[-PORT]]:]PORT[-PORT][/PROTOCOL]"
        case "publish-all": "A free port of the host for every exposed port"
        case "read-only": "Let only volumes be written to"
        case "tmpfs": "File system in memory: TARGET[:OPTIONS]"
        case "userns": "User namespace: host"
        case "uts": "UTS namespace: host"
        case "volume": "Show a folder, file or volume in the container: [SOURCE:]TARGET[:ro|rw|...]"
        case "runtime": "Another OCI runtime, by name or path: runc, /usr/bin/crun"
        case "volume-driver": "Driver of the volumes: local"
        case "volumes-from": "Show the volumes of another container: NAME[:ro|rw]"
        default: nil
        }
    }

    private static func rights(_ flag: String) -> String? {
        switch flag {
        case "cap-add": "Add a capability, such as NET_ADMIN, or ALL"
        case "cap-drop": "Take a capability away, or ALL"
        case "device": "Show a device: PATH[:TARGET][:rwm]"
        case "device-cgroup-rule": "Allow devices: 'TYPE MAJOR:MINOR ACCESS'"
        case "privileged": "All capabilities and devices, and nothing hidden"
        case "security-opt":
            "no-new-privileges, seccomp=unconfined|builtin|FILE, apparmor=PROFILE, label=disable, systempaths=unconfined, writable-cgroups"
        case "sysctl": "Setting of the kernel for the container: NAME=VALUE"
        default: nil
        }
    }

    private static func life(_ flag: String) -> String? {
        switch flag {
        case "annotation": "Annotation for OCI runtimes: NAME=VALUE"
        case "cidfile": "Write the container's id to a file"
        case "detach": "Run in the background and print the container's id"
        case "health-cmd": "Command that finds out whether the container is healthy"
        case "health-interval": "Time between two checks (default 30s)"
        case "health-retries": "Failures in a row that make it unhealthy (default 3)"
        case "health-start-interval": "Time between two checks while it starts (default 5s)"
        case "health-start-period": "Time to start in, in which failures do not count (default 0s)"
        case "health-timeout": "Longest time of a check (default 30s)"
        case "isolation": "Isolation: default"
        case "label": "Label: NAME or NAME=VALUE"
        case "label-file": "Read labels from a file, one a line"
        case "log-driver": "Where output is kept: json-file, local or none"
        case "log-opt": "Option of the log: NAME=VALUE"
        case "name": "Name of the container"
        case "no-healthcheck": "Leave the image's health check out"
        case "platform": "Platform of the image, such as linux/arm64"
        case "progress": "How a pull is shown: auto, plain, tty, json or quiet"
        case "pull": "Pull the image before: always, missing or never (default missing)"
        case "quiet": "Suppress the pull output"
        case "restart": "When the container is started again: no, on-failure[:MAXIMUM], always or unless-stopped"
        case "rm": "Remove the container and its anonymous volumes when it ends"
        case "sig-proxy": "Pass signals on to the process"
        case "stop-signal": "Signal that stops the container (default SIGTERM)"
        case "stop-timeout": "Seconds to stop in before it is killed (default 10; -1: for ever)"
        default: nil
        }
    }
}
