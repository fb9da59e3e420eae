import CKLinux
import ContainerSystem
import Glibc

/// What a process that waited for its start (`LaunchPlan.Operation.awaitStart`) says to whoever starts it.
public enum StartReport {
    /// Tells the process to start, and waits until its program runs.
    /// - Parameters:
    ///   - socket: connected to the socket `start` of its folder.
    ///   - arguments: the program's, for an error; whoever starts a process has no plan.
    /// - Throws: `ContainerError` with what failed after all.
    public static func start(_ socket: Descriptor, arguments: () -> [String]) throws(ContainerError) {
        try socket.writeAll([UInt8(CK_START_BYTE)], name: "the word to start")
        var message = ck_message()
        var count: Int
        repeat {
            count = withUnsafeMutableBytes(of: &message) { recv(socket.raw, $0.baseAddress, $0.count, 0) }
        } while count < 0 && errno == EINTR
        // The connection ends with the execution.
        guard count == MemoryLayout<ck_message>.size else { return }
        let operation: LaunchPlan.Operation =
            switch ck_opcode(UInt32(message.opcode)) {
            case CK_OP_EXEC: .execute(.init(arguments: arguments(), environment: [], paths: []))
            case CK_OP_HOOK:
                .hook(
                    .init(
                        name: "hooks.startContainer", path: "", arguments: [], environment: [], timeout: 0,
                        state: .init("", "")))
            default: .newSession
            }
        throw LaunchFailure.error(Errno(rawValue: message.value), at: operation, detail: message.explanation)
    }
}
