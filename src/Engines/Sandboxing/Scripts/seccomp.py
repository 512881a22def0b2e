"""Compiles the allow-lists of system calls to classic BPF. Numbers are those of x86-64; another architecture, i386 and x32 calls are killed."""
import struct

ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, ENOTSUP = 0x00050000 | 1, 0x00050000 | 38, 0x00050000 | 95
AUDIT_ARCH_X86_64 = 0xC000003E
X32_BIT = 0x40000000

LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
NUMBER, ARCH, ARGUMENTS = 0, 4, 16

CLONE_THREAD = 0x10000
# CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, and CLONE_PTRACE, UNTRACED.
CLONE_FORBIDDEN = 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000 | 0x2000 | 0x800000

BASE = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mprotect": 10, "munmap": 11, "brk": 12,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21, "select": 23,
    "sched_yield": 24, "mremap": 25, "msync": 26, "dup": 32, "dup2": 33, "pause": 34, "nanosleep": 35, "getitimer": 36, "alarm": 37, "setitimer": 38,
    "getpid": 39, "sendfile": 40, "exit": 60, "wait4": 61, "kill": 62, "uname": 63, "fsync": 74, "fdatasync": 75, "truncate": 76, "ftruncate": 77,
    "getdents": 78, "getcwd": 79, "chdir": 80, "fchdir": 81, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86, "unlink": 87, "symlink": 88,
    "readlink": 89, "chmod": 90, "fchmod": 91, "umask": 95, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "times": 100, "getuid": 102, "getgid": 104,
    "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111, "getgroups": 115, "getresuid": 118, "getresgid": 120, "getpgid": 121, "getsid": 124,
    "capget": 125, "rt_sigpending": 127, "rt_sigtimedwait": 128, "rt_sigsuspend": 130, "sigaltstack": 131, "utime": 132,
    "arch_prctl": 158, "gettid": 186, "tkill": 200, "time": 201, "sched_getaffinity": 204, "getdents64": 217, "set_tid_address": 218,
    "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231, "tgkill": 234, "utimes": 235,
    "waitid": 247, "openat": 257, "mkdirat": 258, "futimesat": 261, "newfstatat": 262, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266,
    "readlinkat": 267, "fchmodat": 268, "faccessat": 269, "pselect6": 270, "ppoll": 271, "set_robust_list": 273, "utimensat": 280, "fallocate": 285, "dup3": 292,
    "preadv": 295, "pwritev": 296, "getcpu": 309, "renameat2": 316, "getrandom": 318, "copy_file_range": 326,
    "statx": 332, "rseq": 334, "close_range": 436, "faccessat2": 439,
}

SHELL = {"pipe": 22, "execve": 59, "fork": 57, "vfork": 58, "setpgid": 109, "setsid": 112, "pipe2": 293}

# A call of these is no mistake: the process dies and the audit says so.
FATAL = {
    "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "chroot": 161, "acct": 163, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
    "reboot": 169, "sethostname": 170, "iopl": 172, "ioperm": 173, "create_module": 174, "init_module": 175, "delete_module": 176, "add_key": 248,
    "request_key": 249, "keyctl": 250, "migrate_pages": 256, "unshare": 272, "move_pages": 279, "perf_event_open": 298, "fanotify_init": 300,
    "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
    "kexec_load": 246, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "process_madvise": 440,
    "mount_setattr": 442, "memfd_secret": 447,
}

