import ContainerSystem
import Glibc
import Testing

/// Files of the kernel that speak of the host or change it. Row 18 of the threats.
@Suite struct OCIThreatKernelFileTests {
    private static let masked = [
        "/proc/acpi/wakeup", "/proc/asound/cards", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi/scsi", "/sys/firmware/memmap", "/sys/firmware/dmi",
        "/sys/firmware/acpi",
    ]
    /// docker masks these besides.
    private static let maskedByEngine = ["/proc/interrupts", "/sys/devices/virtual/powercap/intel-rapl"]
    private static let readOnly = [
        "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/panic_on_oom",
        "/proc/sys/kernel/hostname", "/proc/sys/fs/binfmt_misc/register", "/proc/sysrq-trigger",
        "/proc/irq/default_smp_affinity", "/proc/bus/pci/devices", "/proc/fs/ext4", "/sys/kernel/uevent_helper",
        "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/power/state", "/sys/class/thermal/thermal_zone0/mode",
        "/sys/module/kernel/parameters/panic", "/sys/fs/cgroup/cgroup.procs",
    ]

    private func check(_ result: CommandResult, masked: [String]) {
        let lines = result.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.count == masked.count + Self.readOnly.count && result.status == 0, "\(result)")
        for line in lines {
            let (path, rights) = (String(line[0]), line.count > 1 ? String(line[1]) : "")
            if masked.contains(path) {
                // Writing into the null device that stands there does nothing.
                #expect(!rights.contains("r"), "\(path) can be read")
            } else {
                #expect(!rights.contains("w"), "\(path) can be written")
            }
        }
    }

    @Test func row18WhatTheDefaultSpecificationCloses() throws {
        try Sandbox.with(image: false) { box in
            let bundle = try Bundle(box)
            let made = try bundle.oci(["spec", "--bundle", bundle.path])
            try #require(made.status == 0, "\(made)")
            let file = bundle.path + "/config.json"
            let words = ["attacker", "open"] + Self.masked + Self.readOnly
            let text = try Files.readText(file)
                .replacing("\"terminal\": true", with: "\"terminal\": false")
                .replacing("\"sh\"", with: words.map { "\"\($0)\"" }.joined(separator: ","))
            try Files.replace(file, with: Array(text.utf8))
            check(try bundle.oci(["run", "--bundle", bundle.path, "one"]), masked: Self.masked)
            try Files.replace(
                file,
                with: Array(
                    text.replacing(words.map { "\"\($0)\"" }.joined(separator: ","), with: "\"sleep\",\"600\"").utf8))
            try #require(try bundle.oci(["run", "--detach", "--bundle", bundle.path, "long"]).status == 0)
            check(try bundle.oci(["exec", "long"] + words), masked: Self.masked)
        }
    }

    @Test func row18WhatTheEngineCloses() throws {
        try Sandbox.with { box in
            let pattern = try Files.readText("/proc/sys/kernel/core_pattern")
            try Files.makeDirectory(box.folder + "/tool")
            try Files.replace(box.folder + "/tool/attacker", with: Attacker.program(), mode: 0o755)
            let tool = ["-v", "\(box.folder)/tool:/tool"]
            let masked = Self.masked + Self.maskedByEngine
            let words = ["/tool/attacker", "open"] + masked + Self.readOnly
            check(try box.ck(["run", "--rm"] + tool + ["bb"] + words), masked: masked)
            try #require(try box.ck(["run", "-d", "--name", "long"] + tool + ["bb", "sleep", "600"]).status == 0)
            check(try box.ck(["exec", "long"] + words), masked: masked)
            // Nothing of it can be taken off again.
            let script = """
                for p in /proc/kcore /proc/keys /proc/sys /proc/sysrq-trigger /sys /sys/firmware; do
                umount $p 2>/dev/null && echo UNMOUNTED $p; mount -o remount,bind,rw $p 2>/dev/null && echo REMOUNTED $p; done
                mkdir /tmp/p; mount -t proc proc /tmp/p 2>/dev/null && echo MOUNTED; echo done
                """
            #expect(try box.shell(script).output == "done\n")
            #expect(try Files.readText("/proc/sys/kernel/core_pattern") == pattern)
        }
    }
}
