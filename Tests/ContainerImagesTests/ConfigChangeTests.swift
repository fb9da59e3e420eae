import ContainerImages
import ContainerSystem
import OCISpec
import Testing

@Suite struct ConfigChangeTests {
    private func apply(_ changes: String...) throws(ContainerError) -> ImageConfig.Execution {
        var execution = ImageConfig.Execution()
        execution.env = ["A=old"]
        execution.workingDir = "/w"
        try ConfigChange.apply(changes, to: &execution)
        return execution
    }

    @Test func instructionsChangeTheConfiguration() throws {
        let made = try apply(
            #"CMD ["a", "b c"]"#, "entrypoint echo $X", #"ENV A=new B="two words" C=d\ e"#, "ENV OLD the rest of it",
            "LABEL k=v", "EXPOSE 80 53/udp", #"VOLUME ["/a b", "/c"]"#, "WORKDIR sub", "USER u:g", "STOPSIGNAL SIGINT")
        #expect(made.cmd == ["a", "b c"] && made.entrypoint == ["/bin/sh", "-c", "echo $X"])
        #expect(made.env == ["A=new", "B=two words", "C=d e", "OLD=the rest of it"])
        #expect(made.labels == ["k": "v"] && made.workingDir == "/w/sub" && made.user == "u:g")
        #expect(made.exposedPorts.map { Set($0.keys) } == ["80/tcp", "53/udp"])
        #expect(made.volumes.map { Set($0.keys) } == ["/a b", "/c"] && made.stopSignal == "SIGINT")
    }

    private func change(_ changes: String..., from fill: (inout ImageConfig.Execution) -> Void = { _ in })
        throws(ContainerError) -> ImageConfig.Execution
    {
        var execution = ImageConfig.Execution()
        fill(&execution)
        try ConfigChange.apply(changes, to: &execution)
        return execution
    }

    @Test(arguments: [
        ("/", "sub", "/sub"), ("/w", "..", "/"), ("/w", "../../x", "/x"), ("/w", "/a/./b/../c/", "/a/c"),
        ("/w", "/", "/"),
        ("", "a", "/a"), ("/w", "a b", "/w/a b"),
    ])
    func foldersAreJoined(old: String, value: String, made: String) throws {
        #expect(try change("WORKDIR \(value)") { $0.workingDir = old }.workingDir == made)
        #expect(try change("WORKDIR sub", "WORKDIR ..").workingDir == "/")
    }

    /// Dockerfile reference, "Understand how CMD and ENTRYPOINT interact".
    @Test func aNewEntrypointTakesTheOldCommandAway() throws {
        let old: (inout ImageConfig.Execution) -> Void = { $0.cmd = ["sh"] }
        #expect(try change(#"ENTRYPOINT ["e"]"#, from: old).cmd == nil)
        #expect(try change(#"ENTRYPOINT ["e"]"#, #"CMD ["c"]"#, from: old).cmd == ["c"])
        #expect(try change(#"CMD ["c"]"#, #"ENTRYPOINT ["e"]"#, from: old).cmd == ["c"])
        #expect(try change("USER u", from: old).cmd == ["sh"])
    }

    @Test func aCommandIsAListOrForTheShell() throws {
        #expect(try change(#"CMD  [ "a" , "é\u00e9\"" ] "#).cmd == ["a", "éé\""])
        #expect(try change("CMD []").cmd == [])
        for text in [#"[ 'a' ]"#, #"["a", 1]"#, #"["a"] && b"#, "[ -f x ]"] {
            #expect(try change("CMD " + text).cmd == ["/bin/sh", "-c", text])
        }
        #expect(try change("CMD x", from: { $0.shell = ["/bin/ash", "-e"] }).cmd == ["/bin/ash", "-e", "x"])
    }

    @Test(arguments: [
        (#"A=b"#, ["A=b"]), (#"A="#, ["A="]), (#"A='b c' D="e f""#, ["A=b c", "D=e f"]), (#"A=b\ c"#, ["A=b c"]),
        (#"A="x\"y\\z\n\$u""#, [#"A=x"y\z\n$u"#]), (#"A='x\n"'"#, [#"A=x\n""#]), (#"A=b"c"'d'"#, ["A=bcd"]),
        (#"A=b=c"#, ["A=b=c"]), (#"A=1 A=2"#, ["A=2"]), ("A  b  c ", ["A=b  c"]), ("A\tb", ["A=b"]),
    ])
    func valuesAreQuotedAsInADockerfile(text: String, entries: [String]) throws {
        #expect(try change("ENV " + text).env == entries)
        #expect(try change("ENV " + text) { $0.env = ["A=old", "AB=kept"] }.env == ["AB=kept"] + entries)
        let labels = try change("LABEL " + text).labels
        #expect(labels?.map { "\($0)=\($1)" }.sorted() == entries.sorted())
    }

    @Test func portsAreSinglePorts() throws {
        func ports(_ text: String) throws -> [String]? {
            try change("EXPOSE " + text).exposedPorts?.keys.sorted()
        }
        #expect(try ports("80 53/UDP 80/tcp 9/sctp") == ["53/udp", "80/tcp", "9/sctp"])
        #expect(try ports("7000-7002") == ["7000/tcp", "7001/tcp", "7002/tcp"])
        #expect(try ports("5-5/udp") == ["5/udp"] && ports("1-65535")?.count == 65_535)
        for text in ["x", "0", "65536", "-1", "2-1", "1-", "80/", "80/http", "80/tcp/x", "1-2-3", "+80", "80:80"] {
            #expect(throws: ContainerError.self, "\(text)") { try ports(text) }
        }
    }

    @Test func whatIsAddedIsAdded() throws {
        let made = try change("ONBUILD RUN a", "ONBUILD RUN b", "VOLUME /a", #"VOLUME ["/b c"]"#, "EXPOSE 1") {
            $0.onBuild = ["RUN 0"]
            $0.volumes = ["/0": .init()]
            $0.exposedPorts = ["2/udp": .init()]
        }
        #expect(made.onBuild == ["RUN 0", "RUN a", "RUN b"])
        #expect(made.volumes?.keys.sorted() == ["/0", "/a", "/b c"])
        #expect(made.exposedPorts?.keys.sorted() == ["1/tcp", "2/udp"])
    }

    @Test(arguments: ["RUN x", "CMD", "", "ENV A", "LABEL =x", "FROM y", "ENV A=1 B", "CMD ", "\n"])
    func whatIsNoChangeIsNamed(change: String) {
        let error = #expect(throws: ContainerError.self) { try apply(change) }
        #expect(error?.code == .invalidArgument && error?.description.contains("\"\(change)\"") == true)
    }
}
