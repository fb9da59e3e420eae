import ContainerSystem
import Glibc
import Testing

@testable import ContainerEngine

/// What a container is doing, from the files of its shim and the kernel.
@Suite struct ContainerStateTests {
    private struct Files {
        let folders: ContainerFolders

        /// - Parameter started: nanoseconds since 1970.
        func writePids(shim: ProcessIdentity, process: ProcessIdentity, started: UInt64) throws {
            try write("\(shim.pid) \(shim.startTime) \(process.pid) \(process.startTime) \(started)\n", "pids")
        }

        func writeExit(_ text: String) throws { try write(text, "exit") }

        func write(_ text: String, _ name: String) throws {
            let folder = name == "exit" ? folders.folder : folders.runFolder
            try ContainerSystem.Files.replace("\(folder)/\(name)", with: Array(text.utf8))
        }

        func state(wasStarted: Bool = true, isFrozen: Bool = true) -> ContainerState {
            folders.state(wasStarted: wasStarted, isFrozen: { isFrozen })
        }
    }

    private let alive = ProcessIdentity.current
    /// The pid has gone to another process.
    private let dead = ProcessIdentity(pid: getpid(), startTime: ProcessIdentity.current.startTime + 1)
    private static let unseen = ContainerState.exited(.init(status: 255, started: nil, finished: nil))

    private func withFiles(_ body: (Files) throws -> Void) throws {
        try withTemporaryFolder { root in
            let folders = ContainerFolders(id: "x", root: root, runRoot: root + "/run")
            try ContainerSystem.Files.makeDirectory(folders.folder)
            try ContainerSystem.Files.makeDirectory(folders.runFolder)
            try body(Files(folders: folders))
        }
    }

    @Test func withoutFilesTheRecordDecides() throws {
        try withFiles { files in
            #expect(files.state(wasStarted: false) == .created)
            #expect(files.state(wasStarted: true) == Self.unseen)
            #expect(files.folders.logFile(id: "x").hasSuffix("/containers/x/x-json.log"))
        }
    }

    @Test func aLivingProcessRuns() throws {
        try withFiles { files in
            try files.writePids(shim: alive, process: alive, started: 5_500_000_000)
            let running = ContainerState.RunningProcess(process: alive, shim: alive, started: 5.5)
            #expect(files.state() == .running(running) && files.state(wasStarted: false) == .running(running))
            #expect(files.state().isRunning && files.state().name == "running")
        }
    }

    @Test func whatIsBeingSetUpDoesNotRunYet() throws {
        try withFiles { files in
            try files.writePids(shim: alive, process: ProcessIdentity(pid: 0, startTime: 0), started: 0)
            guard case .running(let running) = files.state(wasStarted: false) else {
                Issue.record("the supervisor lives: \(files.state())")
                return
            }
            #expect(!running.hasStarted && !files.state().isRunning && files.state().name == "created")
        }
    }

    @Test func anEndIsTheShimsToTell() throws {
        try withFiles { files in
            try files.writePids(shim: alive, process: dead, started: 1_000_000_000)
            // The process has ended, and the shim is about to write how.
            #expect(files.state().isRunning)
            try files.writeExit("137 1000000000 2500000000\n")
            #expect(files.state() == .exited(.init(status: 137, started: 1, finished: 2.5)))
            #expect(!files.state().isRunning && files.state().name == "exited")
        }
    }

    @Test func whenBothAreGoneNobodySawTheEnd() throws {
        try withFiles { files in
            try files.writePids(shim: dead, process: dead, started: 7_000_000_000)
            #expect(files.state() == .exited(.init(status: 255, started: 7, finished: nil)))
            try files.writePids(shim: dead, process: alive, started: 7_000_000_000)
            #expect(files.state().isRunning, "it goes on without its supervisor")
        }
    }

    /// A power cut may leave a file with its name and nothing in it.
    @Test(arguments: [
        "", "\n", "137", "137 1 2 3", "137 1 2 3 4 5", "137 x 1 2", "-1 1 2", "137 1 99999999999999999999999",
    ])
    func halfAnExitIsNone(text: String) throws {
        try withFiles { files in
            try files.writeExit(text)
            #expect(files.state() == Self.unseen)
            try files.writePids(shim: dead, process: dead, started: 1_000_000_000)
            #expect(files.state() == .exited(.init(status: 255, started: 1, finished: nil)))
            try files.writePids(shim: alive, process: dead, started: 1_000_000_000)
            #expect(files.state().isRunning)
        }
    }

