import CKLinux
import OCISpec

extension LaunchPlan {
    /// The plan as ck-shim reads it (launch_plan.h): a header, steps of 48 bytes, an arena of strings.
    func encoded() -> [UInt8] {
        var arena = Arena()
        let encodedSteps = steps.map { step in
            var raw = step.operation.encoded(in: &arena)
            raw.phase = step.phase.rawValue
            return raw
        }
        arena.bytes.append(0)
        let header = ck_plan_header(
            magic: CK_PLAN_MAGIC, version: UInt32(CK_PLAN_VERSION), step_count: UInt32(steps.count),
            arena_size: UInt32(arena.bytes.count))
        var bytes = withUnsafeBytes(of: header) { Array($0) }
        for step in encodedSteps { withUnsafeBytes(of: step) { bytes += $0 } }
        return bytes + arena.bytes
    }

    /// Strings and byte blocks; offset 0 is the empty string.
    struct Arena {
        var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]

        mutating func string(_ text: String) -> UInt32 {
            if text.isEmpty { return 0 }
            let offset = UInt32(bytes.count)
            bytes += text.utf8
            bytes.append(0)
            return offset
        }

        mutating func block(_ block: some Sequence<UInt8>) -> UInt32 {
            while bytes.count % 8 != 0 { bytes.append(0) }
            let offset = UInt32(bytes.count)
            bytes += block
            return offset
        }

        mutating func numbers<Number: FixedWidthInteger>(_ numbers: [Number]) -> UInt32 {
            block(numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } })
        }

        mutating func list(_ items: [String]) -> UInt32 {
            let offsets = items.map { string($0) }
            return numbers(offsets + [CK_LIST_END])
        }
    }
}

extension LaunchPlan.Operation {
    func encoded(in arena: inout LaunchPlan.Arena) -> ck_plan_step {
        var step = ck_plan_step()
        func set(_ opcode: ck_opcode) { step.opcode = UInt16(opcode.rawValue) }
        switch self {
        case .streams(let options):
            set(CK_OP_STDIO)
            step.flags = options.rawValue
        case .recordState(let runFolder, let exitFolder):
            set(CK_OP_STATE)
            step.s0 = arena.string(runFolder)
            step.s1 = arena.string(exitFolder ?? "")
        case .log(let log):
            set(CK_OP_LOG)
            step.flags = log.format.rawValue
            step.s0 = arena.string(log.file)
            step.n0 = log.maximumSize
            step.n1 = UInt64(log.maximumFiles)
        case .cloneIntoCgroup(let folder):
            set(CK_OP_CGROUP)
            step.s0 = arena.string(folder)
        case .join(let pid, let startTime):
            set(CK_OP_TARGET)
            step.n0 = UInt64(UInt32(bitPattern: pid))
            step.n1 = startTime
        case .clone(let namespaces):
            set(CK_OP_CLONE)
            step.n0 = namespaces.rawValue
        case .netlink(let messages), .netlinkInside(let messages), .filter(let messages):
            set(CK_OP_NETLINK)
            if case .netlinkInside = self { step.flags = CK_NETLINK_INSIDE }
            if case .filter = self { step.flags = CK_NETLINK_FILTER }
            step.s0 = arena.block(messages.bytes)
            step.length = UInt32(messages.bytes.count)
            step.n0 = UInt64(messages.count)
            step.n1 = messages.pidOffset.map { UInt64($0 + 1) } ?? 0
        case .joinCgroup(let file):
            set(CK_OP_JOIN_CGROUP)
            step.s0 = arena.string(file)
        case .enter(let namespaces):
            set(CK_OP_SETNS)
            step.n0 = namespaces.rawValue
        case .unshare(let namespaces):
            set(CK_OP_UNSHARE)
            step.n0 = namespaces.rawValue
        case .propagate(let propagation, let recursive):
            set(CK_OP_PROPAGATION)
            step.s0 = arena.string("/")
            step.n0 = propagation.flag | (recursive ? UInt64(CK_PROPAGATION_RECURSIVE) : 0)
        case .mountOverlay(let overlay):
            set(CK_OP_MOUNT_OVERLAY)
            step.s0 = arena.string(overlay.folder)
            step.s1 = arena.string(overlay.options)
            step.s2 = arena.string(overlay.target)
        case .bindRoot(let path, let tree, let amongHosts):
            set(CK_OP_BIND_ROOT)
            step.flags = amongHosts ? CK_BIND_AMONG_HOSTS : 0
            step.s0 = arena.string(path)
            step.n0 = tree.map { UInt64($0 + 1) } ?? 0
        case .openRoot(let path):
            set(CK_OP_OPEN_ROOT)
            step.s0 = arena.string(path)
        case .mount(let mount):
            set(CK_OP_MOUNT)
            step.s0 = arena.string(mount.type)
            step.s1 = arena.string(mount.target)
            step.s2 = arena.list(mount.options)
            step.s3 = arena.string(mount.source)
            step.n0 = mount.attributes.rawValue
            step.n1 = mount.propagation?.flag ?? 0
            step.flags =
                (mount.ordinaryTarget ? CK_MOUNT_ORDINARY : 0) | (mount.copiesUp ? CK_MOUNT_COPY_UP : 0)
                | (mount.onProc ? CK_MOUNT_ON_PROC : 0)
        case .bind(let bind):
            set(CK_OP_BIND)
            step.set(bind, in: &arena)
            step.s1 = arena.string(bind.target)
        case .prepareTree(let tree):
            set(CK_OP_TREE)
            step.set(tree.bind, in: &arena)
            step.s1 = arena.string(tree.runFolder ?? tree.uids)
            step.s4 = arena.string(tree.gids)
            if tree.mapsAll { step.flags |= CK_BIND_MAP_ALL }
            if tree.runFolder != nil { step.flags |= CK_TREE_OF_CONTAINER }
        case .makeDirectory(let path, let mode):
            set(CK_OP_MAKE_DIRECTORY)
            step.s0 = arena.string(path)
            step.n0 = UInt64(mode)
        case .makeNode(let node):
            set(CK_OP_MAKE_NODE)
            step.s0 = arena.string(node.path)
            step.n0 = UInt64(node.kind.rawValue | node.mode)
            step.n1 = ck_make_device(node.major, node.minor)
            step.s1 = node.uid
            step.s2 = node.gid
        case .symlink(let path, let target):
            set(CK_OP_SYMLINK)
            step.s0 = arena.string(path)
            step.s1 = arena.string(target)
        default:
            encodeIdentity(into: &step, &arena)
            encodeSurroundings(into: &step, &arena)
            encodeSupervision(into: &step, &arena)
        }
        return step
    }

