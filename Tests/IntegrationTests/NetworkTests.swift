import ContainerSystem
import Glibc
import Testing

@Suite struct NetworkTests {
    @Test func containersReachEachOtherAndTheOutside() throws {
        try Sandbox.with { box in
            // An "outside": a namespace behind the sandbox, which knows no way back to the containers.
            try box.inside(["ip", "link", "add", "out0", "type", "veth", "peer", "name", "out1"])
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let outside = try Command.spawn(
                box.entering(["unshare", "--net", "sleep", "600"]), input: null.raw, output: null.raw, error: null.raw)
            box.atEnd {
                kill(outside, SIGKILL)
                waitpid(outside, nil, 0)
            }
            try Command.awaitSleep(outside)
            try box.inside(["ip", "link", "set", "out1", "netns", "\(outside)"])
            try box.inside(["ip", "addr", "add", "192.0.2.1/24", "dev", "out0"])
            try box.inside(["ip", "link", "set", "out0", "up"])
            for command in [
                ["ip", "addr", "add", "192.0.2.2/24", "dev", "out1"], ["ip", "link", "set", "out1", "up"],
                ["ip", "link", "set", "lo", "up"],
            ] {
                #expect(try Command.run(["nsenter", "--net=/proc/\(outside)/ns/net"] + command).status == 0)
            }
            try box.ck([
                "run", "-d", "--name", "server", "bb", "sh", "-c", "while true; do echo hello | nc -l -p 80; done",
            ])
            let address = try box.ck([
                "exec", "server", "sh", "-c", "ip -o -4 addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'",
            ])
            .line(0)
            usleep(200_000)
            let peer = try box.shell("nc -w 3 \(address) 80; ip route")
            #expect(peer.output.hasPrefix("hello\n") && peer.output.contains("default via"), "\(peer)")
            let ping = try box.shell("ping -c 1 -W 3 192.0.2.2")
            #expect(ping.status == 0, "NAT to the outside: \(ping)")
            let hosts = try box.shell("cat /etc/hosts; hostname -i")
            #expect(hosts.output.contains("127.0.0.1\tlocalhost"), "\(hosts)")
        }
    }

    @Test func networkModesAreAsAskedFor() throws {
        try Sandbox.with { box in
            #expect(try box.shell("ip -o link | wc -l", ["--network", "none"]).output == "1\n")
            let host = try box.shell("ip -o link | wc -l", ["--network", "host"]).output
            #expect(host == "\(try box.inside(["ip", "-o", "link"]).lines.count)\n")
            #expect(try box.shell("ip -o -4 addr show eth0", ["--net", "bridge"]).output.contains("inet 10."))
            #expect(try box.ck(["run", "--rm", "--network", "nosuch", "bb", "true"]).status == 125)
        }
    }
}
