"""Reads the files that a dead child left in its work directory, through a descriptor that was held all along."""
import os
import re
import stat

import syscalls

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ -]{0,127}\Z")


def files(directory, inputs, most, room):
    """Regular files with one name each, at the top of the directory, by name. Gives them, and whether some were left out for number or size."""
    found, cut = [], False
    for name in sorted(os.listdir(directory)):
        if name in inputs or not NAME.match(name):
            continue
        try:
            descriptor = syscalls.open_beneath(directory, name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1:
                continue
            if len(found) >= most or about.st_size > room:
                cut = True
                continue
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(about.st_size)
            room -= len(content)
            found.append((name, content))
        finally:
            os.close(descriptor)
    return found, cut


def full(directory, names):
    """Whether the work directory has no room left, or fewer names than given."""
    about = os.fstatvfs(directory)
    return about.f_bavail * about.f_frsize < 65536 or about.f_favail < names
