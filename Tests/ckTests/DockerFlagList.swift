import ContainerSystem
import Foundation

/// The flags of docker 28.5's commands, as docker declares them: `Fixtures/docker-cli-flags.json` has, for each command,
/// the spelling, the type and the default of each flag.
enum DockerFlagList {
    struct Flag: CustomStringConvertible {
        let name: String
        let letter: String?
        let type: String
        let isOnByItself: Bool

        var description: String { "`" + (letter.map { "-\($0), " } ?? "") + "--\(name)`" }

        /// Words that ask for something, and those without which it means nothing.
        var words: [String] { [spelling] + (DockerFlagList.companions[name] ?? []) }

        private var spelling: String {
            if type == "bool" { return "--\(name)" + (isOnByItself ? "=false" : "") }
            return "--\(name)=" + (DockerFlagList.values[name] ?? "x")
        }

        init(_ row: [String]) {
            let names = row[0].split(separator: ",").map { String($0.drop { $0 == "-" }) }
            name = names[names.count - 1]
            letter = names.count > 1 ? names[0] : nil
            type = row[1]
            isOnByItself = type == "bool" && row[2] == "true"
        }
    }

    /// By command; `--help` is everybody's.
    static let commands: [String: [Flag]] = {
        let path = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let bytes = (try? Files.read(path + "/Fixtures/docker-cli-flags.json", limit: 1 << 20)) ?? []
        let rows = (try? JSONDecoder().decode([String: [[String]]].self, from: Data(bytes))) ?? [:]
        return rows.mapValues { $0.map(Flag.init).filter { $0.name != "help" } }
    }()

    static let companions = ["network-alias": ["--network=net1"]]

    /// Values that mean something, of flags for which `x` does not.
    private static let values = [
        "add-host": "h:1.2.3.4", "annotation": "a=b", "attach": "stdout", "blkio-weight": "100",
        "blkio-weight-device": "/dev/a:100", "cap-add": "NET_ADMIN", "cap-drop": "CHOWN", "cgroupns": "host",
        "cpu-period": "5000", "cpu-quota": "5000", "cpu-rt-period": "5000", "cpu-rt-runtime": "5000",
        "cpu-shares": "512", "cpus": "0.5", "cpuset-cpus": "0", "cpuset-mems": "0", "detach-keys": "ctrl-a",
        "device": "/dev/null", "device-cgroup-rule": "c 1:3 r", "device-read-bps": "/dev/a:1",
        "device-read-iops": "/dev/a:1", "device-write-bps": "/dev/a:1", "device-write-iops": "/dev/a:1",
        "dns": "1.2.3.4", "dns-search": "a.b", "env-file": "/dev/null", "expose": "80", "filter": "label=a",
        "health-interval": "1s", "health-retries": "2", "health-start-interval": "1s", "health-start-period": "1s",
        "health-timeout": "1s", "ipc": "host", "isolation": "default", "label-file": "/dev/null", "limit": "5",
        "log-driver": "local", "log-opt": "max-file=2", "memory": "8m", "memory-reservation": "8m",
        "memory-swap": "-1", "memory-swappiness": "5", "mount": "type=tmpfs,dst=/t", "network": "none",
        "oom-score-adj": "5", "pid": "host", "pids-limit": "5", "platform": "linux/amd64", "pull": "never",
        "restart": "always", "security-opt": "no-new-privileges", "shm-size": "1m", "stop-signal": "INT",
        "stop-timeout": "5", "sysctl": "net.ipv4.ip_forward=1", "time": "5", "timeout": "5", "tmpfs": "/t",
        "type": "image", "ulimit": "nofile=5", "userns": "host", "uts": "host", "volume": "/a:/b",
        "volume-driver": "local", "workdir": "/w", "driver": "local", "publish": "80",
        "mac-address": "02:00:00:00:00:01",
        "aux-address": "a=192.0.2.3", "gw-priority": "5", "driver-opt": "a=b", "subnet": "192.0.2.0/24",
    ]
}
