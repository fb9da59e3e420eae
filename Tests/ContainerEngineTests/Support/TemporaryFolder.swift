import ContainerSystem
import Glibc

/// A folder of the host that goes with the test.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/ck-engine-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
    let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    defer { try? Files.removeTree(folder) }
    return try body(folder)
}

func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array("/tmp/ck-engine-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ContainerError(.current, "make a temporary folder") }
    let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    defer { try? Files.removeTree(folder) }
    return try await body(folder)
}

/// The code that a call fails with; nil when it does not.
func code(_ body: () throws -> Void) -> ContainerError.Code? {
    do { try body() } catch { return (error as? ContainerError)?.code ?? .systemFailure }
    return nil
}
