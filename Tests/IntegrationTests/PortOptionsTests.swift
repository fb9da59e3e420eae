import ContainerSystem
import Testing

/// What is known of networks and ports without a packet.
@Suite struct PortOptionsTests {
    @Test func aContainerThatDoesNotRunPublishesNothing() throws {
        try Sandbox.with { box in
            #expect(try box.ck(["create", "--name", "base", "bb", "true"]).status == 0)
            #expect(try box.ck(["commit", "-c", "EXPOSE 7000/udp", "base", "exposing"]).status == 0)
            #expect(
                try box.ck([
                    "create", "--name", "web", "-P", "-p", "127.0.0.1:8080:80", "-p", "53/udp", "--expose", "90-91",
                    "exposing", "true",
                ]).status == 0)
            let format =
                "{{json .Config.ExposedPorts}} {{json .HostConfig.PortBindings}} {{.HostConfig.PublishAllPorts}} "
                + "{{json .NetworkSettings.Ports}}"
            let document = try box.ck(["inspect", "-f", format, "web"])
            #expect(
                document.output
                    == #"{"53/udp":{},"7000/udp":{},"80/tcp":{},"90/tcp":{},"91/tcp":{}} "#
                    + #"{"53/udp":[{"HostIp":"","HostPort":""}],"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8080"}]} "#
                    + "true {}\n", "\(document)")
            #expect(try box.ck(["port", "web"]).output.isEmpty)
            let port = try box.ck(["port", "web", "80"])
            #expect(port.status == 1 && port.errors == "ck: no public port '80' published for web\n", "\(port)")
            #expect(try box.ck(["port", "nosuch"]).errors == "ck: No such container: nosuch\n")
            for (filter, isFound) in [
                ("publish=80", true), ("publish=8080", false), ("publish=53/udp", true), ("expose=7000/udp", true),
                ("expose=91", true), ("expose=92", false), ("network=bridge", true), ("network=none", false),
            ] {
                let found = try box.ck(["ps", "-a", "--format", "{{.Names}}", "--filter", filter]).lines.contains("web")
                #expect(found == isFound, "\(filter)")
            }
        }
    }

    @Test func onTheHostsNetworkPortsAreDiscarded() throws {
        try Sandbox.with { box in
            let result = try box.shell("echo up", ["--network", "host", "-p", "8080:80"])
            #expect(result.output == "up\n", "\(result)")
            #expect(
                result.errors == "ck: Published ports are discarded when using host network mode\n", "\(result)")
            let joined = try box.shell("true", ["--network", "container:x", "-p", "80"])
            #expect(
                joined.errors == "ck: conflicting options: port publishing and the container type network mode\n",
                "\(joined)")
        }
    }

    @Test func openPortsAreTold() throws {
        try Sandbox.with { box in
            let open = ["-p", "18080:80", "--rm", "bb", "echo", "up"]
            let told = try box.ck(["run"] + open)
            #expect(told.output == "up\n")
            #expect(
                told.errors
                    == "ck: port 18080 is open on every address of this host (-p 127.0.0.1:18080:80 keeps it local)\n")
            #expect(try box.ck(["run", "-q"] + open).errors == "")
            #expect(try box.ck(["run", "-p", "127.0.0.1:18080:80", "--rm", "bb", "true"]).errors == "")
        }
    }

    @Test func networksThatAreNotThereOrStay() throws {
        try Sandbox.with { box in
            #expect(try box.shell("true").status == 0, "which makes the default network")
            let predefined = try box.ck(["network", "rm", "bridge"])
            #expect(
                predefined.status == 1
                    && predefined.errors.contains("bridge is a pre-defined network and cannot be removed"),
                "\(predefined)")
            for command in [["network", "rm"], ["network", "inspect"], ["inspect", "--type", "network"]] {
                let missing = try box.ck(command + ["nosuch"])
                #expect(missing.status == 1 && missing.errors == "ck: network nosuch not found\n", "\(missing)")
            }
            for command in [["rm", "-f", "nosuch"], ["prune", "-f"], ["prune", "--dry-run"]] {
                let nothing = try box.ck(["network"] + command)
                #expect(nothing.status == 0 && nothing.output.isEmpty && nothing.errors.isEmpty, "\(nothing)")
            }
            let any = try box.ck(["inspect", "nosuch"])
            #expect(any.errors == "ck: No such object: nosuch\n", "\(any)")
            let list = try box.ck(["network", "ls", "--format", "{{.Name}} {{.Driver}}", "--filter", "name=^bridge$"])
            #expect(list.output == "bridge bridge\n", "\(list)")
            let document = try box.ck(["network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", "bridge"])
            #expect(document.output.hasPrefix("10."), "\(document)")
            let asked = try box.ck(["network", "prune"], input: "n\n")
            #expect(
                asked.output
                    == "WARNING! This will remove all custom networks not used by at least one container.\n"
                    + "Are you sure you want to continue? [y/N] ", "\(asked)")
        }
    }
}
