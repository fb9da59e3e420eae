import ContainerSystem

@testable import ContainerNamespaces

/// Reads a launch plan's bytes by the words of launch_plan.h, with numbers and offsets of its own: the structures that
/// the encoder fills in would agree with themselves whatever they look like.
struct PlanReader {
    struct RawStep {
        let opcode: UInt16, phase: UInt16, flags: UInt32, n0: UInt64, n1: UInt64
        let s0: UInt32, s1: UInt32, s2: UInt32, s3: UInt32, length: UInt32, s4: UInt32
    }

    struct Malformed: Error {
        let reason: String
    }

    private static let headerSize = 16
    private static let stepSize = 48

    let rawSteps: [RawStep]
    private let arena: [UInt8]

    init(_ bytes: [UInt8]) throws {
        guard bytes.count >= Self.headerSize else { throw Malformed(reason: "no header") }
        guard Array(bytes[..<4]) == Array("CPLN".utf8) else { throw Malformed(reason: "the magic number") }
        guard Self.number(bytes, 4) as UInt32 == 2 else { throw Malformed(reason: "the version") }
        let count = Int(Self.number(bytes, 8) as UInt32)
        let start = Self.headerSize + count * Self.stepSize
        guard bytes.count == start + Int(Self.number(bytes, 12) as UInt32) else { throw Malformed(reason: "the size") }
        guard bytes.count > start, bytes.last == 0 else { throw Malformed(reason: "the last string has no end") }
        arena = Array(bytes[start...])
        rawSteps = (0..<count).map { index in
            let at = Self.headerSize + index * Self.stepSize
            return RawStep(
                opcode: Self.number(bytes, at), phase: Self.number(bytes, at + 2), flags: Self.number(bytes, at + 4),
                n0: Self.number(bytes, at + 8), n1: Self.number(bytes, at + 16), s0: Self.number(bytes, at + 24),
                s1: Self.number(bytes, at + 28), s2: Self.number(bytes, at + 32), s3: Self.number(bytes, at + 36),
                length: Self.number(bytes, at + 40), s4: Self.number(bytes, at + 44))
        }
    }

    func string(_ offset: UInt32) throws -> String {
        guard Int(offset) < arena.count, let end = arena[Int(offset)...].firstIndex(of: 0) else {
            throw Malformed(reason: "a string at \(offset)")
        }
        return String(decoding: arena[Int(offset)..<end], as: UTF8.self)
    }

    func block(_ offset: UInt32, _ length: UInt32) throws -> [UInt8] {
        // The shim reads numbers from where they lie.
        guard offset % 8 == 0, Int(offset) + Int(length) <= arena.count else {
            throw Malformed(reason: "\(length) bytes at \(offset)")
        }
        return Array(arena[Int(offset)..<Int(offset) + Int(length)])
    }

    func numbers<Number: FixedWidthInteger>(_ offset: UInt32, _ length: UInt32) throws -> [Number] {
        let bytes = try block(offset, length)
        let width = MemoryLayout<Number>.size
        guard bytes.count % width == 0 else { throw Malformed(reason: "half a number") }
        return stride(from: 0, to: bytes.count, by: width).map { Self.number(bytes, $0) }
    }

    func list(_ offset: UInt32) throws -> [String] {
        var items: [String] = []
        while true {
            let item: UInt32 = Self.number(try block(offset, UInt32(items.count + 1) * 4), items.count * 4)
            if item == 0xffff_ffff { return items }
            items.append(try string(item))
        }
    }

    private static func number<Number: FixedWidthInteger>(_ bytes: [UInt8], _ at: Int) -> Number {
        bytes[at..<at + MemoryLayout<Number>.size].reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }
}

extension PlanReader {
    /// The plan again. What only people read is not in the bytes: the summary of network messages comes back empty.
    func steps() throws -> [LaunchPlan.Step] {
        try rawSteps.map { raw in
            guard let phase = LaunchPlan.Phase(rawValue: raw.phase) else { throw Malformed(reason: "a phase") }
            guard
                let operation = try early(raw) ?? mounting(raw) ?? identity(raw) ?? surroundings(raw)
                    ?? supervision(raw)
            else {
                throw Malformed(reason: "opcode \(raw.opcode)")
            }
            return LaunchPlan.Step(phase: phase, operation: operation)
        }
    }

