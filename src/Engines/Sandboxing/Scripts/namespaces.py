"""The kind of sandbox that is a clone into fresh namespaces, inside bubblewrap."""
import cgroups
import child
import layers as _layers
import zygotes

PIDS = cgroups.PIDS
ROTATES = True
# How many are made at once.
SPAWNING = 16
Zygote = zygotes.Zygote
Child = child.Child
layers = _layers.of_namespaces
