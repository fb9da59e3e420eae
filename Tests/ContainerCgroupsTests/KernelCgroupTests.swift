import CKLinux
import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerCgroups

/// The real kernel: needs root, and touches only cgroups named after the test.
@Suite(.serialized) struct KernelCgroupTests: KernelCgroups {
    @Test func limitsArriveAndHold() throws {
        var resources = RuntimeSpec.Resources()
        resources.memory = .init(limit: 64 << 20)
        resources.cpu = .init(shares: 512, quota: 50_000, period: 100_000)
        resources.pids = .init(limit: 5)
        try withCgroup("limits", resources) { cgroup in
            let child = try shell(cgroup, "for i in 1 2 3 4 5 6 7 8 9; do sleep 60 & done; exit 0")
            #expect(status(child) != 0, "the tenth process was not refused")
            let statistics = try cgroup.statistics()
            let left = try cgroup.processes()
            #expect(statistics.memoryLimit == 64 << 20)
            #expect(statistics.taskLimit == 5)
            #expect((statistics.cpuNanoseconds ?? 0) > 0)
            #expect((statistics.memoryUsage ?? 0) > 0)
            #expect(left.count == 4)
            try cgroup.kill()
            #expect(try cgroup.processes().isEmpty)
        }
    }

    @Test func memoryIsKilledAtTheLimit() throws {
        var resources = RuntimeSpec.Resources()
        resources.memory = .init(limit: 8 << 20, swap: 8 << 20)
        try withCgroup("memory", resources) { cgroup in
            let child = try shell(cgroup, "exec tail /dev/zero")
            #expect(status(child) == 128 + SIGKILL)
            #expect(cgroup.memoryEvents().killed >= 1)
        }
    }

    @Test func freezeStopsAndKillReachesTheFrozen() throws {
        try withCgroup("freeze") { cgroup in
            let child = try shell(cgroup, "while :; do :; done")
            #expect(try waitUntil { try cgroup.processes() == [child] })
            for _ in 0..<2 {
                try cgroup.thaw()
                try cgroup.freeze()
                try cgroup.freeze()
            }
            #expect(try cgroup.isFrozen())
            let before = try cgroup.statistics().cpuNanoseconds
            usleep(50_000)
            #expect(try cgroup.statistics().cpuNanoseconds == before)
            try cgroup.kill()
            #expect(status(child) == 128 + SIGKILL)
        }
    }

    @Test func forkBombIsKilled() throws {
        var resources = RuntimeSpec.Resources()
        resources.pids = .init(limit: 60)
        try withCgroup("bomb", resources) { cgroup in
            let child = try shell(cgroup, "b() { b | b & }; b; sleep 60")
            #expect(try waitUntil { (try cgroup.statistics().tasks ?? 0) >= 20 })
            try cgroup.kill(timeout: 10_000)
            _ = status(child)
            #expect(try cgroup.processes().isEmpty)
        }
    }

    @Test func devicesAreForbidden() throws {
        var resources = RuntimeSpec.Resources()
        resources.devices = DeviceRules.standard
        try withCgroup("devices", resources) { cgroup in
            let child = try shell(cgroup, Self.deviceScript(name: "v1"))
            #expect(status(child) == 0)
        }
    }

    /// What the two tests beside this one rely on: the kernel lets root read this device.
    @Test func withoutRulesDevicesAreOpen() throws {
        try withCgroup("open") { cgroup in
            let child = try shell(cgroup, Self.deviceScript(name: "none"))
            let step = status(child)
            #expect(step == 6 || step == 8)
        }
    }

    /// The program of version 2, on whatever tree of version 2 this host has.
    @Test func deviceFilterIsLoadedAndEnforced() throws {
        let host = try CgroupHost.detect()
        let unified = try #require(host.unified)
        try withCgroup("filter") { cgroup in
            let filter = try DeviceFilter(DeviceRules.standard)
            try KernelCgroupFileSystem().attachDeviceFilter(filter.program, to: unified + cgroup.path)
            let child = try shell(cgroup, Self.deviceScript(name: "v2"))
            #expect(status(child) == 0)
        }
    }

    @Test(arguments: [
        [RuntimeSpec.Resources.DeviceRule](), DeviceRules.everything, DeviceRules.standard + DeviceRules.everything,
        [.init(allow: true, type: "a", major: 1, access: "r"), .init(allow: false, access: "w")],
        [RuntimeSpec.Resources.DeviceRule](repeating: .init(allow: false, type: "b", major: 8, minor: 1), count: 400),
    ])
    func verifierAcceptsEveryShape(rules: [RuntimeSpec.Resources.DeviceRule]) throws {
        let unified = try #require(try CgroupHost.detect().unified)
        try withCgroup("verifier") { cgroup in
            try KernelCgroupFileSystem().attachDeviceFilter(DeviceFilter(rules).program, to: unified + cgroup.path)
        }
    }

    /// Exits with the number of the first step that went wrong.
    private static func deviceScript(name: String) -> String {
        """
        d=$(mktemp -d /tmp/containerkit-test-devices-\(name).XXXXXX) || exit 90
        trap 'rm -rf $d' EXIT
        : < /dev/null || exit 1
        : > /dev/null || exit 2
        mknod $d/null c 1 3 || exit 3
        : < $d/null || exit 4
        mknod $d/mem c 1 1 || exit 5
        ( : < $d/mem ) 2> /dev/null && exit 6
        mknod $d/disk b 7 0 || exit 7
        ( : < $d/disk ) 2> /dev/null && exit 8
        exit 0
        """
    }

    @Test func manyAtOnceShareTheParent() throws {
        let host = try CgroupHost.detect()
        let folder = "\(Cgroup.ownFolder)/test-race-\(getpid())"
        let threads = (0..<4).map { number in
            Worker.start {
                for _ in 0..<15 {
                    let cgroup = try Cgroup.create(path: "\(folder)/\(number)", resources: .init(), host: host)
                    try cgroup.delete()
                }
            }
        }
        for thread in threads { #expect(Worker.join(thread) == nil) }
        let parent = try Cgroup(existing: folder, host: host)
        #expect(!parent.exists)
    }
}

/// A thread that reports what it threw.
private enum Worker {
    final class Body {
        let body: () throws -> Void
        var error: (any Error)?
        init(_ body: @escaping () throws -> Void) { self.body = body }
    }

    static func start(_ body: @escaping () throws -> Void) -> (pthread_t, Body) {
        let box = Body(body)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { pointer in
                let box = Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue()
                do { try box.body() } catch { box.error = error }
                return nil
            }, Unmanaged.passRetained(box).toOpaque())
        return (thread, box)
    }

    static func join(_ thread: (pthread_t, Body)) -> String? {
        pthread_join(thread.0, nil)
        return thread.1.error.map { "\($0)" }
    }
}
