import ContainerDatabase
import ContainerSystem
import Dispatch
import Glibc
import Synchronization

/// A folder that goes with the test.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/ck-database-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
    let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    defer { try? Files.removeTree(folder) }
    return try body(folder)
}

/// The code that a call fails with; nil when it does not.
func code(_ body: () throws -> Void) -> ContainerError.Code? {
    do { try body() } catch { return (error as? ContainerError)?.code ?? .systemFailure }
    return nil
}

/// Calls a function on as many threads at once; what each of them returned or failed with.
func atOnce<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws(ContainerError) -> Value
) -> [Result<Value, ContainerError>] {
    let results = Mutex([Int: Result<Value, ContainerError>]())
    let threads = DispatchGroup()
    // Threads of their own: a pool might have fewer than are to wait for each other.
    let isReady = Mutex(0)
    for index in 0..<count {
        threads.enter()
        startThread {
            isReady.withLock { $0 += 1 }
            while isReady.withLock({ $0 < count }) { sched_yield() }
            let result: Result<Value, ContainerError>
            do throws(ContainerError) { result = .success(try body(index)) } catch { result = .failure(error) }
            results.withLock { $0[index] = result }
            threads.leave()
        }
    }
    threads.wait()
    return results.withLock { results in (0..<count).compactMap { results[$0] } }
}

private final class ThreadBody {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func startThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    let failure = pthread_create(
        &thread, nil,
        { context in
            Unmanaged<ThreadBody>.fromOpaque(context!).takeRetainedValue().body()
            return nil
        }, context)
    precondition(failure == 0, "no thread can be made")
    pthread_detach(thread)
}

extension ContainerRecord {
    static func made(_ id: String, _ name: String, created: Double = 1, started: Double? = nil) -> ContainerRecord {
        ContainerRecord(
            id: id, name: name, image: "i", configuration: [1, 2, 3], created: created, started: started,
            owner: .current)
    }
}

extension ImageRecord {
    static func made(_ id: String, layers: [String] = [], blobs: [String] = []) -> ImageRecord {
        ImageRecord(id: id, manifest: "m" + id, config: [9], layers: layers, size: 1, added: 2, blobs: blobs)
    }
}

extension NetworkRecord {
    static func made(_ name: String, link: String = "b", subnets: [Subnet] = [Subnet("s", gateway: nil)])
        -> NetworkRecord
    {
        var network = NetworkRecord(id: "id-" + name, name: name, driver: "bridge", link: link, created: 1.5)
        network.subnets = subnets
        return network
    }
}

extension AddressChoice {
    /// Numbers below `count`, one after the other and round.
    static func counting(_ count: Int, stale: [String] = []) -> AddressChoice {
        AddressChoice(isStale: { stale.contains($0) }) { _, _, last, isTaken in
            let start = last.flatMap { Int($0) } ?? -1
            for step in 1...count {
                let address = "\((start + step) % count)"
                if try !isTaken(address) { return address }
            }
            throw ContainerError(.exhausted, "no address is left")
        }
    }
}
