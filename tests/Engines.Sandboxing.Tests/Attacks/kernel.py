import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    result = libc.syscall(*[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    print('ESCAPED' if result >= 0 else 'refused')
### ptrace | ends=limit_reached | limits=system_call
call(101, 0, 0, 0, 0)
### process_vm_readv | ends=limit_reached | limits=system_call
call(310, 1, 0, 0, 0, 0, 0)
### mount | ends=limit_reached | limits=system_call
call(165, b'tmpfs', b'/job', b'tmpfs', 0, 0)
### umount | ends=limit_reached | limits=system_call
call(166, b'/proc', 2)
### pivot_root | ends=limit_reached | limits=system_call
call(155, b'/job', b'/job')
### chroot | ends=limit_reached | limits=system_call
call(161, b'/job')
### unshare a user namespace | ends=limit_reached | limits=system_call
call(272, 0x10000000)
### unshare a mount namespace | ends=limit_reached | limits=system_call
call(272, 0x20000)
### setns | ends=limit_reached | limits=system_call
call(308, 3, 0)
### bpf | ends=limit_reached | limits=system_call
call(321, 0, 0, 0)
### keyctl | ends=limit_reached | limits=system_call
call(250, 0, 0, 0)
### add_key | ends=limit_reached | limits=system_call
call(248, b'user', b'k', b'v', 1, -3)
### userfaultfd | ends=limit_reached | limits=system_call
call(323, 0)
### io_uring | ends=limit_reached | limits=system_call
call(425, 8, 0)
### perf_event_open | ends=limit_reached | limits=system_call
call(298, 0, 0, 0, 0, 0)
### init_module | ends=limit_reached | limits=system_call
call(175, 0, 0, b'')
### kexec | ends=limit_reached | limits=system_call
call(246, 0, 0, 0, 0)
### open_tree | ends=limit_reached | limits=system_call
call(428, -100, b'/', 1)
### fsopen | ends=limit_reached | limits=system_call
call(430, b'tmpfs', 0)
### move_mount | ends=limit_reached | limits=system_call
call(429, -100, b'/', -100, b'/job', 0)
### personality | ends=limit_reached | limits=system_call
call(135, 0x40000)
### kcmp | ends=limit_reached | limits=system_call
call(312, 1, 1, 0, 0, 0)
### pidfd_getfd | ends=limit_reached | limits=system_call
call(438, 3, 0, 0)
### reboot | ends=limit_reached | limits=system_call
call(169, 0xfee1dead, 672274793, 0, 0)
### swapon | ends=limit_reached | limits=system_call
call(167, b'x', 0)
### sethostname | ends=limit_reached | limits=system_call
call(170, b'x', 1)
### clone into a user namespace | ends=limit_reached | limits=system_call
call(56, 0x10000000 | 17, 0, 0, 0, 0)
### memfd_secret | ends=limit_reached | limits=system_call
call(447, 0)
### clone3 | ends=finished
call(435, ctypes.create_string_buffer(88), 88)
### seccomp | ends=finished
call(317, 1, 0, 0)
### landlock | ends=finished
call(444, 0, 0, 1)
### pidfd_open | ends=finished
call(434, 1, 0)
### setuid | ends=finished
call(105, 0)
### setgroups | ends=finished
call(116, 0, 0)
### capset | ends=finished
call(126, ctypes.create_string_buffer(bytes.fromhex('2205082000000000')), ctypes.create_string_buffer(b'\xff' * 24))
### terminal input | ends=finished
call(16, 0, 0x5412, b'x')
### terminal input with an upper half | ends=finished
call(16, 0, 0x100005412, b'x')
### prctl dumpable | ends=finished
call(157, 4, 1)
### prlimit of another | ends=finished
call(302, 1, 7, ctypes.create_string_buffer(16), 0)
### inotify | ends=finished
call(294, 0)
### timerfd | ends=finished
call(283, 0, 0)
### epoll | ends=finished
call(291, 0)
### vmsplice | ends=finished
call(278, 1, 0, 0, 0)
### mincore | ends=finished
call(27, 0, 4096, 0)
### clock_settime | ends=finished
call(227, 0, ctypes.create_string_buffer(16))
### semaphores | ends=finished
call(64, 0, 1, 0o1600)
### message queue | ends=finished
call(68, 0, 0o1600)
### quotactl | ends=finished
call(179, 0, 0, 0, 0)
### process priority | ends=finished
call(141, 0, 0, -20)
### dmesg by bits of another size | ends=limit_reached,finished,code_failed
call(1073741927, 3, 0, 0)
### openat2 | ends=finished
call(437, -100, b'/etc', 0, 24)
### setxattr | ends=finished
call(188, b'/job', b'user.x', b'y', 1, 0)
### fcntl grows a pipe | ends=finished
call(72, 1, 1031, 1 << 20)
### sync | ends=finished
call(306, 3)
### call of 32 bits by interrupt | ends=limit_reached | limits=system_call | gvisor=no
import mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')  # mov eax, 20 (getpid of i386); int 0x80; ret
print('ESCAPED', ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
### segments of its own | ends=finished
call(154, 1, ctypes.create_string_buffer(16), 16)
### clone into a time namespace | ends=limit_reached | limits=system_call
call(56, 0x80 | 17, 0, 0, 0, 0)
### lock on a shared file | ends=finished
call(73, open('/usr/bin/true').fileno(), 2 | 4)
### lock on a part of a shared file | ends=finished
for command in (6, 37):
    call(72, open('/usr/bin/true').fileno(), command, ctypes.create_string_buffer(32))
### asks for the locks of others | ends=finished
call(72, open('/usr/bin/true').fileno(), 5, ctypes.create_string_buffer(bytes([1]) + bytes(31)))
### lease on a shared file | ends=finished
call(72, open('/usr/bin/true').fileno(), 1024, 0)
### what others have read | ends=finished
page = ctypes.create_string_buffer(4096)
call(327, open('/usr/bin/true').fileno(), (ctypes.c_uint64 * 2)(ctypes.addressof(page), 4096), 1, 0, 0, 8)
### makes others read again | ends=finished
call(221, open('/usr/bin/true').fileno(), 0, 0, 4)
### room on the host's disk | ends=finished
call(137, b'/usr', ctypes.create_string_buffer(256))
call(138, open('/usr/bin/true').fileno(), ctypes.create_string_buffer(256))
### memory merged with others' | ends=finished
import mmap
own = mmap.mmap(-1, 1 << 16, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
call(28, ctypes.addressof(ctypes.c_char.from_buffer(own)), 1 << 16, 12)
### interrupts on other processors | ends=finished
call(324, 1, 0, 0)
### wakes who waits on a shared file | ends=finished
libc.mmap.restype = ctypes.c_void_p
address = libc.mmap(None, ctypes.c_size_t(4096), 1, 1, open('/usr/bin/true').fileno(), ctypes.c_long(0))
for operation in (1, 3, 4, 5, 10):
    call(202, ctypes.c_void_p(address), operation, 1, 0, ctypes.c_void_p(address), 0)
### lends its priority | ends=finished
for operation in (6, 7, 8, 11, 12, 13, 134, 139, 140):
    call(202, ctypes.create_string_buffer(8), operation, 0, 0, 0, 0)
### huge pages of the host | ends=finished
libc.mmap.restype = ctypes.c_void_p
libc.mmap(None, ctypes.c_size_t(2 << 20), 3, 0x40022, -1, ctypes.c_long(0))
print('refused' if ctypes.get_errno() == 1 else 'ESCAPED')