    private func early(_ step: RawStep) throws -> LaunchPlan.Operation? {
        switch step.opcode {
        case 1: .streams(.init(rawValue: step.flags))
        case 2: .recordState(runFolder: try string(step.s0), exitFolder: try present(step.s1))
        case 3:
            .log(
                .init(
                    file: try string(step.s0), format: step.flags == 1 ? .local : .jsonFile, maximumSize: step.n0,
                    maximumFiles: UInt32(step.n1)))
        case 4: .cloneIntoCgroup(folder: try string(step.s0))
        case 5: .join(pid: Int32(step.n0), startTime: step.n1)
        case 6: .clone(.init(rawValue: step.n0))
        case 20 where step.flags == 1: .netlinkInside(try links(step))
        case 20 where step.flags == 2: .filter(try links(step))
        case 20: .netlink(try links(step))
        case 40: .joinCgroup(file: try string(step.s0))
        case 41: .enter(.init(rawValue: step.n0))
        case 42: .unshare(.init(rawValue: step.n0))
        case 80: .removeCgroup(folder: try string(step.s0))
        case 81: .removeTree(folder: try string(step.s0))
        default: nil
        }
    }

    private func links(_ step: RawStep) throws -> LaunchPlan.LinkMessages {
        .init(
            bytes: try block(step.s0, step.length), count: Int(step.n0),
            pidOffset: step.n1 == 0 ? nil : Int(step.n1) - 1, summary: "")
    }

    private func mounting(_ step: RawStep) throws -> LaunchPlan.Operation? {
        switch step.opcode {
        case 43:
            // On the root; MS_REC: of every mount.
            try string(step.s0) == "/"
                ? propagation(step.n0 & ~0x4000).map { .propagate($0, recursive: step.n0 & 0x4000 != 0) } : nil
        case 44:
            .mountOverlay(
                .init(folder: try string(step.s0), options: try string(step.s1), target: try string(step.s2)))
        case 45:
            .bindRoot(
                path: try string(step.s0), tree: step.n0 == 0 ? nil : Int(step.n0) - 1, amongHosts: step.flags == 256)
        case 46: .openRoot(path: try string(step.s0))
        case 47: .mount(try mount(step))
        case 48: .bind(try bind(step, target: step.s1))
        case 49: .makeDirectory(path: try string(step.s0), mode: UInt32(step.n0))
        case 50: try node(step)
        case 51: .symlink(path: try string(step.s0), target: try string(step.s1))
        case 52: .pivotRoot
        case 53: .mask(path: try string(step.s0))
        case 54: .makeReadOnly(path: try string(step.s0))
        case 73: .makeRootReadOnly
        case 82: .changeMount(path: try string(step.s0), change(step.n0 & 0xffff_ffff, step.n0 >> 32))
        default: nil
        }
    }

    private func identity(_ step: RawStep) throws -> LaunchPlan.Operation? {
        switch step.opcode {
        case 55: return .hostname(try string(step.s0))
        case 56: return .domainname(try string(step.s0))
        case 57:
            let name = try string(step.s0).split(separator: "/").joined(separator: ".")
            return .sysctl(name: name, value: try string(step.s1))
        case 58: return .awaitHost
        case 59: return .newSession
        case 60: return .openTerminal(asConsole: step.flags == 1, rows: UInt16(step.n0), columns: UInt16(step.n1))
        case 61: return .standardStreams(owner: UInt32(step.n0))
        case 62: return Self.resources[step.flags].map { .limit($0, soft: step.n0, hard: step.n1) }
        case 63: return Int(try string(step.s0)).map { .outOfMemoryScore($0) }
        case 64: return .umask(UInt32(step.n0))
        case 65: return .noNewPrivileges
        case 66: return .boundingSet(keep: step.n0)
        case 67:
            return .user(uid: UInt32(step.n0), gid: UInt32(step.n1), groups: try numbers(step.s0, step.length))
        case 68:
            let rest: [UInt64] = try numbers(step.s0, 16)
            return .capabilities(
                .init(effective: step.n0, permitted: step.n1, inheritable: rest[0], ambient: rest[1]))
        case 69:
            let filter = try SeccompFilter(program: try block(step.s0, step.length), flags: step.flags & ~8)
            return .filterSystemCalls(
                filter, listener: step.flags & 8 == 0 ? nil : try text(step.s1, UInt32(step.n0), step.n1))
        case 70: return .changeDirectory(try string(step.s0), mayFail: step.flags == 1)
        case 71:
            return .execute(
                .init(arguments: try list(step.s0), environment: try list(step.s1), paths: try list(step.s2)))
        case 72: return .keepDescriptors(count: UInt32(step.n0))
        default: return nil
        }
    }

