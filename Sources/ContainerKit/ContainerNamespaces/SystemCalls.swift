/// The system calls that an older libseccomp may not know, so that a policy may name them all the same.
enum SystemCalls {
    /// Of a number that is the same on every architecture (include/uapi/asm-generic/unistd.h).
    static let recent: [String: UInt32] = [
        "process_madvise": 440, "epoll_pwait2": 441, "mount_setattr": 442, "quotactl_fd": 443,
        "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446, "memfd_secret": 447,
        "process_mrelease": 448, "futex_waitv": 449, "set_mempolicy_home_node": 450, "cachestat": 451,
        "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454, "futex_wait": 455, "futex_requeue": 456,
        "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "lsm_set_self_attr": 460,
        "lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464, "listxattrat": 465,
        "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468, "file_setattr": 469, "listns": 470,
        "rseq_slice_yield": 471,
    ]

    /// Of one architecture only: a rule for them has an effect when the library knows them.
    private static let particular: Set<String> = [
        "atomic_barrier", "atomic_cmpxchg_32", "getpagesize", "riscv_hwprobe", "uprobe", "uretprobe",
    ]

    static func isKnown(_ name: String) -> Bool { recent[name] != nil || particular.contains(name) }
}
