import ContainerSystem
import Glibc
import Testing

/// What surrounds the process: root, names, masked paths, kernel settings (config.md, config-linux.md).
@Suite struct OCIRootTests {
    @Test func rootAndNames() throws {
        try Bundles.with { oci in
            let seen = try oci.look([
                "root": "touch /new",
                "options": "awk '$5 == \"/\" { print $6 }' /proc/self/mountinfo",
                "dev": "touch /dev/new && echo yes", "host": "hostname; cat /proc/sys/kernel/domainname",
            ]) {
                // A relative path counts from the bundle.
                $0.root = ["path": "../rootfs", "readonly": true]
                $0.hostname = "a-name"
                $0.domainname = "a.domain"
            }
            #expect(seen["root"]?.contains("Read-only file system") == true && seen["options"]?.contains("ro") == true)
            #expect(seen["dev"] == "yes" && seen["host"] == "a-name\na.domain")
            #expect(access(oci.rootfs + "/new", F_OK) != 0)
            let other = try oci.look(["root": "touch /new2 && echo yes", "host": "cat /proc/sys/kernel/hostname"]) {
                $0.hostname = nil
            }
            #expect(other["root"] == "yes" && access(oci.rootfs + "/new2", F_OK) == 0)
            #expect(other["host"] == (try oci.box.inside(["hostname"]).output.trimmed))
        }
    }

    @Test func propagationOfTheRoot() throws {
        try Bundles.with { oci in
            let shared = oci.box.folder + "/peer"
            let made = try oci.box.inside([
                "sh", "-c", "mkdir \(shared) && mount --bind \(oci.rootfs) \(shared) && mount --make-shared \(shared)",
            ])
            try #require(made.status == 0, "\(made)")
            let kinds: [(JSON, String)] = [
                (nil, ""), ("slave", ""), ("rslave", ""), ("private", ""), ("rprivate", ""), ("shared", "shared:"),
                ("rshared", "shared:"), ("unbindable", "unbindable"), ("runbindable", "unbindable"),
            ]
            for (kind, begin) in kinds {
                let text = try oci.shell("cat /proc/self/mountinfo") {
                    $0.root.path = .string(shared)
                    $0.linux.rootfsPropagation = kind
                }.output
                let found = MountLine.all(text)["/"]?.propagation ?? ["?"]
                #expect(begin.isEmpty ? found == [] : found.first?.hasPrefix(begin) == true, "\(kind): \(found)")
            }
            #expect(oci.box.mounts.filter { $0.contains(shared) }.count == 1)
            _ = try oci.box.inside(["umount", shared])
            try oci.refuse("linux.rootfsPropagation") { $0.linux.rootfsPropagation = "sideways" }
        }
    }

    @Test func pathsThatAreHiddenOrReadOnly() throws {
        try Bundles.with { oci in
            try Files.makeDirectory(oci.rootfs + "/secrets")
            try Files.replace(oci.rootfs + "/secrets/one", with: "secret\n".utf8)
            try Files.replace(oci.rootfs + "/secret", with: "secret\n".utf8)
            try Files.replace(oci.rootfs + "/fixed", with: "fixed\n".utf8)
            try Files.makeDirectory(oci.rootfs + "/frozen/below")
            let seen = try oci.look([
                "file": "cat /secret; echo over >/secret; stat -c '%F' /secret",
                "folder": "ls -a /secrets; touch /secrets/new",
                "fixed": "cat /fixed; echo over >/fixed", "frozen": "touch /frozen/below/new",
                "free": "touch /etc/new && echo yes",
                "kernel": "wc -c </proc/cpuinfo; echo 1 >/proc/sys/kernel/hostname",
            ]) {
                $0.linux.maskedPaths = ["/secret", "/secrets", "/not/there", "/proc/cpuinfo"]
                $0.linux.readonlyPaths = ["/fixed", "/frozen", "/not/there", "/proc/sys"]
            }
            #expect(seen["file"] == "character special file")
            #expect(seen["folder"]?.hasPrefix(".\n..\n") == true && seen["folder"]?.contains("Read-only") == true)
            #expect(seen["fixed"]?.hasPrefix("fixed\n") == true && seen["fixed"]?.contains("Read-only") == true)
            #expect(seen["frozen"]?.contains("Read-only") == true && seen["free"] == "yes")
            #expect(seen["kernel"]?.hasPrefix("0") == true && seen["kernel"]?.contains("Read-only") == true, "\(seen)")
            #expect(try Files.readText(oci.rootfs + "/secret", limit: 64) == "secret\n")
        }
    }

    @Test func kernelSettingsAndPersonality() throws {
        try Bundles.with { oci in
            let seen = try oci.look([
                "settings":
                    "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/ipv4/conf/lo/forwarding",
                "machine": "uname -m", "own": "cat /proc/1/personality; cat /proc/sys/kernel/shm_rmid_forced",
            ]) {
                $0.linux.sysctl = [
                    "net.ipv4.ip_forward": "1", "kernel.msgmax": "4711", "net/ipv4/conf/lo/forwarding": "0",
                    "kernel.shm_rmid_forced": "1",
                ]
                $0.linux.personality = ["domain": "LINUX32"]
            }
            #expect(
                seen["settings"] == "1\n4711\n0" && seen["machine"] == "i686" && seen["own"] == "00000008\n1", "\(seen)"
            )
            let plain = try oci.look(["machine": "uname -m"]) { $0.linux.personality = ["domain": "LINUX"] }
            #expect(plain["machine"] == "x86_64")
            try oci.refuse("linux.sysctl", "vm.swappiness") { $0.linux.sysctl = ["vm.swappiness": "1"] }
            try oci.refuse("net.no.such.setting") { $0.linux.sysctl = ["net.no.such.setting": "1"] }
            try oci.refuse("linux.personality.domain") { $0.linux.personality = ["domain": "LINUX64"] }
        }
    }

    @Test func cacheAllocationIsRefused() throws {
        try Bundles.with { oci in
            try oci.refuse("linux.intelRdt") { $0.linux.intelRdt = ["closID": "group", "l3CacheSchema": "L3:0=f"] }
        }
    }
}