# Of fcntl no locks, as there is no flock: sandboxes share the files of the system, and with them the locks. For the same reason nothing that tells or changes
# what of a file is in memory (preadv2, fadvise64, mincore), nothing that tells how full the host's disks are (statfs), and no memory that is merged with others' (madvise).
FCNTL = (0, 1, 2, 3, 4, 1030, 1032)
# NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED, FREE, DONTFORK, DOFORK, HUGEPAGE, NOHUGEPAGE, DONTDUMP, DODUMP.
MADVISE = (0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17)
# FIOCLEX, FIONCLEX, FIONREAD, FIONBIO, TCGETS, TIOCGWINSZ: nothing that changes a terminal or a device.
IOCTL = (0x5451, 0x5450, 0x541B, 0x5421, 0x5401, 0x5413)
# WAIT and WAIT_BITSET, which joining a thread does on a futex that is not private; and of private ones also WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP and WAKE_BITSET. No
# priority inheritance, and nothing that wakes or counts who waits in another sandbox on a file of the system.
FUTEX, FUTEX_CLOCK_REALTIME = (0, 9, 128, 129, 131, 132, 133, 137, 138), 0x100
MAP_HUGETLB = 0x40000
PRCTL = (15, 16)  # PR_SET_NAME, PR_GET_NAME


def insn(code, value, if_true=0, if_false=0):
    return struct.pack("<HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


def low(argument):
    return insn(LOAD, ARGUMENTS + 8 * argument)


def high(argument):
    return insn(LOAD, ARGUMENTS + 8 * argument + 4)


def rule(number, body):
    """The body runs for this call only, and ends in a return on every path."""
    return insn(EQUAL, number, 0, len(body)) + b"".join(body)


def one_of(number, argument, values, besides=0):
    # The kernel takes these arguments as 32 bits, so the upper half must not count: comparing all 64 could be passed by.
    body = [low(argument), insn(AND, ~besides)] if besides else [low(argument)]
    for value in values:
        body += [insn(EQUAL, value, 0, 1), insn(RETURN, ALLOW)]
    return rule(number, body + [insn(RETURN, EPERM)])


def compile_filter(shell):
    program = [
        insn(LOAD, ARCH), insn(EQUAL, AUDIT_ARCH_X86_64, 1, 0), insn(RETURN, KILL),
        insn(LOAD, NUMBER), insn(AT_LEAST, X32_BIT, 0, 1), insn(RETURN, KILL),
    ]
    # First what is called most of all that has arguments to look at; the kernel remembers the others.
    program.append(one_of(28, 2, MADVISE))
    program.append(one_of(202, 1, FUTEX, FUTEX_CLOCK_REALTIME))
    # Huge pages come from a store of the host that no memory limit counts.
    program.append(rule(9, [low(3), insn(ANY_BIT, MAP_HUGETLB, 0, 1), insn(RETURN, EPERM), insn(RETURN, ALLOW)]))
    allowed = {**BASE, **(SHELL if shell else {})}
    for number in allowed.values():
        program.append(rule(number, [insn(RETURN, ALLOW)]))
    for number in FATAL.values():
        program.append(rule(number, [insn(RETURN, KILL)]))
    program.append(one_of(72, 1, FCNTL))
    program.append(one_of(16, 1, IOCTL))
    program.append(one_of(157, 0, PRCTL))
    # prlimit64 may read limits, not set them.
    program.append(rule(302, [low(2), insn(EQUAL, 0, 0, 3), high(2), insn(EQUAL, 0, 0, 1), insn(RETURN, ALLOW), insn(RETURN, EPERM)]))
    clone = [low(0), insn(ANY_BIT, CLONE_FORBIDDEN, 0, 1), insn(RETURN, KILL)]
    clone += [insn(RETURN, ALLOW)] if shell else [insn(ANY_BIT, CLONE_THREAD, 0, 1), insn(RETURN, ALLOW), insn(RETURN, EPERM)]
    program.append(rule(56, clone))
    # Its flags lie in memory where no filter can read them; glibc falls back to clone.
    program.append(rule(435, [insn(RETURN, ENOSYS)]))
    # getxattr and listxattr in all forms: ls asks, and complains of any other refusal.
    for number in range(191, 197):
        program.append(rule(number, [insn(RETURN, ENOTSUP)]))
    program.append(insn(RETURN, EPERM))
    return b"".join(program)
