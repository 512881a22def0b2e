"""Runs inside the outer bubblewrap with a profile's modules imported, and clones one locked-down child for each execution. It never sees a job."""
import gc
import json
import os
import signal
import socket
import sys

sys.path.insert(0, "/sbx")
import births
import lockdown
import preload
import runner
import syscalls
import validator


# Until the supervisor lowers them to those of the job.
HEADROOM = 4 << 30
# One more than the cgroup allows, so that its counter tells; without a cgroup this is the limit.
PROCESSES = 33


def status_bytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith(name + ":"))


def child(profile, output, channel, program, limits):
    """Never returns."""
    code = 70
    try:
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        connection = lockdown.enter(output, channel, program, *limits)
        code = runner.serve(profile, connection)
    except BaseException as error:  # The supervisor shows it; nothing may unwind into the zygote's loop.
        try:
            os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode())
        except OSError:
            pass
    finally:
        os._exit(code)


def main():
    profile = sys.argv[1]
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("800")
    except OSError:
        pass
    with open("/sbx/filter", "rb") as file:
        program = file.read()
    control = socket.socket(fileno=int(sys.argv[2]))
    control.set_inheritable(False)
    versions = preload.warm_up(profile)
    data, size = status_bytes("VmData"), status_bytes("VmSize")
    limits = (data + HEADROOM, size + HEADROOM, PROCESSES)
    gc.collect()
    gc.freeze()
    control.send(b"R" + json.dumps({"data": data, "size": size, "versions": versions, "landlock": max(0, syscalls.landlock_abi())}).encode())
    births.serve(control, lambda output, channel: child(profile, output, channel, program, limits))


main()
