"""One control group per child where the machine lets us make one: memory, processor and number of processes. Version 1 and 2."""
import errno
import os

PREFIX = "steward-sandbox-"
PIDS = 32


def _write(path, text):
    with open(path, "w") as file:
        file.write(str(text))


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _counter(path, name):
    for line in _read(path).splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == name:
            return int(words[1])
    return 0


class Groups:
    """The place below which the groups of children are made. `kinds` maps memory, cpu and pids to the folder of this supervisor; it is empty where there are none."""

    def __init__(self, processes=PIDS):
        self.kinds, self.version, self.reason, self._stale, self._processes = {}, 0, "switched off", [], processes

    def prepare(self, uid, gid):
        """Makes the folders, still with the rights this process began with, and hands them to the ids that it will run under."""
        self.reason = "no writable cgroup controllers"
        mounts = [line.split() for line in _read("/proc/self/mounts").splitlines()]
        for words in mounts:
            if words[2] == "cgroup":
                for kind in {"memory", "cpu", "pids"} & set(words[3].split(",")):
                    self._take_v1(kind, words[1], uid, gid)
        unified = next((words[1] for words in mounts if words[2] == "cgroup2"), None)
        if not self.kinds and unified and "memory" in _read(f"{unified}/cgroup.controllers").split():
            self._take_v2(unified, uid, gid)
        if self.kinds:
            self.version = self.version or 1

    def _take_v1(self, kind, root, uid, gid):
        _sweep(root)
        path = f"{root}/{PREFIX}{os.getpid()}"
        try:
            os.makedirs(path, exist_ok=True)
            os.chown(path, uid, gid)
            self.kinds[kind] = path
        except OSError as error:
            self.reason = f"{root}: {error.strerror}"

    def _take_v2(self, root, uid, gid):
        own = next((line[3:] for line in _read("/proc/self/cgroup").splitlines() if line.startswith("0::")), "/").rstrip("/")
        path = f"{root}{own}/{PREFIX}{os.getpid()}"
        _sweep(f"{root}{own}")
        try:
            # A group with members cannot hand controllers down (EBUSY): the service manager has to give the silo a group with an inner leaf.
            os.makedirs(f"{path}/supervisor", exist_ok=True)
            _write(f"{root}{own}/cgroup.subtree_control", "+memory +cpu +pids")
            _write(f"{path}/cgroup.subtree_control", "+memory +cpu +pids")
            _write(f"{path}/supervisor/cgroup.procs", os.getpid())
            for name in ("", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads", "/supervisor", "/supervisor/cgroup.procs"):
                os.chown(path + name, uid, gid)
            self.version, self.kinds = 2, {"memory": path, "cpu": path, "pids": path}
        except OSError as error:
            self.reason = f"{path}: {error.strerror}"

    def add(self, name, pid):
        """A group for one child, which is put into it. What cannot be made is left out."""
        group = Group(self)
        for kind, base in self.kinds.items():
            path = f"{base}/{name}"
            try:
                os.makedirs(path, exist_ok=True)
                _write(f"{path}/cgroup.procs", pid)
                group.paths[kind] = path
            except OSError:
                self._remove(path)
        try:
            if "pids" in group.paths:
                _write(f"{group.paths['pids']}/pids.max", self._processes)
            if "cpu" in group.paths:
                if self.version == 2:
                    _write(f"{group.paths['cpu']}/cpu.max", "100000 100000")
                else:
                    _write(f"{group.paths['cpu']}/cpu.cfs_period_us", 100000)
                    _write(f"{group.paths['cpu']}/cpu.cfs_quota_us", 100000)
        except OSError:
            # It is empty when its child has ended, which is what becomes of a child without a group.
            group.remove()
            raise
        return group

    def _remove(self, path):
        try:
            os.rmdir(path)
        except OSError as error:
            if error.errno == errno.EBUSY:
                self._stale.append(path)

    def sweep(self):
        stale, self._stale = self._stale, []
        for path in stale:
            self._remove(path)


class Group:
    def __init__(self, groups):
        self.paths, self._groups = {}, groups

    def limit_memory(self, count):
        path = self.paths.get("memory")
        if path is None:
            return
        if self._groups.version == 2:
            for name, value in (("memory.max", count), ("memory.swap.max", 0), ("memory.oom.group", 1)):
                if name == "memory.max" or os.path.exists(f"{path}/{name}"):
                    _write(f"{path}/{name}", value)
        else:
            _write(f"{path}/memory.limit_in_bytes", count)
            if os.path.exists(f"{path}/memory.memsw.limit_in_bytes"):
                _write(f"{path}/memory.memsw.limit_in_bytes", count)

    def out_of_memory(self):
        path = self.paths.get("memory")
        name = "memory.events" if self._groups.version == 2 else "memory.oom_control"
        return path is not None and _counter(f"{path}/{name}", "oom_kill") > 0

    def out_of_processes(self):
        path = self.paths.get("pids")
        return path is not None and _counter(f"{path}/pids.events", "max") > 0

    def remove(self):
        for path in set(self.paths.values()):
            self._groups._remove(path)
        self.paths = {}


def _sweep(root):
    """Groups of supervisors that are gone; a group with members is kept by the kernel."""
    try:
        names = [name for name in os.listdir(root) if name.startswith(PREFIX) and name[len(PREFIX):].isdigit()]
    except OSError:
        return
    for name in names:
        if os.path.exists(f"/proc/{name[len(PREFIX):]}"):
            continue
        for folder, _, _ in os.walk(f"{root}/{name}", topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass
