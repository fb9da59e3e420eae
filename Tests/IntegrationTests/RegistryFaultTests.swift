import ContainerSystem
import Foundation
import Glibc
import Testing

/// Registries that fail or lie: one clear line, the right status, nothing listed, nothing left.
@Suite struct RegistryFaultTests {
    /// A registry with `it:1` (two layers, the upper one of 2 MB that no gzip makes smaller) behind a proxy.
    private func withFaults(_ body: (Sandbox, FaultProxy) throws -> Void) throws {
        try Sandbox.with { box in
            let registry = try Registry(box)
            let noise = box.folder + "/noise"
            try box.inside(["dd", "if=/dev/urandom", "of=" + noise, "bs=1M", "count=2"])
            try registry.publish(
                [
                    "layers": [
                        [
                            ["name": "bin", "type": "dir"],
                            ["name": "bin/busybox", "path": "/bin/busybox"],
                            ["name": "bin/true", "type": "symlink", "link": "busybox"],
                        ], [["name": "noise", "path": noise]],
                    ]
                ], as: "it:1")
            try body(box, try registry.faults())
        }
    }

    private func expectNothing(_ box: Sandbox, _ address: String) throws {
        #expect(!(try box.ck(["images", "-a"]).output.contains(address)))
        #expect(try Files.list(box.root + "/overlay/layers").filter { $0.hasPrefix(".") }.isEmpty)
    }

    @Test func eachAnswerHasOneClearLine() throws {
        try withFaults { box, proxy in
            let name = proxy.address + "/it:1"
            let cases: [(rule: [String: Any], word: String)] = [
                (["status": 401, "headers": ["WWW-Authenticate": "Basic realm=\"here\""]], "log"),
                (["status": 403, "body": "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}"], "denied"),
                (["status": 404], "not found"),
                (["status": 429, "headers": ["Retry-After": "0"]], "no more requests"),
                (["status": 500], "failed"),
            ]
            for (rule, word) in cases {
                try proxy.set([rule.merging(["match": "GET|HEAD"]) { $1 }])
                let pull = try box.ck(["pull", name])
                let lines = pull.errors.split(separator: "\n")
                #expect(pull.status == 1 && lines.count == 1, "\(rule): \(pull)")
                #expect(pull.errors.lowercased().contains(word), "\(rule): \(pull)")
                #expect(pull.errors.contains(proxy.address), "\(rule): \(pull)")
                #expect(try box.ck(["run", "--rm", name, "true"]).status == 125)
                try expectNothing(box, proxy.address)
            }
            try proxy.set([])
            #expect(try box.ck(["run", "--rm", name, "true"]).status == 0)
        }
    }

    @Test func wrongAndMissingBytesAreRefused() throws {
        try withFaults { box, proxy in
            let name = proxy.address + "/it:1"
            let faults: [[String: Any]] = [
                ["match": "GET .*/blobs/", "flip": 40], ["match": "GET .*/manifests/", "flip": 40],
                ["match": "GET .*/blobs/", "cut": 100_000],
            ]
            for fault in faults {
                try proxy.set([fault])
                let pull = try box.ck(["pull", name])
                #expect(pull.status == 1 && pull.errors.split(separator: "\n").count == 1, "\(fault): \(pull)")
                try expectNothing(box, proxy.address)
            }
            try proxy.set([])
            #expect(try box.ck(["pull", "-q", name]).status == 0)
        }
    }

    @Test func aPullThatWasKilledLeavesNothingHalfDone() throws {
        try withFaults { box, proxy in
            let name = proxy.address + "/it:1"
            try proxy.set([["match": "GET .*/blobs/", "delay": 0.1]])
            for milliseconds in [100, 300, 700, 1500] {
                let pid = try box.startCk(["pull", name])
                usleep(UInt32(milliseconds) * 1000)
                kill(pid, SIGKILL)
                _ = try Command.wait(pid, timeout: 10, name: "ck pull")
                #expect(!(try box.ck(["images", "-a"]).output.contains(proxy.address)))
            }
            try proxy.set([])
            let pull = try box.ck(["pull", name])
            #expect(pull.status == 0, "\(pull)")
            #expect(try box.ck(["run", "--rm", name, "true"]).status == 0)
            // What the killed ones had begun was gone on with by the next ones.
            #expect(try Files.list(box.root + "/content/ingest").isEmpty)
            try expectNothing(box, "no name at all")
        }
    }

    /// How many bytes of the large layer were asked for, request by request: from which one on.
    private func ranges(_ proxy: FaultProxy) throws -> [Int] {
        let lines = try Files.readText(proxy.logFile, limit: 16 << 20).split(separator: "\n")
        let requests = try lines.compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        let large = try #require(try largestBlob(requests))
        return requests.filter { ($0["request"] as? String) == "GET " + large }.map { request in
            let range = (request["headers"] as? [String: String])?["range"]
            return range.flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
        }
    }