    @Test(arguments: ["", "1 2 3", "1 2 3 4 5 6", "a b c d e", "1 2 3 4 5 x"])
    func brokenPidsAreNobody(text: String) throws {
        try withFiles { files in
            try files.write(text, "pids")
            #expect(files.state(wasStarted: false) == .created)
            #expect(files.state(wasStarted: true) == Self.unseen)
        }
    }

    @Test func whatIsHeldStillIsPaused() throws {
        try withFiles { files in
            try files.writePids(shim: alive, process: alive, started: 5_500_000_000)
            try files.write("", "paused")
            let process = ContainerState.RunningProcess(process: alive, shim: alive, started: 5.5)
            #expect(files.state() == .paused(process) && files.state().name == "paused")
            #expect(!files.state().isRunning && files.state().isAlive && files.state().process == process)
            #expect(files.state(isFrozen: false) == .running(process), "the kernel has the last word")
            try files.writePids(shim: dead, process: dead, started: 5_500_000_000)
            #expect(files.state().name == "exited", "the marker of a life that is over means nothing")
        }
    }

    @Test func betweenTwoLivesItIsRestarting() throws {
        try withFiles { files in
            try files.writePids(shim: alive, process: dead, started: 1_000_000_000)
            try files.writeExit("3 1000000000 2000000000 1 4\n")
            try files.write("4 2500000000\n", "restarting")
            let exit = ContainerState.Exit(
                status: 3, started: 1, finished: 2, ranOutOfMemory: true, restarts: 4)
            let restart = ContainerState.Restart(shim: alive, exit: exit, count: 4, until: 2.5)
            #expect(files.state() == .restarting(restart) && files.state().name == "restarting")
            #expect(files.state().isAlive && !files.state().isRunning && files.state().process == nil)
            #expect(files.folders.restarts(files.state()) == 4)
            // The next life is being set up, and then runs.
            try files.writePids(shim: alive, process: alive, started: 0)
            #expect(files.state() == .restarting(restart))
            try files.writePids(shim: alive, process: alive, started: 3_000_000_000)
            #expect(files.state().isRunning && files.folders.restarts(files.state()) == 4)
            // Its end is not that of the life before.
            try files.writePids(shim: dead, process: dead, started: 3_000_000_000)
            #expect(files.state() == .exited(.init(status: 255, started: 3, finished: nil)))
            try files.writeExit("0 3000000000 4000000000 0 5\n")
            #expect(files.state() == .exited(.init(status: 0, started: 3, finished: 4, restarts: 5)))
        }
    }

    @Test func aSupervisorThatWasKilledRestartsNothing() throws {
        try withFiles { files in
            try files.writePids(shim: dead, process: dead, started: 1_000_000_000)
            try files.writeExit("3 1000000000 2000000000 0 0\n")
            try files.write("0 2500000000\n", "restarting")
            #expect(files.state() == .exited(.init(status: 3, started: 1, finished: 2)))
        }
    }

    @Test func aRemovalThatWasInterruptedLeavesADeadOne() throws {
        try withFiles { files in
            let folders = files.folders
            try files.writeExit("0 1 2 0 0\n")
            try #require(rename(folders.folder, folders.removedFolder) == 0)
            #expect(files.state() == .dead && files.state().name == "dead")
            try files.writePids(shim: dead, process: dead, started: 1)
            #expect(files.state() == .dead)
            let file = try Descriptor.open(folders.removedFolder, O_RDONLY | O_DIRECTORY)
            withExtendedLifetime(try FileLock.take(file, .exclusive, name: "folder")) {
                #expect(files.state() == .removing && files.state().name == "removing")
            }
            #expect(files.state() == .dead)
            try ContainerSystem.Files.removeTree(folders.removedFolder)
            #expect(files.state() == .dead, "all but its record is gone")
            try ContainerSystem.Files.removeTree(folders.runFolder)
            #expect(folders.state(wasStarted: false, isBeingMade: { true }) == .created, "or it is about to come")
        }
    }
}
