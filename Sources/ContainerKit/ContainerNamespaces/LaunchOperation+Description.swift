extension LaunchPlan.Operation: CustomStringConvertible {
    /// Of the container whose run folder it is.
    static func id(_ runFolder: String) -> Substring { runFolder.split(separator: "/").last ?? "" }

    /// What the step does, as a person would say it; errors name their step so. The environment is left out: it may
    /// hold secrets.
    public var description: String {
        switch self {
        case .streams(let options): "streams: \(options.names)"
        case .recordState(let run, let exit):
            "record the processes in \(run)" + (exit.map { ", the exit status in \($0)" } ?? "")
        case .log(let log):
            "log to \(log.file)" + (log.format == .local ? " in docker's local format" : "")
                + (log.maximumSize > 0 ? ", at most \(log.maximumFiles) files of \(log.maximumSize) bytes" : "")
        case .cloneIntoCgroup(let folder): "clone into cgroup \(folder)"
        case .join(let pid, _): "join the container of process \(pid)"
        case .reachNameServer(let server): "reach the server of names in \(server.runRoot)"
        case .holdPorts(let ports): "hold \(ports.count) port\(ports.count == 1 ? "" : "s") of the host"
        case .serveNames(let server): "serve names to \(server.id)"
        case .clone(let namespaces): namespaces.isEmpty ? "clone" : "clone with new namespaces: \(namespaces)"
        case .netlink(let messages), .netlinkInside(let messages), .filter(let messages):
            "network: \(messages.summary)"
        case .receiveTerminal(let socket): socket.map { "receive the terminal at \($0)" } ?? "adopt orphans"
        case .adoptFrom(let pidFile, _): "take over the process of \(pidFile)"
        case .run(let program): "run \(program.arguments.joined(separator: " "))"
        case .runAgain(let program): "in later lives run \(program.arguments.joined(separator: " "))"
        case .joinCgroup(let file): "join cgroup \(file)"
        case .enter(let namespaces): "enter namespaces: \(namespaces)"
        case .unshare(let namespaces): "unshare namespaces: \(namespaces)"
        case .propagate(let propagation, let recursive):
            "make \(recursive ? "every mount" : "the root") \(propagation.rawValue)"
        case .mountOverlay(let overlay): "mount overlay on \(overlay.target) (\(overlay.options))"
        case .bindRoot(let path, _, _): "bind the root \(path) on itself"
        case .openRoot(let path): "open the root \(path)"
        case .mount(let mount):
            "mount \(mount.type) on \(mount.target)\(mount.attributes.text)"
                + (mount.options.isEmpty ? "" : " with \(mount.options.joined(separator: ","))")
        case .bind(let bind):
            "bind \(bind.source) on \(bind.target)\(bind.attributes.set.union(bind.treeAttributes.set).text)"
        case .makeDirectory(let path, let mode): "make folder \(path), mode \(String(mode, radix: 8))"
        case .makeNode(let node): "make device \(node.path) (\(node.major):\(node.minor))"
        case .symlink(let path, let target): "link \(path) to \(target)"
        case .changeMount(let path, let change): "change the mount \(path)\(change.set.text)"
        case .mask(let path): "mask \(path)"
        case .makeReadOnly(let path): "make \(path) read-only"
        case .makeRootReadOnly: "make the root read-only"
        case .pivotRoot: "pivot to the new root"
        case .hostname(let name): "set hostname \(name)"
        case .domainname(let name): "set domainname \(name)"
        case .sysctl(let name, let value): "set \(name)=\(value)"
        case .awaitHost: "await the host's part"
        case .joinNamespace(let kind, let path): "join the \(kind) namespace \(path)"
        case .joinContainer(let kind, let folder): "join the \(kind) namespace of container \(Self.id(folder))"
        case .bindNamespace(let kind, let folder, let path):
            "bind the \(kind) namespace of container \(Self.id(folder)) on \(path)"
        case .newTimeNamespace(let offsets):
            "make a time namespace" + (offsets.isEmpty ? "" : ", clocks \(offsets.dropLast())")
        case .prepareTree(let tree):
            "open \(tree.bind.source)\(tree.bind.attributes.set.union(tree.bind.treeAttributes.set).text)"
                + (tree.uids.isEmpty ? "" : " with ids of its own")
                + (tree.runFolder.map { " of container \(Self.id($0))" } ?? "")
        case .listenForStart(let folder): "listen in \(folder) for the start"
        case .sendTerminal(let socket): "connect to \(socket), which gets the terminal"
        case .connectFilterListener(let socket): "connect to \(socket), which gets the filter's listener"
        case .passDescriptors(let count): "pass on \(count) descriptors"
        case .leave: "leave the process to itself"
        case .listenForClients(let folder): "listen in \(folder) for clients"
        case .restart(let policy):
            "restart it: \(policy.name)" + (policy.maximum > 0 ? ", \(policy.maximum) times at most" : "")
        case .checkHealth(let checks): "check its health: \(checks.command.joined(separator: " "))"
        case .recordEvents(let destination): "record events in \(destination.path)"
        case .detachKeys(let keys): "let the client leave with keys \(keys)"
        case .watchMemory(let counter, _): "watch \(counter)"
        case .mapIDs(let uids, let gids): "map uids \(uids.dropLast()), gids \(gids.dropLast())"
        case .go: "let the child go on"
        case .askClient: "await the client's part"
        case .adopt: "adopt the process that goes on"
        case .cloneAgain: "clone again, in these namespaces"
        case .becomeRoot: "become root of the user namespace"
        case .reportMounted: "report that everything is mounted"
        case .hook(let hook): hook.path.isEmpty ? hook.name : "\(hook.name): run \(hook.path)"
        case .awaitStart: "await the start"
        case .moveRoot: "move the new root over the old one"
        case .changeRoot: "change the root"
        case .personality(let value): "set the personality 0x\(String(value, radix: 16))"
        case .scheduler: "set the scheduler"
        case .ioPriority: "set the I/O priority"
        case .affinity: "set the CPUs to run on"
        case .sessionKeyring(let name): "join a new session keyring \(name)"
        case .label(let file, let label): "set the label \(label) (\(file))"
        case .newSession: "start a session"
        case .openTerminal: "open the terminal"
        case .standardStreams(let owner): "take the standard streams (owner \(owner))"
        case .limit(let resource, let soft, let hard): "limit \(resource) to \(soft):\(hard)"
        case .outOfMemoryScore(let score): "set oom_score_adj to \(score)"
        case .umask(let mask): "set umask \(String(mask, radix: 8))"
        case .noNewPrivileges: "set no_new_privs"
        case .boundingSet(let keep): "bound capabilities to \(Self.names(of: keep))"
        case .user(let uid, let gid, let groups):
            "become user \(uid), group \(gid), groups \(groups.map(String.init).joined(separator: ","))"
        case .capabilities(let sets): "set capabilities \(Self.names(of: sets.effective))"
        case .filterSystemCalls(let filter, _): "filter system calls (\(filter.instructionCount) instructions)"
        case .changeDirectory(let path, _): "change to folder \(path)"
        case .keepDescriptors(let count): "keep \(count) descriptors"
        case .becomeInit: "stay as init, and go on in a child"
        case .execute(let program): "execute \(program.arguments.joined(separator: " "))"
        case .removeCgroup(let folder): "remove cgroup \(folder)"
        case .removeTree(let folder): "remove \(folder)"
        }
    }

    private static func names(of mask: UInt64) -> String { "0x" + String(mask, radix: 16) }
}
