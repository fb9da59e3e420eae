import ContainerSystem
import Glibc
import Testing

@testable import ContainerNamespaces

/// The two steps about names, carried out by the real shim with the real server.
@Suite(.serialized) struct NameServerStepTests {
    private static let id = String(repeating: "ab", count: 32)

    private func with(_ body: (_ root: BusyboxRoot, _ run: String) throws -> Void) throws {
        try BusyboxRoot.with { root in
            var template = Array("/var/tmp/ck-test-run-XXXXXX".utf8CString)
            #expect(mkdtemp(&template) != nil)
            let run = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            let folder = "\(run)/containers/\(Self.id)"
            defer {
                for name in (try? Files.list(folder)) ?? [] { unlink("\(folder)/\(name)") }
                for path in ["/containers/\(Self.id)", "/containers", ""] { rmdir(run + path) }
            }
            try Files.makeDirectory(folder)
            let record =
                #"{"id":"\#(Self.id)","name":"web","networks":[{"id":"n","name":"front","addresses":["10.8.0.2"],"#
                + #""names":["web"]}]}"#
            try Files.replace(folder + "/names.json", with: record.utf8)
            for applet in ["ip", "nslookup"] { symlink("busybox", "\(root.path)/bin/\(applet)") }
            try body(root, run)
        }
    }

    private func server(_ run: String, program: String? = nil) throws -> LaunchPlan.NameServer {
        .init(program: try program ?? HelperProgram.find("ck-dns", variable: "CK_DNS"), runRoot: run, id: Self.id)
    }

    private func add(_ server: LaunchPlan.NameServer, to plan: inout LaunchPlan) {
        var whole = LaunchPlan()
        whole.append(.supervisor, .recordState(runFolder: "\(server.runRoot)/containers/\(server.id)", exitFolder: nil))
        whole.append(.supervisor, .reachNameServer(server))
        for step in plan.steps { whole.append(step.phase, step.operation) }
        whole.append(.host, .serveNames(server))
        plan = whole
    }

    @Test func theContainerFindsNamesFromItsFirstInstructionOn() throws {
        try with { root, run in
            let server = try server(run)
            let script = "ip link set lo up; nslookup web 127.0.0.11; ls -l /proc/self/fd"
            let (status, output) = try root.run(["sh", "-c", script]) { add(server, to: &$0) }
            #expect(status == 0 && output.contains("10.8.0.2"), "\(output)")
            #expect(!output.contains("socket:"), "nothing of the host's is left open: \(output)")
            // The server leaves with the last one.
            for _ in 0..<500 where Files.exists(run + "/names.sock") { usleep(10_000) }
            #expect(try Files.list(run) == ["containers"])
        }
    }

    /// It is there before anybody knows what is to be launched, and nobody waits for it.
    @Test func whatIsExpectedGetsReadyBeforeThePlan() throws {
        try with { root, run in
            let program = try server(run).program
            func isThere() -> Bool { Files.exists(run + "/names.sock") }
            let launch = try ShimLauncher().prepare(streams: nil)
            launch.expectNames(program: program, runRoot: run)
            for _ in 0..<1000 where !isThere() { usleep(10_000) }
            #expect(isThere())
            withExtendedLifetime(launch) {}
            // Nobody came.
            for _ in 0..<500 where isThere() { usleep(10_000) }
            #expect(try Files.list(run) == ["containers"])
        }
    }

    /// What cannot be is said by the plan's step, and by a plan that needs no names not at all.
    @Test func whatIsExpectedInVainIsInNobodysWay() throws {
        try with { root, run in
            let long = String(repeating: "/x", count: 300)
            for (program, folder) in [("/no/such/ck-dns", run), ("/bin/true", run + "/none"), (long, run), (run, long)]
            {
                let launch = try ShimLauncher().prepare(streams: nil)
                launch.expectNames(program: program, runRoot: folder)
                var plan = LaunchPlan()
                plan.append(.supervisor, .clone([.mount]))
                plan.append(.child, .execute(.init(arguments: ["true"], environment: [], paths: ["/bin/true"])))
                #expect(try launch.launch(plan).wait() == 0)
            }
        }
    }

    /// Each life has a network namespace of its own, and is served there.
    @Test func aLaterLifeFindsNamesAsWell() throws {
        try with { root, run in
            let server = try server(run)
            let script =
                "ip link set lo up; nslookup web 127.0.0.11 >> /tmp/out; echo end >> /tmp/out; sleep 0.3; exit 3"
            _ = try root.run(["sh", "-c", script]) {
                add(server, to: &$0)
                $0.append(.supervisor, .listenForClients(folder: "\(run)/containers/\(Self.id)"))
                $0.append(.supervisor, .restart(.onFailure(maximum: 2)))
            }
            func words() throws -> [Substring] { try Files.readText(root.path + "/tmp/out").split(separator: "\n") }
            for _ in 0..<1000 where try words().filter({ $0 == "end" }).count < 3 { usleep(10_000) }
            let found = try words()
            #expect(
                found.filter { $0.hasSuffix("10.8.0.2") }.count == 3 && found.filter { $0 == "end" }.count == 3,
                "\(found)")
            for _ in 0..<500 where Files.exists(run + "/names.sock") { usleep(10_000) }
        }
    }

    @Test func aServerThatIsNotThereEndsTheLaunch() throws {
        try with { root, run in
            let server = try server(run, program: "/no/such/ck-dns")
            let error = #expect(throws: ContainerError.self) { try root.run(["true"]) { add(server, to: &$0) } }
            #expect(error?.description.contains("reach the server of names") == true)
            #expect(error?.description.contains("/no/such/ck-dns") == true)
        }
    }

    @Test func aProgramThatNeverAnswersEndsTheLaunch() throws {
        try with { root, run in
            let server = try server(run, program: "/bin/true")
            let error = #expect(throws: ContainerError.self) { try root.run(["true"]) { add(server, to: &$0) } }
            #expect(error?.code == .unavailable && error?.description.contains("/bin/true") == true)
        }
    }

    @Test func theServersOwnWordsAreTheError() throws {
        try with { root, run in
            let server = try server(run)
            unlink("\(run)/containers/\(Self.id)/names.json")
            let error = #expect(throws: ContainerError.self) { try root.run(["true"]) { add(server, to: &$0) } }
            #expect(error?.description.contains("names.json") == true, "\(error.map(String.init(describing:)) ?? "")")
            for _ in 0..<500 where Files.exists(run + "/names.sock") { usleep(10_000) }
        }
    }
}
