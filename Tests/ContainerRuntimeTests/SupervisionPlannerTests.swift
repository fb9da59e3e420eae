import ContainerNamespaces
import ContainerSystem
import OCISpec
import Testing

@testable import ContainerRuntime

/// What the supervisor is told to do while a container runs.
@Suite struct SupervisionPlannerTests {
    @Test func everythingThatIsAskedForIsAStep() throws {
        var context = LaunchContext()
        context.stateFolders = (run: "/run/x", exit: "/var/x")
        context.acceptsClients = true
        context.restart = .onFailure(maximum: 3)
        context.events = .init(path: "/var/events.log", id: "0123", image: "bb")
        context.cgroup = .init(joinFiles: ["/cg/tasks"], folders: ["/cg"])
        context.cgroup.memoryEvents = (counter: "/cg/memory.oom_control", control: "/cg/cgroup.event_control")
        var check = HealthCheck(test: ["CMD", "true"])
        check.timeout = 90_000_000_000
        check.startPeriod = 5
        context.health = .init(process: .init(args: ["check"], env: ["PATH=/bin"], cwd: "/"), check: check)
        let steps = try SupervisionPlanner.steps(context)
        #expect(
            steps.map(\.description) == [
                "listen in /run/x for clients", "restart it: on-failure, 3 times at most",
                "record events in /var/events.log", "watch /cg/memory.oom_control", "check its health: check",
            ])
        guard case .checkHealth(let checks)? = steps.last else { return #expect(Bool(false), "\(steps)") }
        // docker's numbers where the check says none.
        #expect(checks.interval == 30_000_000_000 && checks.startInterval == 5_000_000_000 && checks.retries == 3)
        #expect(checks.timeout == 90_000_000_000 && checks.startPeriod == 5)
        #expect(checks.timeoutText == "Health check exceeded timeout (1m30s)")
        let joins = checks.plan.steps.filter { $0.operation == .join(pid: 0, startTime: 0) }
        #expect(joins.count == 1, "the supervisor fills in whom")
        // It may end before the container does, whose control group then stays.
        #expect(!checks.plan.steps.contains { $0.phase == .after })
    }

    @Test func aContainerThatAsksForNothingHasNone() throws {
        #expect(try SupervisionPlanner.steps(LaunchContext()).isEmpty)
    }

    @Test func theInitComesLastBeforeTheProgram() throws {
        var context = LaunchContext()
        context.usesInit = true
        let process = RuntimeSpec.Process(args: ["/bin/true"], env: [], cwd: "/")
        for gainsNothing in [true, false] {
            var spec = RuntimeSpec(process: process, root: .init(path: "/root"))
            spec.process.noNewPrivileges = gainsNothing
            let steps = try LaunchPlanner.start(spec, in: context).steps.filter { $0.phase == .child }
            #expect(steps.dropLast().last?.operation == .becomeInit)
        }
        let joining = try LaunchPlanner.execute(process, joining: .init(pid: 1, startTime: 2), in: context)
        #expect(!joining.steps.contains { $0.operation == .becomeInit }, "only the first process is one")
    }

    @Test func durationsAreGos() {
        for (nanoseconds, text) in [
            0: "0s", 7: "7ns", 1500: "1.5µs", 20_000_000: "20ms", 1_500_000_000: "1.5s", 60_000_000_000: "1m0s",
            90_000_000_000: "1m30s", 3_600_000_000_000: "1h0m0s", 5_025_000_000_001: "1h23m45.000000001s",
        ] as [UInt64: String] {
            #expect(DurationText.go(nanoseconds) == text)
        }
    }
}