    private func present(_ offset: UInt32) throws -> String? {
        let text = try string(offset)
        return text.isEmpty ? nil : text
    }

    private func surroundings(_ step: RawStep) throws -> LaunchPlan.Operation? {
        switch step.opcode {
        case 7:
            if let folder = try present(step.s1) { return .joinContainer(.init(rawValue: step.n0), runFolder: folder) }
            return .joinNamespace(.init(rawValue: step.n0), path: try string(step.s0))
        case 8: return .newTimeNamespace(offsets: try string(step.s0))
        case 9:
            let tree = try bind(step, target: nil)
            if step.flags & 512 != 0 { return .prepareTree(.init(tree, ofContainer: try string(step.s1))) }
            return .prepareTree(
                .init(
                    tree, uids: try string(step.s1), gids: try string(step.s4), mapsAll: step.flags & 64 != 0))
        case 10: return .listenForStart(folder: try string(step.s0))
        case 11: return .sendTerminal(socket: try string(step.s0))
        case 12: return .connectFilterListener(socket: try string(step.s0))
        case 13: return .passDescriptors(count: Int(step.n0))
        case 14: return .leave
        case 24: return .adopt
        case 96: return .cloneAgain
        case 21: return .mapIDs(uids: try string(step.s0), gids: try string(step.s1))
        case 22: return .askClient
        case 23: return .go
        case 74: return .becomeRoot
        case 75: return .reportMounted
        case 76:
            return .hook(
                .init(
                    name: "", path: try string(step.s2), arguments: try list(step.s0), environment: try list(step.s1),
                    timeout: step.n0, state: try text(step.s3, step.length, step.n1)))
        case 77: return .awaitStart
        case 98:
            return .bindNamespace(
                .init(rawValue: step.n0), runFolder: try string(step.s0), path: try string(step.s1))
        case 78: return .moveRoot
        case 79: return .changeRoot
        case 90: return .personality(step.n0)
        case 91: return .scheduler(try block(step.s0, step.length))
        case 92: return .ioPriority(UInt32(step.n0))
        case 93: return .affinity(try block(step.s0, step.length))
        case 94: return .sessionKeyring(name: try string(step.s0))
        case 95: return .label(file: try string(step.s0), try string(step.s1))
        default: return nil
        }
    }

    private func supervision(_ step: RawStep) throws -> LaunchPlan.Operation? {
        switch step.opcode {
        case 15: return .listenForClients(folder: try string(step.s0))
        case 16:
            let policies: [UInt64: RestartPolicy] = [
                0: .no, 1: .onFailure(maximum: Int(step.n1)), 2: .always, 3: .unlessStopped,
            ]
            return policies[step.n0].map { .restart($0) }
        case 17:
            let rules: [UInt64] = try numbers(step.s0, step.length)
            var plan = LaunchPlan()
            for step in try PlanReader(try block(step.s1, step.s2)).steps() { plan.append(step.phase, step.operation) }
            return .checkHealth(
                .init(
                    plan: plan, interval: rules[0], timeout: rules[1], startPeriod: rules[2], startInterval: rules[3],
                    retries: rules[4], timeoutText: try string(step.s3)))
        case 18:
            return .recordEvents(
                .init(path: try string(step.s0), id: try string(step.s1), image: try string(step.s2)))
        case 19: return .detachKeys(try block(step.s0, step.length))
        case 25: return .watchMemory(counter: try string(step.s0), control: try present(step.s1))
        case 97: return .becomeInit
        case 26: return .receiveTerminal(socket: try present(step.s0))
        case 27: return .adoptFrom(pidFile: try string(step.s0), log: try string(step.s1))
        case 28:
            let program = LaunchPlan.Program(
                arguments: try list(step.s0), environment: try list(step.s1), paths: [])
            return step.phase == 0 ? .runAgain(program) : .run(program)
        case 29:
            let server = LaunchPlan.NameServer(
                program: try string(step.s1), runRoot: try string(step.s0), id: try string(step.s2))
            return step.phase == 0 ? .reachNameServer(server) : .serveNames(server)
        case 30:
            let bytes = try block(step.s0, step.length)
            return .holdPorts(
                stride(from: 0, to: bytes.count, by: 20).map { start in
                    let port = Array(bytes[start..<start + 20])
                    return .init(
                        transport: port[19], address: Array(port[..<(port[18] == 2 ? 4 : 16)]),
                        port: UInt16(port[16]) | UInt16(port[17]) << 8)
                })
        default: return nil
        }
    }

