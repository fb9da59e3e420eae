import CKLinux
import ContainerSystem
import Glibc

/// Launches by `ck-shim`: the plan goes to it in a sealed memfd, what becomes of it comes back over a socket.
public struct ShimLauncher: ProcessLauncher {
    public let shimPath: String

    /// - Parameter shimPath: the shim's executable; nil looks for it with `ShimLocation`.
    /// - Throws: `notFound` with the places that were looked at.
    public init(shimPath: String? = nil) throws(ContainerError) {
        self.shimPath = if let shimPath { shimPath } else { try ShimLocation.find() }
    }

    /// The shim's own end of the control socket is closed here by then, so that its death shows.
    public func prepare(streams: ClientStreams?) throws(ContainerError) -> any PreparedLaunch {
        let plan = try LaunchPlanFile()
        var pair: [CInt] = [-1, -1]
        try system("make the shim's control socket") {
            socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &pair)
        }
        let control = Descriptor(owning: pair[0])
        let theirs = Descriptor(owning: pair[1])
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let standard = [streams?.input ?? null.raw, streams?.output ?? null.raw, streams?.error ?? null.raw]
        let descriptors = standard + [theirs.raw, plan.descriptor.raw] + (streams?.others ?? [])
        let result = withExtendedLifetime((theirs, null)) {
            ck_spawn_detached(shimPath, "ck-shim", nil, descriptors, CInt(descriptors.count))
        }
        if result < 0 { throw ContainerError(.current, "start \(shimPath)") }
        return WaitingShim(control: ShimControl(socket: control), planFile: plan)
    }
}

/// A shim that has been started and waits for its plan.
private struct WaitingShim: PreparedLaunch {
    let control: ShimControl
    let planFile: LaunchPlanFile

    func expectNames(program: String, runRoot: String) {
        let detail = Array(runRoot.utf8) + [0] + Array(program.utf8) + [0]
        if detail.count <= Int(CK_DETAIL_SIZE) { control.send(CK_MESSAGE_NAMES, detail: detail) }
    }

    func launch(_ plan: LaunchPlan, whenMounted: (ProcessIdentity) throws(ContainerError) -> Void)
        throws(ContainerError) -> any LaunchedProcess
    {
        try planFile.write(plan)
        control.send(CK_MESSAGE_BEGIN)
        return try ShimProcess.afterStart(of: plan, control: control, whenMounted: whenMounted)
    }
}

/// Where the shim is: beside the running program, in `../libexec/containerkit` from there, or where `CK_SHIM` says.
enum ShimLocation {
    static func find() throws(ContainerError) -> String { try HelperProgram.find("ck-shim", variable: "CK_SHIM") }
}
