import ContainerNamespaces
import ContainerSystem
import Glibc
import Synchronization

/// Processes without a kernel: keeps the plans that it is given and starts nothing. Each "process" ends at once, with
/// the next status of a script, or with 0.
public final class FakeLauncher: ProcessLauncher {
    private struct State {
        var script: [Result<Int32, ContainerError>]
        var plans: [LaunchPlan] = []
        var prepared = 0
        var expected: [String] = []
    }

    private let state: Mutex<State>
    private let identity: ProcessIdentity

    /// - Parameters:
    ///   - script: how the launches end, in order: a status, or what the launch throws.
    ///   - identity: which process stands for each of them; it may be sent signals.
    public init(_ script: [Result<Int32, ContainerError>] = [], identity: ProcessIdentity = .current) {
        state = Mutex(State(script: script))
        self.identity = identity
    }

    /// The plans that were launched, in order.
    public var plans: [LaunchPlan] { state.withLock { $0.plans } }
    /// How often a launch was prepared, also those that were let go of.
    public var preparedCount: Int { state.withLock { $0.prepared } }
    /// The run folders whose server of names was expected before there was a plan, in order.
    public var expectedNames: [String] { state.withLock { $0.expected } }

    public func prepare(streams: ClientStreams?) throws(ContainerError) -> any PreparedLaunch {
        state.withLock { $0.prepared += 1 }
        return Launch(launcher: self)
    }

    private struct Launch: PreparedLaunch {
        let launcher: FakeLauncher

        func expectNames(program: String, runRoot: String) {
            launcher.state.withLock { $0.expected.append(runRoot) }
        }

        func launch(_ plan: LaunchPlan, whenMounted: (ProcessIdentity) throws(ContainerError) -> Void)
            throws(ContainerError) -> any LaunchedProcess
        {
            let result: Result<Int32, ContainerError> = launcher.state.withLock { state in
                state.plans.append(plan)
                return state.script.isEmpty ? .success(0) : state.script.removeFirst()
            }
            let status = try result.get()
            if plan.steps.contains(where: { $0.operation == .askClient }) { try whenMounted(launcher.identity) }
            return FakeProcess(status: status, identity: launcher.identity)
        }
    }
}

/// A process that has ended already.
private struct FakeProcess: LaunchedProcess {
    let status: Int32
    let identity: ProcessIdentity

    var descriptor: CInt { -1 }
    func wait() throws(ContainerError) -> Int32 { status }
    func waitForCleanUp() {}
    func resize(rows: UInt16, columns: UInt16) {}
    func signal(_ number: Int32) {}
}