    /// The second half of the steps, from the pivot to the end.
    private func encodeIdentity(into step: inout ck_plan_step, _ arena: inout LaunchPlan.Arena) {
        func set(_ opcode: ck_opcode) { step.opcode = UInt16(opcode.rawValue) }
        func set(_ opcode: ck_opcode, _ text: String) {
            set(opcode)
            step.s0 = arena.string(text)
        }
        switch self {
        case .changeMount(let path, let change):
            set(CK_OP_CHANGE_MOUNT, path)
            step.n0 = change.set.rawValue | change.clear.rawValue << 32
        case .mask(let path): set(CK_OP_MASK, path)
        case .makeReadOnly(let path): set(CK_OP_READONLY, path)
        case .makeRootReadOnly: set(CK_OP_ROOT_READONLY)
        case .pivotRoot: set(CK_OP_PIVOT)
        case .hostname(let name): set(CK_OP_HOSTNAME, name)
        case .domainname(let name): set(CK_OP_DOMAINNAME, name)
        case .sysctl(let name, let value):
            set(CK_OP_SYSCTL, SysctlName(name)?.path ?? name)
            step.s1 = arena.string(value)
        case .awaitHost: set(CK_OP_AWAIT_HOST)
        case .newSession: set(CK_OP_SESSION)
        case .openTerminal(let asConsole, let rows, let columns):
            set(CK_OP_CONSOLE)
            step.flags = asConsole ? CK_CONSOLE_BIND : 0
            step.n0 = UInt64(rows)
            step.n1 = UInt64(columns)
        case .standardStreams(let owner):
            set(CK_OP_STANDARD_STREAMS)
            step.n0 = UInt64(owner)
        case .limit(let resource, let soft, let hard):
            set(CK_OP_RLIMIT)
            step.flags = resource.rawValue
            step.n0 = soft
            step.n1 = hard
        case .outOfMemoryScore(let score): set(CK_OP_OOM_SCORE, String(score))
        case .umask(let mask):
            set(CK_OP_UMASK)
            step.n0 = UInt64(mask)
        case .noNewPrivileges: set(CK_OP_NO_NEW_PRIVILEGES)
        case .boundingSet(let keep):
            set(CK_OP_BOUNDING)
            step.n0 = keep
        case .user(let uid, let gid, let groups):
            set(CK_OP_USER)
            step.n0 = UInt64(uid)
            step.n1 = UInt64(gid)
            step.s0 = arena.numbers(groups)
            step.length = UInt32(groups.count * 4)
        case .capabilities(let sets):
            set(CK_OP_CAPABILITIES)
            step.n0 = sets.effective
            step.n1 = sets.permitted
            step.s0 = arena.numbers([sets.inheritable, sets.ambient])
            step.length = 16
        case .filterSystemCalls(let filter, let listener):
            set(CK_OP_SECCOMP)
            step.flags = filter.flags
            if let listener {
                step.flags |= 8  // SECCOMP_FILTER_FLAG_NEW_LISTENER
                step.s1 = arena.string(listener.text)
                step.n0 = UInt64(listener.text.utf8.count)
                step.n1 = UInt64(listener.pidOffset)
            }
            step.s0 = arena.block(filter.program)
            step.length = UInt32(filter.program.count)
        case .changeDirectory(let path, let mayFail):
            set(CK_OP_CHDIR, path)
            step.flags = mayFail ? CK_CHDIR_MAY_FAIL : 0
        case .keepDescriptors(let count):
            set(CK_OP_KEEP_DESCRIPTORS)
            step.n0 = UInt64(count)
        case .execute(let program):
            set(CK_OP_EXEC)
            step.s0 = arena.list(program.arguments)
            step.s1 = arena.list(program.environment)
            step.s2 = arena.list(program.paths)
        case .removeCgroup(let folder): set(CK_OP_REMOVE_CGROUP, folder)
        case .removeTree(let folder): set(CK_OP_REMOVE_TREE, folder)
        default: break
        }
    }

