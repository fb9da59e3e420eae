import OCISpec

/// The system calls that a container may make by default: those of docker's default policy, given the container's
/// capabilities and the kernel.
public enum DefaultSeccompPolicy {
    /// - Parameters:
    ///   - capabilities: the bounding set as a mask; some calls are of use only with a capability, and allowed with it.
    ///   - kernel: before 4.8, ptrace(2) could be used to get around a filter.
    public static func make(capabilities: UInt64, kernel: KernelVersion = .current) -> RuntimeSpec.Seccomp {
        var rules = [allow(words(always))]
        if kernel >= KernelVersion(4, 8) { rules.append(allow(["ptrace", "process_vm_readv", "process_vm_writev"])) }
        rules += sockets + personalities + forArchitecture
        for (capability, names) in byCapability where capabilities & capability.mask != 0 {
            rules.append(allow(words(names)))
        }
        if capabilities & Capability.sysAdmin.mask == 0 { rules += plainClone }
        return RuntimeSpec.Seccomp(
            defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1, architectures: architectures, syscalls: rules)
    }

    private static func allow(
        _ names: [String], _ argument: RuntimeSpec.Seccomp.Argument? = nil
    ) -> RuntimeSpec.Seccomp.Rule {
        .init(names: names, action: "SCMP_ACT_ALLOW", args: argument.map { [$0] })
    }

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    // MARK: Conditions

    /// Every address family that exists but two: AF_ALG (38) and AF_VSOCK (40).
    ///
    /// The filter sees 64 bits of an argument of which the kernel uses 32. So no rule says "more than 40": that would hold
    /// for 38 with a bit set above the 32.
    private static let sockets: [RuntimeSpec.Seccomp.Rule] =
        [allow(["socket"], .init(index: 0, value: 38, op: "SCMP_CMP_LT"))]
        + [39, 41, 42, 43, 44, 45].map { allow(["socket"], .init(index: 0, value: $0, op: "SCMP_CMP_EQ")) }

    /// PER_LINUX, PER_LINUX32, each also with UNAME26, and the question for the present one (personality(2)).
    private static let personalities: [RuntimeSpec.Seccomp.Rule] =
        [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff].map {
            allow(["personality"], .init(index: 0, value: $0, op: "SCMP_CMP_EQ"))
        }

    /// Threads and processes, but no new namespaces. The flags of clone3(2) are in memory, where a filter cannot look: a C
    /// library that is told ENOSYS uses clone(2).
    private static let plainClone: [RuntimeSpec.Seccomp.Rule] = [
        allow(["clone"], .init(index: 0, value: 0x7e02_0000, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ")),
        .init(names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38),
    ]

    // MARK: Architectures

    #if arch(arm64)
    static let architecture = "aarch64"
    private static let architectures = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    private static let forArchitecture = [
        allow([
            "arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint", "cacheflush", "set_tls",
        ])
    ]
    #else
    static let architecture = "x86_64"
    private static let architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    private static let forArchitecture = [allow(["arch_prctl", "modify_ldt"])]
    #endif

    // MARK: Names

    private static let byCapability: [(Capability, String)] = [
        (.dacReadSearch, "open_by_handle_at"),
        (
            .sysAdmin,
            """
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
            lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
            quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
            """
        ),
        (.sysBoot, "reboot"),
        (.sysChroot, "chroot"),
        (.sysModule, "delete_module finit_module init_module"),
        (.sysPacct, "acct"),
        (.sysPtrace, "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"),
        (.sysRawio, "ioperm iopl"),
        (.sysTime, "clock_settime clock_settime64 settimeofday stime"),
        (.sysTtyConfig, "vhangup"),
        (.sysNice, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
        (.syslog, "syslog"),
        (.bpf, "bpf"),
        (.perfmon, "perf_event_open"),
    ]

    private static let always = """
        _llseek _newselect accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown
        chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
        clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
        eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate
        fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr
        flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate
        ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat get_robust_list
        get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32
        getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
        getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday
        getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel
        io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set
        ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link
        linkat listen listmount listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat lstat64 madvise
        map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2
        mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64
        mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall
        munmap name_to_handle_at nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe
        pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64
        process_mrelease pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
        recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat
        renameat2 restart_syscall riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
        rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max
        sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
        sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
        sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile
        sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address setfsgid setfsgid32
        setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid setregid32
        setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32
        setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn
        socketcall socketpair splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync
        sync_file_range syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime
        timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
        timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink unlinkat
        uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev
        """
}
