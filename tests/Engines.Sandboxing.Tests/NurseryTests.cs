using System.Diagnostics;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>What the supervisor makes of children that die before they are ready, told by its own script with children that the test makes.</summary>
public sealed class NurseryTests
{
    private const string Story =
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
                pass

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

        def newborn():
            return next(one for one in zygote.children.values() if one.state == "born")

        def dies(one):
            one.exited, one.status = True, 9
            home.settle(one)

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
        print("told")
        """;

    [SandboxFact]
    public async Task Stillborn_TheSecondInARow_EndsTheProfileAndItsZygoteUntilLater()
    {
        var folder = Directory.CreateTempSubdirectory("steward-nursery-");
        try
        {
            await using (var script = typeof(SupervisedSandbox).Assembly.GetManifestResourceStream("nursery.py")!)
            await using (var copy = File.Create(Path.Combine(folder.FullName, "nursery.py")))
            {
                await script.CopyToAsync(copy);
            }

            var story = Path.Combine(folder.FullName, "story.py");
            await File.WriteAllTextAsync(story, Story);
            using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-B", story]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
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