    /// What surrounds the steps of the child: namespaces that are joined, sockets, hooks, and what the host does.
    private func encodeSurroundings(into step: inout ck_plan_step, _ arena: inout LaunchPlan.Arena) {
        func set(_ opcode: ck_opcode, _ text: String = "", number: UInt64 = 0) {
            step.opcode = UInt16(opcode.rawValue)
            step.s0 = arena.string(text)
            step.n0 = number
        }
        func set(_ opcode: ck_opcode, bytes: [UInt8]) {
            step.opcode = UInt16(opcode.rawValue)
            step.s0 = arena.block(bytes)
            step.length = UInt32(bytes.count)
        }
        switch self {
        case .joinNamespace(let kind, let path): set(CK_OP_JOIN, path, number: kind.rawValue)
        case .joinContainer(let kind, let folder):
            set(CK_OP_JOIN, number: kind.rawValue)
            step.s1 = arena.string(folder)
        case .bindNamespace(let kind, let folder, let path):
            set(CK_OP_BIND_NAMESPACE, folder, number: kind.rawValue)
            step.s1 = arena.string(path)
        case .newTimeNamespace(let offsets): set(CK_OP_TIME, offsets)
        case .listenForStart(let folder): set(CK_OP_LISTEN, folder)
        case .sendTerminal(let socket): set(CK_OP_TERMINAL_SOCKET, socket)
        case .connectFilterListener(let socket): set(CK_OP_FILTER_SOCKET, socket)
        case .passDescriptors(let count): set(CK_OP_PASS, number: UInt64(count))
        case .leave: set(CK_OP_LEAVE)
        case .mapIDs(let uids, let gids):
            set(CK_OP_ID_MAPS, uids)
            step.s1 = arena.string(gids)
        case .go: set(CK_OP_GO)
        case .askClient: set(CK_OP_ASK)
        case .adopt: set(CK_OP_ADOPT)
        case .cloneAgain: set(CK_OP_CLONE_AGAIN)
        case .becomeRoot: set(CK_OP_BECOME_ROOT)
        case .reportMounted: set(CK_OP_REPORT_MOUNTED)
        case .hook(let hook):
            step.opcode = UInt16(CK_OP_HOOK.rawValue)
            step.s0 = arena.list(hook.arguments)
            step.s1 = arena.list(hook.environment)
            step.s2 = arena.string(hook.path)
            step.s3 = arena.string(hook.state.text)
            step.length = UInt32(hook.state.text.utf8.count)
            step.n0 = hook.timeout
            step.n1 = UInt64(hook.state.pidOffset)
        case .awaitStart: set(CK_OP_AWAIT_START)
        case .moveRoot: set(CK_OP_MOVE_ROOT)
        case .changeRoot: set(CK_OP_CHANGE_ROOT)
        case .personality(let value): set(CK_OP_PERSONALITY, number: value)
        case .scheduler(let attributes): set(CK_OP_SCHEDULER, bytes: attributes)
        case .ioPriority(let value): set(CK_OP_IO_PRIORITY, number: UInt64(value))
        case .affinity(let cpus): set(CK_OP_AFFINITY, bytes: cpus)
        case .sessionKeyring(let name): set(CK_OP_KEYRING, name)
        case .label(let file, let label):
            set(CK_OP_LABEL, file)
            step.s1 = arena.string(label)
        default: break
        }
    }
}

extension ck_plan_step {
    /// What a bind and a prepared tree have in common.
    fileprivate mutating func set(_ bind: LaunchPlan.Bind, in arena: inout LaunchPlan.Arena) {
        s0 = arena.string(bind.source)
        n0 = bind.attributes.set.rawValue | bind.attributes.clear.rawValue << 32
        n1 = bind.propagation.map { $0.flag | (bind.propagatesRecursively ? UInt64(CK_PROPAGATION_RECURSIVE) : 0) } ?? 0
        s2 = UInt32(bind.treeAttributes.set.rawValue)
        s3 = UInt32(bind.treeAttributes.clear.rawValue)
        flags =
            (bind.recursive ? CK_BIND_RECURSIVE : 0) | (bind.ordinaryTarget ? CK_MOUNT_ORDINARY : 0)
            | (bind.tree == nil ? 0 : CK_BIND_PREPARED) | (bind.onProc ? CK_MOUNT_ON_PROC : 0)
        length = UInt32(bind.tree ?? 0)
    }
}
