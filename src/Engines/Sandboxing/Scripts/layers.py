"""Names the layers of isolation and whether each is in force here."""
import os

import cgroups
import syscalls


def layer(name, present, detail):
    return {"name": name, "present": present, "detail": detail}


def own_uid(silo_uid):
    own = os.getuid() != silo_uid
    return layer("own_uid", own, f"runs as uid {os.getuid()}" if own else f"runs as the silo's own uid {os.getuid()}: a uid of its own needs a silo started as root")


def control_groups(groups, processes):
    for kind, detail in (("memory", "as the job says"), ("cpu", "one processor"), ("pids", processes)):
        present = kind in groups.kinds
        yield layer(f"cgroup_{kind}", present, f"version {groups.version}: {detail}" if present else f"{groups.reason}: the limit is that of each process alone")


def of_namespaces(groups, silo_uid):
    abi = max(0, syscalls.landlock_abi())
    return [
        layer("namespaces", True, "user, pid, mount, net, ipc, uts and cgroup namespaces of its own for each execution, inside bubblewrap"),
        own_uid(silo_uid),
        layer("no_new_privs", True, "no program raises rights"), layer("capabilities", True, "all dropped, the bounding set too"),
        layer("seccomp", True, "allow-list of system calls"),
        layer("landlock", abi > 0, f"ABI {abi}" if abi else "this kernel has no Landlock"),
        layer("read_only_root", True, "only programs and libraries, read-only; a work directory of 100 MB and 4096 names"),
        layer("rlimits", True, "memory, processor time, processes, descriptors, file size"),
        *control_groups(groups, f"{cgroups.PIDS} processes and threads"),
    ]
