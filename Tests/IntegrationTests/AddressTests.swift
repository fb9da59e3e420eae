import ContainerSystem
import Glibc
import Testing

/// Addresses: who has which, and that none is lost or given twice.
@Suite struct AddressTests {
    @Test func containersThatAreStartedAtOnceShareNone() throws {
        try Sandbox.with { box in
            try box.leavesNothing {
                try box.expect(["network", "create", "--subnet", "10.99.0.0/25", "one"])
                let ck = box.ckProgram.joined(separator: " ")
                // Eight processes at a time.
                let started = try box.inside(
                    [
                        "sh", "-c",
                        "seq 60 | xargs -P 8 -I % \(ck) run -d --name c% --network one bb sleep 1000",
                    ], timeout: 300)
                #expect(started.status == 0 && started.lines.count == 60, "\(started)")
                let addresses = try box.expect([
                    "network", "inspect", "-f", "{{range .Containers}}{{.IPv4Address}} {{end}}", "one",
                ]).line(0).split(separator: " ")
                #expect(addresses.count == 60 && Set(addresses).count == 60, "\(addresses)")
                // What the kernel has of them is what the leases say.
                let names = (1...60).map { "c\($0)" }
                let inspected = try box.expect(
                    ["inspect", "-f", "{{.State.Pid}} {{.NetworkSettings.Networks.one.IPAddress}}"] + names)
                for line in inspected.lines {
                    let words = line.split(separator: " ")
                    try #require(words.count == 2, "\(line)")
                    let shown = try box.inside(["nsenter", "--net=/proc/\(words[0])/ns/net", "ip", "-o", "-4", "addr"])
                    #expect(shown.output.contains("inet \(words[1])/25"), "\(line)")
                }
                try box.inside(["sh", "-c", "seq 60 | xargs -P 8 -I % \(ck) rm -f c%"], timeout: 300)
                #expect(
                    try box.ck(["network", "inspect", "-f", "{{json .Containers}}", "one"]).output == "{}\n")
            }
        }
    }

    @Test func anAddressThatIsAskedFor() throws {
        try Sandbox.with { box in
            try box.expect([
                "network", "create", "--ipv6", "--subnet", "10.99.1.0/24", "--subnet", "fd00:99::/64",
                "--aux-address", "router=10.99.1.9", "one",
            ])
            let options = [
                "--network", "one", "--ip", "10.99.1.77", "--ip6", "fd00:99::77", "--mac-address", "02:42:00:00:00:77",
            ]
            try box.expect(["run", "-d", "--name", "user"] + options + ["bb", "sleep", "1000"])
            let shown = try box.ck(["exec", "user", "ip", "addr", "show", "eth0"]).output
            for part in ["inet 10.99.1.77/24", "inet6 fd00:99::77/64", "link/ether 02:42:00:00:00:77"] {
                #expect(shown.contains(part), "\(part): \(shown)")
            }
            for (option, address) in [("--ip", "10.99.1.77"), ("--ip6", "fd00:99::77")] {
                let taken = try box.shell("true", ["--network", "one", option, address])
                #expect(taken.status == 125 && taken.errors.contains("Address already in use: \(address)"), "\(taken)")
            }
            // The same one in another form is taken too, and what is kept for others is nobody's.
            for (option, address) in [("--ip6", "FD00:99:0::77"), ("--ip", "10.99.1.9")] {
                let taken = try box.shell("true", ["--network", "one", option, address])
                #expect(taken.status == 125 && taken.errors.contains("Address already in use: "), "\(taken)")
            }
            // It keeps what it asked for, and others get it once it is gone.
            try box.expect(["restart", "-t", "0", "user"])
            #expect(try box.address(of: "user", on: "one") == "10.99.1.77")
            try box.expect(["rm", "-f", "user"])
            let heir = try box.shell("ip -o -4 addr show eth0", ["--network", "one", "--ip", "10.99.1.77"])
            #expect(heir.output.contains("10.99.1.77/24"), "\(heir)")
        }
    }

    @Test func aFullNetworkSaysSo() throws {
        try Sandbox.with { box in
            try box.expect(["network", "create", "--subnet", "10.99.1.0/29", "one"])
            // Six hosts, and one of them is the gateway.
            for number in 1...5 {
                try box.expect(["run", "-d", "--name", "c\(number)", "--network", "one", "bb", "sleep", "1000"])
            }
            let links = try box.links()
            let full = try box.ck(["run", "--name", "late", "--network", "one", "bb", "true"])
            #expect(full.status == 125 && full.errors.split(separator: "\n").count == 1, "\(full)")
            #expect(full.errors.contains("one") && full.errors.contains("10.99.1.0/29"), "\(full)")
            #expect(try box.links() == links)
            try box.expect(["rm", "-f", "c3"])
            try box.expect(["start", "late"])
            try box.expect(["wait", "late"])
        }
    }

    @Test func deathsLeakNoAddress() throws {
        try Sandbox.with { box in
            try box.expect(["network", "create", "--subnet", "10.99.1.0/29", "one"])
            for round in 1...3 {
                for number in 1...5 {
                    try box.expect(["run", "-d", "--name", "c\(number)", "--network", "one", "bb", "sleep", "1000"])
                }
                // Nobody is left who could give anything back.
                let pids =
                    (try box.processes(named: "ck-shim")
                        + (1...5).map { try box.process(of: "c\($0)") })
                for pid in pids { kill(pid, SIGKILL) }
                try box.eventually("their end") { box.processes(named: "ck-shim").isEmpty }
                try box.eventually("the end of round \(round)") {
                    try box.ck(["run", "--rm", "--network", "one", "bb", "true"]).status == 0
                }
                try box.expect(["rm", "-f", "c1", "c2", "c3", "c4", "c5"])
            }
            try box.eventually("the end of the interfaces") { try !box.links().contains { $0.hasPrefix("veth") } }
        }
    }

    @Test func deathsOfCkLeakNoAddress() throws {
        try Sandbox.with { box in
            try box.expect(["network", "create", "--subnet", "10.99.1.0/29", "one"])
            // At any moment of a start, and more often than there are addresses.
            for step in 0..<24 {
                let pid = try box.startCk(["run", "--rm", "--network", "one", "bb", "sleep", "1000"])
                usleep(UInt32(step) * 4000)
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
            let ids = try box.ck(["ps", "-aq"]).lines.map(String.init)
            if !ids.isEmpty { _ = try box.ck(["rm", "-f"] + ids) }
            try box.eventually("the end of all") { box.processes(named: "ck-shim").isEmpty }
            for number in 1...5 {
                let started = try box.ck([
                    "run", "-d", "--name", "c\(number)", "--network", "one", "bb", "sleep", "1000",
                ])
                #expect(started.status == 0, "\(started)")
            }
            #expect(try box.links().count { $0.hasPrefix("veth") } == 5)
        }
    }
}