    private func mount(_ step: RawStep) throws -> LaunchPlan.Mount {
        var mount = LaunchPlan.Mount(
            type: try string(step.s0), source: try string(step.s3), target: try string(step.s1),
            attributes: .init(rawValue: step.n0), options: try list(step.s2), ordinaryTarget: step.flags & 4 != 0,
            copiesUp: step.flags & 32 != 0, propagation: propagation(step.n1))
        mount.onProc = step.flags & 128 != 0
        return mount
    }

    /// A prepared tree has no target, and an id map in its place.
    private func bind(_ step: RawStep, target: UInt32?) throws -> LaunchPlan.Bind {
        var bind = LaunchPlan.Bind(
            source: try string(step.s0), target: try target.map { try string($0) } ?? "",
            attributes: change(step.n0 & 0xffff_ffff, step.n0 >> 32),
            treeAttributes: change(UInt64(step.s2), UInt64(step.s3)), recursive: step.flags & 1 != 0,
            propagation: propagation(step.n1 & ~0x4000), propagatesRecursively: step.n1 & 0x4000 != 0 || step.n1 == 0)
        bind.ordinaryTarget = step.flags & 4 != 0
        bind.onProc = step.flags & 128 != 0
        bind.tree = step.flags & 16 != 0 ? Int(step.length) : nil
        return bind
    }

    private func change(_ set: UInt64, _ clear: UInt64) -> LaunchPlan.AttributeChange {
        .init(set: .init(rawValue: set), clear: .init(rawValue: clear))
    }

    /// Ten spaces are where the pid comes to.
    private func text(_ offset: UInt32, _ length: UInt32, _ pid: UInt64) throws -> LaunchPlan.ProcessText {
        let text = try string(offset)
        guard text.utf8.count == Int(length) else { throw Malformed(reason: "the length of a text") }
        let parts = Array(text.utf8)
        return LaunchPlan.ProcessText(
            String(decoding: parts[..<Int(pid)], as: UTF8.self),
            String(decoding: parts[(Int(pid) + 10)...], as: UTF8.self))
    }

    /// mknod(2): the kind in the mode, and the number as makedev(3) makes it of small halves.
    private func node(_ step: RawStep) throws -> LaunchPlan.Operation? {
        guard let kind = LaunchPlan.NodeKind(rawValue: UInt32(step.n0) & 0o170000) else { return nil }
        return .makeNode(
            .init(
                path: try string(step.s0), kind: kind, major: UInt32(step.n1 >> 8 & 0xfff),
                minor: UInt32(step.n1 & 0xff), mode: UInt32(step.n0) & 0o7777, uid: step.s1, gid: step.s2))
    }

    /// MS_* of mount(2).
    private func propagation(_ flags: UInt64) -> Propagation? {
        [1 << 17: .unbindable, 1 << 18: .private, 1 << 19: .slave, 1 << 20: .shared][flags]
    }

    /// RLIMIT_* of asm-generic/resource.h.
    private static let resources: [UInt32: LaunchPlan.Resource] = [
        0: .cpu, 1: .fsize, 2: .data, 3: .stack, 4: .core, 5: .rss, 6: .nproc, 7: .nofile, 8: .memlock, 9: .as,
        10: .locks, 11: .sigpending, 12: .msgqueue, 13: .nice, 14: .rtprio, 15: .rttime,
    ]
}
