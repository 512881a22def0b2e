using System.Diagnostics;
using System.Globalization;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>A silo that is killed takes its sandboxes along. The silo here is a process that starts a supervisor as ours does and holds the other ends of its pipes.</summary>
public sealed class OrphanTests
{
    private const string Silo = """
        import json, os, struct, subprocess, sys
        sources, options = json.load(open(sys.argv[1])), json.loads(sys.argv[2])
        bootstrap = "import os, struct, json\nn, = struct.unpack('<I', os.read(0, 4))\ndata = b''\nwhile len(data) < n:\n    data += os.read(0, n - len(data))\nstart = json.loads(data)\nexec(compile(start['sources']['supervisor.py'], 'supervisor.py', 'exec'), {'SOURCES': start['sources'], 'OPTIONS': start['options'], '__name__': '__main__'})"
        supervisor = subprocess.Popen(["/usr/bin/python3", "-I", "-S", "-B", "-c", bootstrap], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        start = json.dumps({"sources": sources, "options": options}).encode()
        supervisor.stdin.write(struct.pack("<I", len(start)) + start)
        supervisor.stdin.flush()
        def receive():
            size, head = struct.unpack("<II", supervisor.stdout.read(8))
            return json.loads(supervisor.stdout.read(size - 4)[:head])
        while receive()["t"] != "warm":
            pass
        job = {"t": "run", "id": "1", "profile": "shell", "wall": 100, "cpu": 100, "memory": 1 << 28, "text": 1 << 20, "results": 1, "calls": 0, "fileCount": 0, "fileBytes": 0, "files": [],
               "inside": {"code": "trap '' TERM HUP INT\nsetsid sleep 1000 &\nwhile :; do :; done", "validate": False, "resultBytes": 1, "language": "shell"}}
        job = json.dumps(job).encode()
        supervisor.stdin.write(struct.pack("<II", 4 + len(job), len(job)) + job)
        supervisor.stdin.flush()
        while receive()["t"] != "started":
            pass
        print(supervisor.pid, flush=True)
        supervisor.wait()
        """;

    [SandboxTheory]
    [InlineData("silo")]
    [InlineData("supervisor")]
    public Task Kill_WhileCodeRuns_LeavesNoProcess(string victim) => LeavesNothingAsync(victim, """ "bwrap": "/usr/bin/bwrap" """);

    [GVisorTheory]
    [InlineData("silo")]
    [InlineData("supervisor")]
    public Task Kill_WhileCodeRunsInGVisor_LeavesNoProcess(string victim) => LeavesNothingAsync(victim, """ "runsc": "/usr/bin/runsc", "platform": null, "preload": false """);

    private static async Task LeavesNothingAsync(string victim, string kind)
    {
        var sources = Path.GetTempFileName();
        await File.WriteAllTextAsync(sources, System.Text.Json.JsonSerializer.Serialize(Supervision.Scripts.Sources));
        var options = $$$"""{"uid": 20003, "cgroups": true, "python": "/usr/bin/python3", {{{kind}}}, "rotateAfter": 1000, "rotateSeconds": 600, "profiles": {"shell": 1}}""";
        using var silo = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Silo, sources, options]) { RedirectStandardOutput = true })!;
        var supervisor = int.Parse((await silo.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        var below = Below(supervisor);

        Assert.True(below.Count >= 3, $"{below.Count} processes below the supervisor");
        using (var target = Process.GetProcessById(victim == "silo" ? silo.Id : supervisor))
        {
            target.Kill();
        }

        // The limit is 5 s.
        var began = Stopwatch.StartNew();
        while (below.Append(supervisor).Any(IsAlive) && began.Elapsed < TimeSpan.FromSeconds(5))
        {
            await Task.Yield();
        }

        Assert.DoesNotContain(below.Append(supervisor), IsAlive);
        await silo.WaitForExitAsync();
        File.Delete(sources);
    }

    private static List<int> Below(int parent)
    {
        var children = new List<int>();
        foreach (var child in File.ReadAllText($"/proc/{parent}/task/{parent}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            children.Add(child);
            children.AddRange(Below(child));
        }

        return children;
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            // A zombie whose parent died with it waits for the first process of the system to notice.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[text.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }
}
