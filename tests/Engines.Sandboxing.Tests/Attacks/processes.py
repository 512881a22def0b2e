### fork bomb | ends=finished,code_failed
import os
made = 0
for round in range(200):
    try:
        if os.fork() == 0:
            while True:
                pass
        made += 1
    except OSError:
        break
print("ESCAPED" if made else "refused")
### thread bomb | ends=finished
import threading, time
made = 0
try:
    while made < 2000:
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        made += 1
except RuntimeError:
    pass
print("ESCAPED" if made > 40 else "refused", made)
### subprocess | ends=code_failed
import subprocess
print("ESCAPED", subprocess.run(["/usr/bin/id"], capture_output=True).stdout)
### os.system | ends=finished
import os
os.system("echo ESCAPED")
### execve | ends=code_failed
import os
os.execv("/usr/bin/echo", ["echo", "ESCAPED"])
### posix_spawn | ends=code_failed
import os
os.posix_spawn("/usr/bin/echo", ["echo", "ESCAPED"], {})
### multiprocessing | ends=code_failed
import multiprocessing
multiprocessing.get_context("fork").Process(target=print, args=("ESCAPED",)).start()
### vfork by number | ends=finished
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print("ESCAPED" if libc.syscall(57) >= 0 else "refused")
### signal everybody | ends=finished
import os
try:
    os.kill(-1, 9)
except OSError:
    pass
print("alive")
### signal the host | ends=finished
import os
for pid in ({PID}, 2, 3):
    try:
        os.kill(pid, 0)
        print("ESCAPED", pid)
    except OSError:
        pass
### signals to its parent | ends=finished
import os
print("ESCAPED" if os.getppid() != 0 else "first of its namespace", os.getpid())
### endless loop that ignores signals | wall=1 | ends=timed_out | limits=wall_time
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
### sleeps with everything closed | wall=1 | ends=timed_out | limits=wall_time
import os, time
for number in range(64):
    try:
        os.close(number)
    except OSError:
        pass
time.sleep(100)
### signal bomb | wall=1 | ends=timed_out,finished,code_failed
import os, signal
signal.signal(signal.SIGUSR1, lambda *_: None)
while True:
    os.kill(os.getpid(), signal.SIGUSR1)
### regular expression | wall=1 | ends=timed_out | limits=wall_time
import re
re.match(r"(a+)+$", "a" * 40 + "b")
### timer storm | wall=1 | ends=timed_out
import signal, time
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)
while True:
    time.sleep(1)
### processor time | wall=6 | cpu=1 | ends=limit_reached | limits=cpu_time
while True:
    pass
### raises its own limits | ends=finished
import resource
for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE):
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print("ESCAPED", kind)
    except (OSError, ValueError):
        pass
### lowers its niceness | ends=finished
import os
try:
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    print("ESCAPED")
except OSError:
    print("refused")
### other processors | ends=finished
import os
try:
    os.sched_setaffinity(0, range(64))
    print("ESCAPED")
except OSError:
    print("refused")
### real-time scheduling | ends=finished
import os
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    print("ESCAPED")
except OSError:
    print("refused")
### crash | ends=code_failed
import ctypes
ctypes.string_at(0)
### abort | ends=code_failed,timed_out | wall=2
import os
os.abort()
