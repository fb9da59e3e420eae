import ContainerKit
import ContainerKitTesting
import Testing

/// A service of somebody's, as it would be written: it knows the seam alone.
private struct Converter {
    let containers: any ContainerService

    struct Failed: Error, Equatable { let message: String }

    func convert(_ file: String) async throws -> String {
        var options = ContainerOptions(image: "imagemagick", command: ["convert", file])
        options.network = .none
        let result = try await containers.run(options)
        guard result.status == 0 else { throw Failed(message: result.errors) }
        return result.output
    }

    /// The first line of a server's log that has a word.
    func awaitWord(_ word: String, in container: String) async throws -> String? {
        for try await entry in containers.logs(container, .init(follows: true)) {
            let line = String(decoding: entry.text, as: UTF8.self)
            if line.contains(word) { return line }
        }
        return nil
    }
}

@Suite struct FakeContainersTests {
    @Test func aServiceIsTestedWithoutContainers() async throws {
        let containers = FakeContainers { options in
            options.command.last == "cat.png" ? FakeRun("done\n") : FakeRun(errors: "no such file\n", status: 1)
        }
        let service = Converter(containers: containers)
        #expect(try await service.convert("cat.png") == "done\n")
        await #expect(throws: Converter.Failed(message: "no such file\n")) { try await service.convert("dog.png") }
        containers.fail("run", with: ContainerError(.notFound, "No such image: imagemagick"))
        await #expect(throws: ContainerError.self) { try await service.convert("cat.png") }
        #expect(containers.calls == ["cat", "dog", "cat"].map { "run imagemagick convert \($0).png" })
        #expect(try await containers.list(all: true).isEmpty)
    }

    @Test func aLogIsFollowed() async throws {
        let containers = FakeContainers { _ in FakeRun("starting\n", isEndless: true) }
        var options = ContainerOptions(image: "db")
        options.name = "db"
        let id = try await containers.create(options)
        try await containers.start("db")
        let service = Converter(containers: containers)
        let line = Task { try await service.awaitWord("ready", in: "db") }
        try containers.write(.error(Array("ready to serve\n".utf8)), in: "db")
        #expect(try await line.value == "ready to serve\n")
        let rest = Task { try await service.awaitWord("never", in: id) }
        try containers.end("db", status: 3)
        #expect(try await rest.value == nil, "a log ends with its container")
        #expect(try await containers.wait("db") == 3)
        let entries = try await containers.logs("db", .init(last: 1)).collect()
        #expect(entries.map(\.time) == ["2026-01-01T00:00:01.000000000Z"] && entries[0].isError)
    }

    @Test func statesAreThoseOfRealOnes() async throws {
        let containers = FakeContainers { _ in
            FakeRun(isEndless: true)
        } exec: { container, options in
            FakeRun("in \(container): \(options.command.joined(separator: " "))\n", status: 4)
        }
        func code(_ body: () async throws -> Void) async -> ContainerError.Code? {
            do { try await body() } catch { return (error as? ContainerError)?.code }
            return nil
        }
        var options = ContainerOptions(image: "bb")
        options.name = "cc"
        let id = try await containers.create(options)
        #expect(await code { _ = try await containers.create(options) } == .conflict)
        #expect(await code { try await containers.start("other") } == .notFound)
        #expect(await code { _ = try await containers.exec("cc", ["ls"]) } == .conflict)
        #expect(try await containers.list().isEmpty)
        #expect(try await containers.list(all: true).map(\.state) == [.created])
        try await containers.start("cc")
        #expect(await code { try await containers.start("cc") } == .conflict)
        #expect(await code { try await containers.remove("cc") } == .conflict)
        let container = Container(id: id, service: containers)
        #expect(
            try await container.execute(["ls", "-l"]) == RunResult(status: 4, output: "in cc: ls -l\n", errors: ""))
        try await container.stop()
        #expect(try await container.wait() == 143)
        #expect(try await containers.list(all: true).map(\.state.name) == ["exited"])
        try await container.remove()
        #expect(await code { _ = try await containers.wait("cc") } == .notFound)
        #expect(await code { _ = try await containers.logs("cc").collect() } == .notFound)
    }

    @Test func whatIsWrittenIntoAProcessIsSeen() async throws {
        let run = FakeRun("prompt> ", isEndless: true)
        let containers = FakeContainers(script: { _ in run }, exec: { _, _ in run })
        var options = ContainerOptions(image: "sh")
        options.name = "sh"
        options.stdinOpen = true
        _ = try await containers.create(options)
        try await containers.start("sh")
        let attached = try await containers.attach("sh")
        try await attached.write("exit\n".utf8)
        attached.closeInput()
        #expect(run.input.bytes == Array("exit\n".utf8) && run.input.isClosed)
        await #expect(throws: ContainerError.self) { try await attached.write([1]) }
        attached.signal(2)
        #expect(run.input.signals == [2])
        let rest = Task { try await attached.output.collect() }
        try containers.write(.output([1, 2]), in: "sh")
        try containers.end("sh")
        #expect(try await rest.value == [.output([1, 2])])
        #expect(try await attached.wait() == 0)
    }

    @Test func statisticsAndEventsCome() async throws {
        let containers = FakeContainers { _ in FakeRun(isEndless: true) }
        let events = containers.events()
        var options = ContainerOptions(image: "bb")
        options.name = "cc"
        _ = try await containers.create(options)
        try await containers.start("cc")
        var usage = ContainerStatistics.Usage()
        usage.cpuPercent = 50
        containers.use(usage)
        var samples = containers.stats().makeAsyncIterator()
        _ = try await samples.next()
        _ = try await samples.next()
        #expect(try await samples.next()?.first?.usage?.cpuPercent == 50)
        try await containers.kill("cc")
        try await containers.remove("cc")
        var seen: [String] = []
        for try await event in events {
            seen.append(event.action)
            if event.action == "destroy" { break }
        }
        #expect(seen == ["create", "start", "die", "destroy"])
    }

    @Test func aWaitIsGivenUp() async throws {
        let containers = FakeContainers { _ in FakeRun(isEndless: true) }
        let id = try await containers.create(ContainerOptions(image: "bb"))
        try await containers.start(id)
        let wait = Task { try await containers.wait(id) }
        wait.cancel()
        await #expect {
            try await wait.value
        } throws: {
            ($0 as? ContainerError)?.code == .cancelled
        }
    }
}
