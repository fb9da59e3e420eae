import ContainerNamespaces
import ContainerSystem
import OCISpec

/// Which namespaces a container gets: new ones, others' that it joins, and the host's for the rest.
struct NamespacePlan {
    private(set) var new: Namespaces = []
    private(set) var joined: [(kind: Namespaces, path: String)] = []
    private let donors: [Namespaces.RawValue: String]

    /// - Parameter donors: run folders of the containers that have those that are joined, where containers do.
    init(_ namespaces: [RuntimeSpec.Linux.Namespace], donors: [RuntimeSpec.Linux.Namespace.Kind: String] = [:]) {
        self.donors = Dictionary(uniqueKeysWithValues: donors.map { (Namespaces($0.key).rawValue, $0.value) })
        for namespace in namespaces {
            let kind = Namespaces(namespace.type)
            if let path = namespace.path, !path.isEmpty { joined.append((kind, path)) } else { new.insert(kind) }
        }
    }

    /// Whether the container's is another than the host's.
    func has(_ kind: Namespaces) -> Bool { different.contains(kind) }

    var different: Namespaces { joined.reduce(new) { $0.union($1.kind) } }

    /// What is joined before the process is cloned, the user namespace last: the rights over the others go with it. The
    /// mount namespace comes first, which the process itself enters.
    var joins: [LaunchPlan.Operation] {
        let order: [Namespaces] = [.mount, .network, .ipc, .uts, .cgroup, .pid, .time, .user]
        return order.flatMap { kind in
            joined.filter { $0.kind == kind }.map { join(kind, path: $0.path) }
        }
    }

    private func join(_ kind: Namespaces, path: String) -> LaunchPlan.Operation {
        donors[kind.rawValue].map { .joinContainer(kind, runFolder: $0) } ?? .joinNamespace(kind, path: path)
    }

    /// Those of containers where their paths say, for another runtime.
    var bindings: [LaunchPlan.Operation] {
        joined.compactMap { one in
            donors[one.kind.rawValue].map { .bindNamespace(one.kind, runFolder: $0, path: one.path) }
        }
    }
}

extension Namespaces {
    init(_ kind: RuntimeSpec.Linux.Namespace.Kind) {
        switch kind {
        case .mount: self = .mount
        case .pid: self = .pid
        case .network: self = .network
        case .uts: self = .uts
        case .ipc: self = .ipc
        case .cgroup: self = .cgroup
        case .user: self = .user
        case .time: self = .time
        }
    }
}