    /// The blob that was asked for with a range.
    private func largestBlob(_ requests: [[String: Any]]) throws -> Substring? {
        requests.first { ($0["headers"] as? [String: String])?["range"] != nil }
            .flatMap { ($0["request"] as? String)?.dropFirst("GET ".count) }
    }

    /// What one process brought, a later one need not bring again.
    @Test func aLaterProcessGoesOnWhereAKilledOneStopped() throws {
        try withFaults { box, proxy in
            let name = proxy.address + "/it:1"
            try proxy.set([["match": "GET .*/blobs/", "delay": 0.05]])
            let pid = try box.startCk(["pull", name])
            let ingest = box.root + "/content/ingest"
            func size() -> Int {
                var status = stat()
                let partial = ((try? Files.list(ingest)) ?? []).map { ingest + "/" + $0 }
                return partial.reduce(0) { max($0, stat($1, &status) == 0 ? Int(status.st_size) : 0) }
            }
            for _ in 0..<600 where size() < 700_000 { usleep(10_000) }
            kill(pid, SIGKILL)
            _ = try Command.wait(pid, timeout: 10, name: "ck pull")
            let before = size()
            #expect(before >= 700_000 && before < 2_000_000)
            try proxy.set([])
            let pull = try box.ck(["pull", name])
            #expect(pull.status == 0, "\(pull)")
            #expect(try ranges(proxy) == [0, before])
            #expect(try Files.list(ingest).isEmpty)
            #expect(try box.ck(["run", "--rm", name, "true"]).status == 0)
        }
    }

    @Test func pullsAtOnceDoTheWorkOnce() throws {
        try withFaults { box, proxy in
            try proxy.set([["match": "GET .*/blobs/", "delay": 0.01]])
            let name = proxy.address + "/it:1"
            let pids = try (0..<4).map { _ in try box.startCk(["pull", name]) }
            for pid in pids { #expect(try Command.wait(pid, timeout: 60, name: "ck pull") == 0) }
            #expect(try box.ck(["images", "-q", proxy.address + "/it"]).lines.count == 1)
            #expect(try box.ck(["run", "--rm", name, "true"]).status == 0)
            let layers = try Files.list(box.root + "/content/blobs/sha256").filter { digest in
                var status = stat()
                return stat(box.root + "/content/blobs/sha256/" + digest, &status) == 0 && status.st_size > 100_000
            }
            for layer in layers {
                let times = try proxy.requests().filter { $0.hasPrefix("GET") && $0.hasSuffix(layer) }.count
                #expect(times <= 1, "\(layer) was fetched \(times) times")
            }
            #expect(layers.count >= 2)
        }
    }

    @Test(arguments: [
        ["name": "../../outside", "content": "x"], ["name": "/../../outside", "content": "x"],
        ["name": "way/out/../../../outside", "content": "x"],
        ["name": "outside", "type": "hardlink", "link": "../../../../../../etc/passwd"],
    ])
    func entriesThatLeadOutAreRefused(entry: [String: String]) throws {
        try Sandbox.with(image: false) { box in
            let registry = try Registry(box)
            try registry.publish(["layers": [[["name": "way", "type": "dir"], entry]]], as: "evil:1")
            let pull = try box.ck(["pull", registry.address + "/evil:1"])
            #expect(pull.status == 1 && pull.errors.split(separator: "\n").count == 1, "\(pull)")
            #expect(pull.errors.contains("out"), "names the entry: \(pull)")
            try expectNothing(box, registry.address)
            #expect(try Files.list(box.root + "/overlay/layers").isEmpty)
        }
    }

    /// A link out of the root is an image's right; what is written through it stays inside.
    @Test func whatGoesThroughALinkStaysInside() throws {
        try Sandbox.with(image: false) { box in
            let registry = try Registry(box)
            let outside = box.folder + "/outside"
            try Files.makeDirectory(outside)
            try registry.publish(
                [
                    "layers": [
                        [["name": "link", "type": "symlink", "link": outside]],
                        [["name": "link/written", "content": "x"]],
                    ]
                ], as: "evil:1")
            let pull = try box.ck(["pull", registry.address + "/evil:1"])
            #expect(try Files.list(outside).isEmpty, "\(pull)")
            #expect(pull.status == 0 || pull.errors.split(separator: "\n").count == 1, "\(pull)")
        }
    }

    @Test func aLayerThatIsNotWhatTheConfigurationSaysIsRefused() throws {
        try Sandbox.with(image: false) { box in
            let registry = try Registry(box)
            let wrong = "sha256:" + String(repeating: "a", count: 64)
            try registry.publish(["layers": [[["name": "f", "content": "x"]]], "diff_ids": [wrong]], as: "evil:1")
            let pull = try box.ck(["pull", registry.address + "/evil:1"])
            #expect(pull.status == 1 && pull.errors.split(separator: "\n").count == 1, "\(pull)")
            #expect(pull.errors.contains(String(repeating: "a", count: 12)), "\(pull)")
            try expectNothing(box, registry.address)
        }
    }
}
