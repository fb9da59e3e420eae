import ContainerNamespaces
import ContainerRuntime
import OCISpec

/// What the runtime can do (the specification's features.md), whether or not this host can.
enum FeaturesDocument {
    static func make() -> JSONText {
        .object([
            ("ociVersionMin", .string("1.0.0")), ("ociVersionMax", .string(RuntimeSpec.supportedVersion)),
            ("hooks", .strings(FeatureLists.hooks)),
            ("mountOptions", .strings(MountOptions.known)),
            ("linux", linux),
            ("annotations", .object([("io.containerkit.version", .string(Tool.version))])),
        ])
    }

    private static var linux: JSONText {
        .object([
            ("namespaces", .strings(RuntimeSpec.Linux.Namespace.Kind.allCases.map(\.rawValue).sorted())),
            ("capabilities", .strings(Capability.allCases.map(\.name))),
            (
                "cgroup",
                .object([
                    ("v1", .bool(true)), ("v2", .bool(true)), ("systemd", .bool(false)), ("systemdUser", .bool(false)),
                    ("rdma", .bool(true)),
                ])
            ),
            ("seccomp", seccomp),
            ("apparmor", enabled(true)), ("selinux", enabled(true)), ("intelRdt", enabled(false)),
            ("mountExtensions", .object([("idmap", enabled(true))])),
        ])
    }

    private static var seccomp: JSONText {
        .object([
            ("enabled", .bool(true)),
            ("actions", .strings(FeatureLists.seccompActions.sorted())),
            ("operators", .strings(FeatureLists.seccompOperators.sorted())),
            ("archs", .strings(FeatureLists.seccompArchitectures.sorted())),
            ("knownFlags", .strings(FeatureLists.seccompFlags)),
            ("supportedFlags", .strings(FeatureLists.seccompFlags)),
        ])
    }

    private static func enabled(_ value: Bool) -> JSONText { .object([("enabled", .bool(value))]) }
}
