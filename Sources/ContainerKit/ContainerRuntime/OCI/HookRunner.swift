import CKLinux
import ContainerNamespaces
import ContainerSystem
import Glibc
import OCISpec

/// Runs hooks in the runtime's own namespaces, one after the other (config.md, "POSIX-platform Hooks").
enum HookRunner {
    /// - Parameters:
    ///   - kind: the name of the list, for errors.
    ///   - state: what each gets on its standard input.
    /// - Throws: `systemFailure` for the first one that fails or does not end in time; the others do not run.
    static func run(_ hooks: [RuntimeSpec.Hooks.Hook]?, _ kind: String, state: OCIState) throws(ContainerError) {
        for (index, hook) in (hooks ?? []).enumerated() {
            do throws(ContainerError) { try run(hook, state.json) } catch {
                throw error.during("hooks.\(kind)[\(index)]")
            }
        }
    }

    /// The hooks that run when nothing can be undone any more: one that fails keeps none of the others from running.
    /// - Parameter warn: gets what they failed of.
    static func runAll(
        _ hooks: [RuntimeSpec.Hooks.Hook]?, _ kind: String, state: OCIState, warn: (String) -> Void
    ) {
        for (index, hook) in (hooks ?? []).enumerated() {
            do throws(ContainerError) { try run(hook, state.json) } catch {
                warn(error.during("hooks.\(kind)[\(index)]").description)
            }
        }
    }

    private static func run(_ hook: RuntimeSpec.Hooks.Hook, _ state: String) throws(ContainerError) {
        let input = Descriptor(owning: try system("make a file for a hook") { ck_memfd("state") })
        let output = Descriptor(owning: try system("make a file for a hook") { ck_memfd("hook") })
        try input.writeAll(state.utf8, name: "the state")
        lseek(input.raw, 0, SEEK_SET)
        let pid = try spawn(hook, input, output)
        let ended = wait(for: pid, seconds: hook.timeout)
        guard let status = ended else {
            throw ContainerError(
                .systemFailure, "run \(hook.path): it did not end within \(hook.timeout ?? 0) s and was killed")
        }
        if status == 0 { return }
        let cause = status & 0x7f == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
        let words = (try? output.firstBytes(200)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = words.split(separator: "\n").first.map { ": \($0)" } ?? ""
        throw ContainerError(.systemFailure, "run \(hook.path)", cause: cause + line)
    }

    private static func spawn(_ hook: RuntimeSpec.Hooks.Hook, _ input: Descriptor, _ output: Descriptor)
        throws(ContainerError) -> pid_t
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, number) in [(input, 0), (output, 1), (output, 2)] {
            posix_spawn_file_actions_adddup2(&actions, descriptor.raw, CInt(number))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let names = hook.args.flatMap { $0.isEmpty ? nil : $0 } ?? [hook.path]
        var arguments: [UnsafeMutablePointer<CChar>?] = names.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = (hook.env ?? []).map { strdup($0) } + [nil]
        defer { for string in arguments + environment { free(string) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, hook.path, &actions, &attributes, &arguments, &environment)
        guard code == 0 else { throw ContainerError(Errno(rawValue: code), "run \(hook.path)") }
        return pid
    }

    /// - Returns: the status of waitpid(2); nil when it had to be killed.
    private static func wait(for pid: pid_t, seconds: Int?) -> Int32? {
        let descriptor = ck_pidfd_open(pid, 0)
        var events = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let limit = seconds.map { CInt(clamping: $0 * 1000) } ?? -1
        var ready: CInt
        repeat { ready = poll(&events, 1, limit) } while ready < 0 && errno == EINTR
        if ready == 0 { kill(pid, SIGKILL) }
        close(descriptor)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return ready == 0 ? nil : status
    }
}
