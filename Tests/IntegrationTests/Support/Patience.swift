import Glibc

/// How much longer things may take than they should: a machine without KVM does everything at a tenth of the speed
/// (`Scripts/test-vm`).
enum Patience {
    static let factor = getenv("CK_TEST_VM") == nil ? 1 : 6
}
