import ContainerSystem
import Glibc

/// The files of one container.
struct ContainerFolders {
    /// Kept: log, hosts, exit status.
    let folder: String
    /// Gone with a reboot: the running processes.
    let runFolder: String

    init(id: String, root: String, runRoot: String) {
        folder = "\(root)/containers/\(id)"
        runFolder = "\(runRoot)/containers/\(id)"
    }

    func logFile(id: String) -> String { "\(folder)/\(id)-json.log" }

    /// The control group that the container's own is in, where it asked for one.
    var cgroupParent: String? {
        (try? Files.readText(folder + "/cgroup-parent", limit: 4096))
            ?? (try? Files.readText(removedFolder + "/cgroup-parent", limit: 4096))
    }

    func write(cgroupParent: String) throws(ContainerError) {
        try Files.replace(folder + "/cgroup-parent", with: cgroupParent.utf8, mode: 0o600)
    }

    /// Where `folder` is while it is being removed: a removal starts with the rename.
    var removedFolder: String { folder + ".removing" }
    /// Is there from before the freeze to after the thaw.
    var pauseMarker: String { runFolder + "/paused" }
    /// What who runs a command in it wants to know.
    var card: String { runFolder + "/card" }
    /// The members of the container's events, for the supervisor.
    var attributes: String { runFolder + "/attributes" }
    /// The networks that it is on, for the supervisor's events of those: an actor of an event each line.
    var networks: String { runFolder + "/networks" }
    /// Is there when another container has come into its network; by the supervisor (donors.c).
    var networkIsShared: String { runFolder + "/network-is-shared" }
    /// Is there when the container was stopped by hand (`unless-stopped`).
    var stopMarker: String { folder + "/stopped" }

    /// - Parameters:
    ///   - isBeingMade: whether who made the record may still be making the rest.
    ///   - isFrozen: asks the kernel; where the marker of a pause is there only.
    func state(
        wasStarted: Bool, isBeingMade: () -> Bool = { false }, isFrozen: () -> Bool = { true }
    ) -> ContainerState {
        guard let running = processes() else {
            if !Files.exists(folder) { return removal(isBeingMade) }
            if let exit = recordedExit() { return .exited(exit) }
            return wasStarted ? .exited(.unseen(started: nil)) : .created
        }
        // What sets the next life up is no life yet.
        if !running.hasStarted, running.shim.isAlive, let restart = recordedRestart(running) {
            return .restarting(restart)
        }
        if running.process.isAlive {
            return Files.exists(pauseMarker) && isFrozen() ? .paused(running) : .running(running)
        }
        let isSupervised = running.shim.isAlive
        if isSupervised, let restart = recordedRestart(running) { return .restarting(restart) }
        if !isSupervised, !Files.exists(folder) { return removal(isBeingMade) }
        // The shim may have written the exit status since we looked. One of an earlier life says nothing of this one.
        if let exit = recordedExit(), exit.started == running.started { return .exited(exit) }
        if isSupervised { return .running(running) }
        return .exited(.unseen(started: running.started))
    }

    /// The supervisor of the last life; it may have gone.
    var supervisor: ProcessIdentity? { processes()?.shim }

    private func removal(_ isBeingMade: () -> Bool) -> ContainerState {
        guard let file = try? Descriptor.open(removedFolder, O_RDONLY | O_DIRECTORY) else {
            return isBeingMade() ? .created : .dead
        }
        let isFree = (try? FileLock.take(file, .shared, waits: false, name: removedFolder)) != nil
        return isFree ? .dead : .removing
    }

    private func processes() -> ContainerState.RunningProcess? {
        guard let pids = Self.numbers("\(runFolder)/pids"), pids.count == 5 else { return nil }
        return ContainerState.RunningProcess(
            process: ProcessIdentity(pid: Int32(truncatingIfNeeded: pids[2]), startTime: pids[3]),
            shim: ProcessIdentity(pid: Int32(truncatingIfNeeded: pids[0]), startTime: pids[1]),
            started: Self.seconds(pids[4]))
    }

    private func recordedRestart(_ running: ContainerState.RunningProcess) -> ContainerState.Restart? {
        guard let restart = Self.numbers("\(runFolder)/restarting"), restart.count == 2 else { return nil }
        return .init(
            shim: running.shim, exit: recordedExit() ?? .unseen(started: running.started),
            count: Int(truncatingIfNeeded: restart[0]), until: Self.seconds(restart[1]))
    }

    /// What the shim wrote at the last end; nil before that, and when a power cut left no more than the file's name.
    func recordedExit() -> ContainerState.Exit? {
        // Three numbers are of a version that restarted nothing.
        guard let exit = Self.numbers("\(folder)/exit"), exit.count == 5 || exit.count == 3 else { return nil }
        return .init(
            status: Int32(truncatingIfNeeded: exit[0]), started: Self.seconds(exit[1]),
            finished: Self.seconds(exit[2]), ranOutOfMemory: exit.count == 5 && exit[3] != 0,
            restarts: exit.count == 5 ? Int(truncatingIfNeeded: exit[4]) : 0)
    }

    /// Nil unless there is a file of nothing but numbers.
    private static func numbers(_ path: String) -> [UInt64]? {
        // A list of a thousand containers reads some thousand such files.
        withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            let count = read(file, buffer.baseAddress, buffer.count)
            guard count >= 0, count < buffer.count else { return nil }
            return numbers(in: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private static func numbers(in text: UnsafeRawBufferPointer) -> [UInt64]? {
        var result: [UInt64] = []
        var index = 0
        while index < text.count {
            if text[index] == 0x20 || text[index] == 0x0a {
                index += 1
                continue
            }
            var number: UInt64 = 0
            while index < text.count, text[index] != 0x20, text[index] != 0x0a {
                guard (0x30...0x39).contains(text[index]) else { return nil }
                let (tens, isTooMuch) = number.multipliedReportingOverflow(by: 10)
                let (sum, isStillTooMuch) = tens.addingReportingOverflow(UInt64(text[index] - 0x30))
                if isTooMuch || isStillTooMuch { return nil }
                number = sum
                index += 1
            }
            result.append(number)
        }
        return result
    }

    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}
