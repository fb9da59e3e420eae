import CKLinux
import ContainerSystem

/// A launch plan on its way to the shim: a file in memory that nobody changes once it is written.
struct LaunchPlanFile {
    let descriptor: Descriptor

    init() throws(ContainerError) {
        descriptor = Descriptor(owning: try system("make the launch plan's file") { ck_memfd("ck-plan") })
    }

    /// Once.
    func write(_ plan: LaunchPlan) throws(ContainerError) {
        let bytes = plan.encoded()
        try system("write the launch plan") { ck_write_and_seal(descriptor.raw, bytes, bytes.count) }
    }
}
