import CKLinux
import Glibc

extension LaunchPlan.Operation {
    /// What the shim is to do while the process runs, and after it.
    func encodeSupervision(into step: inout ck_plan_step, _ arena: inout LaunchPlan.Arena) {
        func set(_ opcode: ck_opcode, _ text: String = "") {
            step.opcode = UInt16(opcode.rawValue)
            step.s0 = arena.string(text)
        }
        switch self {
        case .listenForClients(let folder): set(CK_OP_CONTROL, folder)
        case .restart(let policy):
            set(CK_OP_RESTART)
            step.n0 = UInt64(policy.number)
            step.n1 = UInt64(policy.maximum)
        case .checkHealth(let checks):
            set(CK_OP_HEALTH)
            step.encode(checks, in: &arena)
        case .recordEvents(let destination):
            set(CK_OP_EVENTS, destination.path)
            step.s1 = arena.string(destination.id)
            step.s2 = arena.string(destination.image.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline })
        case .detachKeys(let keys):
            set(CK_OP_DETACH_KEYS)
            step.s0 = arena.block(keys)
            step.length = UInt32(keys.count)
        case .watchMemory(let counter, let control):
            set(CK_OP_OUT_OF_MEMORY, counter)
            step.s1 = arena.string(control ?? "")
        case .reachNameServer(let server), .serveNames(let server):
            set(CK_OP_NAMES, server.runRoot)
            step.s1 = arena.string(server.program)
            step.s2 = arena.string(server.id)
        case .holdPorts(let ports):
            let bytes = ports.flatMap(\.encoded)
            set(CK_OP_PORTS)
            step.s0 = arena.block(bytes)
            step.length = UInt32(bytes.count)
        case .becomeInit: set(CK_OP_INIT)
        case .receiveTerminal(let socket): set(CK_OP_RUNTIME, socket ?? "")
        case .adoptFrom(let pidFile, let log):
            set(CK_OP_ADOPT_FILE, pidFile)
            step.s1 = arena.string(log)
        case .run(let program), .runAgain(let program):
            set(CK_OP_RUN)
            step.s0 = arena.list(program.arguments)
            step.s1 = arena.list(program.environment)
        default: break
        }
    }
}

extension LaunchPlan.HeldPort {
    fileprivate var encoded: [UInt8] {
        var port = ck_port()
        withUnsafeMutableBytes(of: &port.address) { $0.copyBytes(from: address.prefix(16)) }
        port.port = self.port
        port.family = UInt8(address.count == 4 ? AF_INET : AF_INET6)
        port.protocol = transport
        return withUnsafeBytes(of: port) { Array($0) }
    }
}

extension ck_plan_step {
    fileprivate mutating func encode(_ checks: LaunchPlan.HealthChecks, in arena: inout LaunchPlan.Arena) {
        let rules = ck_health(
            interval: checks.interval, timeout: checks.timeout, start_period: checks.startPeriod,
            start_interval: checks.startInterval, retries: checks.retries)
        let bytes = withUnsafeBytes(of: rules) { Array($0) }
        s0 = arena.block(bytes)
        length = UInt32(bytes.count)
        let plan = checks.plan.encoded()
        s1 = arena.block(plan)
        s2 = UInt32(plan.count)
        s3 = arena.string(checks.timeoutText)
    }
}
