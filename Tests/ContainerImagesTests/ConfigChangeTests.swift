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

    @Test(arguments: ["RUN x", "CMD", "", "ENV A", "LABEL =x", "FROM y"])
    func whatIsNoChangeIsNamed(change: String) {
        let error = #expect(throws: ContainerError.self) { try apply(change) }
        #expect(error?.code == .invalidArgument && error?.description.contains("\"\(change)\"") == true)
    }
}
