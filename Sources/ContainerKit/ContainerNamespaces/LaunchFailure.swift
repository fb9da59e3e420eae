import ContainerSystem
import Glibc

/// Turns the step that failed and its errno into an error that says what a user can do about it.
enum LaunchFailure {
    static func error(_ errno: Errno, at operation: LaunchPlan.Operation, detail: String) -> ContainerError {
        if case .execute(let program) = operation { return command(program.arguments.first ?? "", errno) }
        let explanation = detail.split(separator: "\n").first.map(String.init) ?? ""
        if case .adoptFrom = operation { return foreign(explanation) }
        if let error = names(errno, at: operation, explanation) { return error }
        if case .holdPorts = operation, errno.rawValue == EADDRINUSE {
            return ContainerError(
                .conflict, "failed to bind host port for \(explanation)", cause: "a process of the host listens there",
                hint: "choose another port, or stop what listens there (ss -lnp shows it)")
        }
        if let folder = operation.donor, errno.rawValue == ESRCH {
            let id = LaunchPlan.Operation.id(folder)
            return ContainerError(
                .conflict, "\(operation)", cause: "it does not run", hint: "start \(id.prefix(12)) first")
        }
        if case .hook = operation {
            let cause = errno.rawValue == ETIMEDOUT ? "it did not end in time and was killed" : explanation
            return ContainerError(.systemFailure, "\(operation)", cause: cause.isEmpty ? errno.description : cause)
        }
        var error = ContainerError(errno, "\(operation)", hint: hint(errno, at: operation))
        if !explanation.isEmpty { error.cause = "\(error.cause ?? ""), \(explanation)" }
        if case .changeDirectory(let path, _) = operation, errno.rawValue == ENOTDIR || errno.rawValue == EACCES {
            error = ContainerError(.commandNotExecutable, "change to working folder \(path)", cause: errno.description)
        }
        return error
    }

    /// What the server of names said, or that it said nothing.
    private static func names(_ errno: Errno, at operation: LaunchPlan.Operation, _ words: String) -> ContainerError? {
        switch (operation, errno.rawValue) {
        case (.reachNameServer, ETIMEDOUT), (.serveNames, ETIMEDOUT), (.serveNames, ECONNRESET):
            ContainerError(
                .unavailable, "\(operation)", cause: words.isEmpty ? "it does not answer" : words,
                hint: "try again; see whether ck-dns can be run")
        case (.reachNameServer, EPROTO), (.serveNames, EPROTO):
            ContainerError(.systemFailure, "\(operation)", cause: words)
        default: nil
        }
    }

    /// What another OCI runtime said; docker tells these apart in the same way.
    private static func foreign(_ words: String) -> ContainerError {
        let isMissing = ["executable file not found", "no such file or directory"].contains(where: words.contains)
        return ContainerError(
            isMissing ? .commandNotFound : words.contains("permission denied") ? .commandNotExecutable : .systemFailure,
            words)
    }

    private static func command(_ name: String, _ errno: Errno) -> ContainerError {
        switch errno.rawValue {
        case ENOENT where !name.contains("/"):
            ContainerError(.commandNotFound, "exec \"\(name)\": executable file not found in $PATH")
        case ENOENT:
            ContainerError(.commandNotFound, "exec \"\(name)\": no such file or directory")
        case EACCES:
            ContainerError(.commandNotExecutable, "exec \"\(name)\": permission denied")
        case ENOEXEC:
            ContainerError(
                .commandNotExecutable, "exec \"\(name)\": exec format error",
                hint: "a script needs a first line such as #!/bin/sh; a program must be built for this architecture")
        default:
            ContainerError(.commandNotExecutable, "exec \"\(name)\"", cause: errno.description)
        }
    }

    private static func hint(_ errno: Errno, at operation: LaunchPlan.Operation) -> String? {
        switch (operation, errno.rawValue) {
        case (.mountOverlay, ENODEV):
            "this kernel has no overlay file system: load it with modprobe overlay"
        case (.mountOverlay, EINVAL):
            "overlay cannot use this disk for its upper layer: put the state on ext4, xfs or btrfs with --root"
        case (.clone, EPERM): "run as root"
        case (.clone, ENOSPC): "a limit on namespaces is reached: see /proc/sys/user/max_*_namespaces"
        case (.clone, ENOSYS): "the kernel must be Linux 5.12 or later, and clone3 must not be filtered"
        case (.mount, ELOOP): "the image has a symbolic link there, where a folder must be"
        case (.mount(let mount), ENOTDIR): "the image has no ordinary folder at \(mount.target)"
        case (.bind(let bind), ENOTDIR): "\(bind.source) and \(bind.target) must both be folders or both be files"
        // The fields of a runtime specification that these come from.
        case (.label("apparmor/exec", _), ENOENT): "process.apparmorProfile must name a profile that is loaded"
        case (.label(let file, _), _):
            file == "exec" ? "see process.selinuxLabel" : "see process.apparmorProfile"
        case (.limit, EPERM): "process.rlimits: to raise a hard limit takes CAP_SYS_RESOURCE"
        case (.outOfMemoryScore, EACCES), (.outOfMemoryScore, EPERM):
            "process.oomScoreAdj: to lower it takes CAP_SYS_RESOURCE"
        case (.scheduler, EPERM): "process.scheduler: the policy takes CAP_SYS_NICE"
        case (.sysctl, ENOENT): "linux.sysctl: this kernel has no such setting"
        default: nil
        }
    }
}

extension LaunchPlan.Operation {
    /// The run folder of a container that has to run for it.
    fileprivate var donor: String? {
        switch self {
        case .joinContainer(_, let folder), .bindNamespace(_, let folder, _): folder
        case .prepareTree(let tree): tree.runFolder
        default: nil
        }
    }
}
