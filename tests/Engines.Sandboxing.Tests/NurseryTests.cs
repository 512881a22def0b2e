using System.Diagnostics;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>What the supervisor makes of children that die before they are ready, told by its own script with children that the test makes.</summary>
public sealed class NurseryTests
{
    private const string Beginning =
        """
        import os, socket, sys, types
        sys.modules["zygotes"] = types.ModuleType("zygotes")
        import nursery
        nursery.SOURCES = {}

        class Zygote:
            program = "none"
            def __init__(self, profile, sources, options):
                self.profile, self.ready, self.alive, self.retired, self.spawned, self.born, self.children = profile, None, True, False, 0, 0, {}
                self.control, self.theirs = socket.socketpair()
            def spawn(self, child):
                self.children[child.name] = child
            def stop(self):
                self.alive = False

        class Child:
            def __init__(self, name, zygote, tell):
                self.name, self.zygote, self.state, self.job, self.group, self.pidfd = name, zygote, "born", None, None, None
                self.ready = self.exited = self.is_warm = False
                self.status, self.setup_error, self.open = None, b"", {"output", "channel"}
                (self.output, self.a), (self.channel, self.b) = os.pipe(), os.pipe()
            def drain(self):
                pass
            def close(self):
                self.state = "dead"
                self.zygote.children.pop(self.name, None)
            def kill(self):
                self.killed = True

        class Kind:
            SPAWNING, ROTATES = 1, False
        Kind.Zygote, Kind.Child = Zygote, Child

        told = []
        class Home(nursery.Nursery):
            def tell(self, head, payload=b""):
                told.append(head["t"])
            def hand_out(self, profile):
                pass

        home = Home({"rotateAfter": 1000, "rotateSeconds": 1e9}, Kind)
        home.warm["python"], home.waiting["python"], home.wanted["python"] = nursery.deque(), nursery.deque(), 1
        zygote = home.start_zygote("python")
        zygote.ready = {"data": 0}
        home.refill("python")

        def newborn(zygote=zygote):
            return next(one for one in zygote.children.values() if one.state == "born")

        def dies(one):
            one.exited, one.status = True, 9
            home.settle(one)
        """;

    private const string Stillborn =
        """
        dies(newborn())
        assert "failed" not in told and not home.failures, "the first may be chance"
        one = newborn()
        one.ready = one.is_warm = True
        home.promote(one)
        dies(one)
        dies(newborn())
        assert not home.failures, "one that was ready lies between"
        runs = newborn()
        home.refills.clear()
        runs.job, runs.state = {"id": "e1"}, "running"
        home.refill("python")
        dies(newborn())
        assert told.count("failed") == 1 and home.failures["python"] and "python" not in home.zygotes, "the second in a row"
        home.rotate()
        assert zygote.alive, "what runs goes on"
        dies(runs)
        home.rotate()
        assert not zygote.alive and not home.retired, "the zygote goes with the last of its children"
        assert home.retries["python"] > nursery.time.monotonic() and "python" not in home.zygotes
        home.retries["python"] = 0
        home.rotate()
        assert home.zygotes["python"].alive and not home.retries, "it is tried again later"
        """;

    private const string Late =
        """
        late = newborn()
        home.retired.append(zygote)
        zygote.retired = True
        home.start_zygote("python").ready = {"data": 0}
        late.ready = late.is_warm = True
        home.promote(late)
        assert late.killed and not home.warm["python"], "it is ended"
        dies(late)
        home.rotate()
        assert not zygote.alive and not home.failures, "so that its zygote can go"
        """;

    private const string Alone =
        """
        home.bell, home.bell_pull = os.pipe()
        for _ in range(nursery.STILLBIRTHS):
            home.refills.clear()
            home.refill("python")
            one = newborn()
            one.ready = True
            home.adopted.append((one, None, "control group: pids.max: no"))
            os.write(home.bell_pull, b"!")
            home.on_adopted()
            assert one.killed, "it is ended"
            dies(one)
        assert home.failures["python"] == "control group: pids.max: no", "two in a row say that none can be made, also when they were ready"
        """;

    private const string Unlimited =
        """
        import cgroups, tempfile
        groups = cgroups.Groups()
        groups.kinds, groups.version = {kind: tempfile.mkdtemp() for kind in ("memory", "cpu", "pids")}, 1
        def write(path, text):
            if path.endswith(missing):
                raise PermissionError(13, "no", path)
        cgroups._write = write
        opened = os.listdir("/proc/self/fd")
        for missing in ("pids.max", "cpu.cfs_period_us", "cpu.cfs_quota_us"):
            try:
                groups.add("x1", 1)
            except PermissionError as error:
                assert missing in str(error), "the reason is told"
            else:
                raise AssertionError("a group without its limit is none")
            assert all(os.listdir(folder) == [] for folder in groups.kinds.values()), "no folder is left"
        assert os.listdir("/proc/self/fd") == opened, "nor a descriptor"
        missing = "nothing"
        assert set(groups.add("x1", 1).paths) == {"memory", "cpu", "pids"}
        for folder in groups.kinds.values():
            os.rmdir(folder + "/x1")
            os.rmdir(folder)
        """;

    [SandboxFact]
    public Task Stillborn_TheSecondInARow_EndsTheProfileAndItsZygoteUntilLater() => TellAsync(Stillborn);

    [SandboxFact]
    public Task Promote_ReadyAfterItsZygoteRetired_IsEnded() => TellAsync(Late);

    [SandboxFact]
    public Task Adopt_WithoutAGroup_IsEndedAndCounted() => TellAsync(Alone);

    [SandboxFact]
    public Task Add_LimitThatCannotBeSet_LeavesNothingAndSaysWhy() => TellAsync(Unlimited);

    private static async Task TellAsync(string story)
    {
        var folder = Directory.CreateTempSubdirectory("steward-nursery-");
        try
        {
            foreach (var name in new[] { "nursery.py", "cgroups.py" })
            {
                await using var script = typeof(SupervisedSandbox).Assembly.GetManifestResourceStream(name)!;
                await using var copy = File.Create(Path.Combine(folder.FullName, name));
                await script.CopyToAsync(copy);
            }

            var file = Path.Combine(folder.FullName, "story.py");
            await File.WriteAllTextAsync(file, $"{Beginning}\n{story}\nprint(\"told\")\n");
            using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-B", file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = python.StandardError.ReadToEndAsync();
            var output = await python.StandardOutput.ReadToEndAsync();
            await python.WaitForExitAsync();

            Assert.Equal(("told\n", ""), (output, await errors));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
