"""What one `runsc` is given: an OCI bundle with the system's programs and libraries, read-only, and one writable directory."""
import json
import os

READ = ["bind", "ro", "nosuid", "nodev"]
PLACES = ("/usr/bin", "/usr/lib", "/usr/share", "/usr/lib64", "/etc/alternatives", "/etc/fonts")
FILES = ("/etc/ld.so.cache", "/etc/matplotlibrc")
# The job's own, of memory and processor time, are set when it has come.
LIMITS = {"CORE": 0, "NOFILE": 256, "FSIZE": 100 << 20, "NPROC": 33, "STACK": 8 << 20, "MEMLOCK": 0, "MSGQUEUE": 0, "RTPRIO": 0, "SIGPENDING": 256}
ENVIRONMENT = ("PATH=/usr/bin", "HOME=/job", "LANG=C.UTF-8", "MPLBACKEND=Agg", "MPLCONFIGDIR=/job/.mpl", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "TMPDIR=/job")


def write(place, job, scripts, words):
    """Writes root and configuration below a place. `job` is the writable directory."""
    root = f"{place}/root"
    for folder in ("usr", "etc", "proc", "sys", "dev", "tmp", "job", "sbx"):
        os.makedirs(f"{root}/{folder}")
    for name in ("bin", "lib", "lib64"):
        os.symlink(f"usr/{name}", f"{root}/{name}")
    for name, content in scripts.items():
        with open(f"{root}/sbx/{name}", "wb") as file:
            file.write(content)
    mounts = [{"destination": "/proc", "type": "proc", "source": "proc"}]
    for path in PLACES:
        if os.path.isdir(path):
            os.makedirs(root + path, exist_ok=True)
            mounts.append({"destination": path, "type": "bind", "source": os.path.realpath(path), "options": READ})
    for path in FILES:
        if os.path.isfile(path):
            with open(path, "rb") as source, open(root + path, "wb") as copy:
                copy.write(source.read())
    mounts += [
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["ro", "nosuid", "nodev", "noexec", "size=4096"]},
        {"destination": "/job", "type": "bind", "source": job, "options": ["bind", "rw", "nosuid", "nodev", "noexec"]},
    ]
    # To cover what no job needs and to enter a user namespace; given up before the job is read.
    rights = ["CAP_SYS_ADMIN", "CAP_SETPCAP", "CAP_CHOWN", "CAP_FOWNER"]
    configuration = {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False, "user": {"uid": 0, "gid": 0}, "args": words, "env": list(ENVIRONMENT), "cwd": "/job", "noNewPrivileges": True,
            "rlimits": [{"type": f"RLIMIT_{name}", "soft": value, "hard": value} for name, value in LIMITS.items()],
            "capabilities": {kind: rights for kind in ("bounding", "effective", "inheritable", "permitted")},
        },
        "root": {"path": "root", "readonly": True},
        "hostname": "sandbox",
        "mounts": mounts,
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")]},
    }
    with open(f"{place}/config.json", "w") as file:
        json.dump(configuration, file)


def command(runsc, platform, place):
    words = [runsc, "--rootless", "--network=none", "--ignore-cgroups", "--host-uds=none", "--overlay2=none", "--net-raw=false", "--log=/dev/null", f"--root={place}/state"]
    return words + ([f"--platform={platform}"] if platform else []) + ["run", f"--bundle={place}", "one"]
