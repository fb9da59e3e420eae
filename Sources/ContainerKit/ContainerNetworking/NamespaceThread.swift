import CKLinux
import ContainerSystem
import Glibc

/// Work in another network namespace. It is entered by a thread made for it, which ends with the work: a thread that
/// other work shares must never change its namespace (setns(2)).
public enum NamespaceThread {
    /// Calls the body on a thread of its own in a network namespace, and returns when it has ended.
    /// - Parameter namespace: an open `/proc/PID/ns/net`, or a pidfd (Linux 5.8).
    /// - Throws: `ContainerError`: what the body throws; `permissionDenied` when the namespace may not be entered,
    ///   `notFound` when its process has ended.
    public static func run<Value: Sendable>(
        in namespace: Descriptor, _ body: @escaping @Sendable () throws(ContainerError) -> Value
    ) throws(ContainerError) -> Value {
        let raw = namespace.raw
        return try Threads.start(isBusy: false) { () throws(ContainerError) in
            try system("enter the network namespace of the container") { setns(raw, CK_CLONE_NEWNET) }
            return try body()
        }.value()
    }
}
