import ContainerRuntime
import OCISpec

extension OCICommands {
    static var update: OCICommand {
        OCICommand(
            name: "update", abstract: "change limits of a container", operands: "<container-id>", count: 1...1,
            flags: [
                OCIFlag(
                    "resources", "r", kind: .text,
                    help:
                        "file with the limits as JSON, as in config.json, or - for standard input"
                ),
                OCIFlag("blkio-weight", kind: .number, help: "share of disk time, 10 to 1000"),
                OCIFlag("cpu-period", kind: .number, help: "period of the CPU limit, microseconds"),
                OCIFlag("cpu-quota", kind: .number, help: "CPU time in a period, microseconds; -1 is no limit"),
                OCIFlag("cpu-burst", kind: .number, help: "CPU time that quiet periods may save up, microseconds"),
                OCIFlag("cpu-share", kind: .number, help: "weight against other containers"),
                OCIFlag("cpu-rt-period", kind: .number, help: "period of the realtime limit, microseconds"),
                OCIFlag("cpu-rt-runtime", kind: .number, help: "realtime in a period, microseconds"),
                OCIFlag("cpu-idle", kind: .number, help: "1: only when nothing else wants the CPU (SCHED_IDLE)"),
                OCIFlag("cpuset-cpus", kind: .text, help: "CPUs to use, such as 0-2,5"),
                OCIFlag("cpuset-mems", kind: .text, help: "memory nodes to use"),
                OCIFlag("memory", kind: .text, help: "memory, bytes or such as 64m; -1 is no limit"),
                OCIFlag("memory-reservation", kind: .text, help: "memory that is left alone while others have more"),
                OCIFlag("memory-swap", kind: .text, help: "memory and swap together; -1 is no limit"),
                OCIFlag("kernel-memory", kind: .text, help: "kernel memory (control groups version 1)"),
                OCIFlag("kernel-memory-tcp", kind: .text, help: "kernel memory for TCP (control groups version 1)"),
                OCIFlag("pids-limit", kind: .number, help: "processes and threads; -1 is no limit"),
                OCIFlag("l3-cache-schema", kind: .text, help: "", refusal: OCIRefusals.intelRdt),
                OCIFlag("mem-bw-schema", kind: .text, help: "", refusal: OCIRefusals.intelRdt),
            ]
        ) { session in
            if session.words.filled("resources") != nil, session.words.names.count > 1 {
                throw CommandFailure("--resources names all limits: give no other flag with it", status: 1)
            }
            let resources =
                if let file = session.words.filled("resources") {
                    try OCIDocument.resources(file)
                } else {
                    try ResourceFlags(session.words).resources()
                }
            try session.runtime().update(session.id, resources)
            return 0
        }
    }
}

/// The limits that the flags of update name; zero is a flag that was not given, as in runc.
struct ResourceFlags {
    let words: OCIWords

    init(_ words: OCIWords) { self.words = words }

    func resources() throws -> RuntimeSpec.Resources {
        var resources = RuntimeSpec.Resources()
        resources.memory = try memory()
        resources.cpu = try cpu()
        resources.pids = number("pids-limit").map { .init(limit: $0) }
        if let weight: UInt16 = try small("blkio-weight") {
            resources.blockIO = .init()
            resources.blockIO?.weight = weight
        }
        guard resources != .init() else {
            throw CommandFailure("there is nothing to update: give limits, or a file with --resources", status: 1)
        }
        return resources
    }

    private func memory() throws -> RuntimeSpec.Resources.Memory? {
        var memory = RuntimeSpec.Resources.Memory()
        memory.limit = try bytes("memory")
        memory.reservation = try bytes("memory-reservation")
        memory.swap = try bytes("memory-swap")
        memory.kernel = try bytes("kernel-memory")
        memory.kernelTCP = try bytes("kernel-memory-tcp")
        return memory == .init() ? nil : memory
    }

    private func cpu() throws -> RuntimeSpec.Resources.CPU? {
        var cpu = RuntimeSpec.Resources.CPU()
        cpu.shares = try small("cpu-share")
        cpu.quota = number("cpu-quota")
        cpu.period = try small("cpu-period")
        cpu.burst = try small("cpu-burst")
        cpu.realtimePeriod = try small("cpu-rt-period")
        cpu.realtimeRuntime = number("cpu-rt-runtime")
        // Zero says something here: as urgent as the others again.
        cpu.idle = words.number("cpu-idle")
        cpu.cpus = words.filled("cpuset-cpus")
        cpu.mems = words.filled("cpuset-mems")
        return cpu == .init() ? nil : cpu
    }

    private func number(_ flag: String) -> Int64? { words.number(flag).flatMap { $0 == 0 ? nil : $0 } }

    private func small<Number: FixedWidthInteger>(_ flag: String) throws(CommandFailure) -> Number? {
        guard let value = number(flag) else { return nil }
        guard let number = Number(exactly: value) else {
            throw CommandFailure("invalid value for \(flag): \(value) is out of range", status: 1)
        }
        return number
    }

    private func bytes(_ flag: String) throws(CommandFailure) -> Int64? {
        guard let text = words.filled(flag) else { return nil }
        if text == "-1" { return -1 }
        do {
            let bytes = try ByteSize.parse(text, flag: flag)
            return bytes == 0 ? nil : bytes
        } catch {
            throw CommandFailure("invalid value for \(flag): \(error.reason)", status: 1)
        }
    }
}
