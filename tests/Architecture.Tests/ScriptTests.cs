using System.Diagnostics;

namespace Steward.Architecture.Tests;

/// <summary>The script, with a .NET that does nothing but say how it was called.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("steward-script-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Command_StartedElsewhere_RunsInTheRepositoryAndSaysWhereItWasStarted()
    {
        var repository = Directory.CreateDirectory(Path.Combine(_directory, "repository", "build")).Parent!.FullName;
        foreach (var file in (string[])["steward", "global.json", "NuGet.config", "Directory.Packages.props", .. Directory.EnumerateFiles(Path.Combine(Solution.Root, "build"), "*.sh").Select(path => Path.GetRelativePath(Solution.Root, path))])
        {
            File.Copy(Path.Combine(Solution.Root, file), Path.Combine(repository, file));
        }

        var (tools, elsewhere) = (Directory.CreateDirectory(Path.Combine(_directory, "tools")).FullName, Directory.CreateDirectory(Path.Combine(_directory, "else where")).FullName);
        var dotnet = Path.Combine(tools, "dotnet");
        await File.WriteAllTextAsync(dotnet, "#!/bin/sh\ncase \"$1\" in *.dll) shift; printf '%s\\n' \"$PWD\" \"$STEWARD_STARTED_IN\" \"$@\";; esac\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var start = new ProcessStartInfo("bash", [Path.Combine(repository, "steward"), "triage", "eval", "tickets.csv", "--model", "it-topic"]) { RedirectStandardOutput = true, WorkingDirectory = elsewhere };
        start.Environment["PATH"] = $"{tools}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = _directory;

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal([repository, elsewhere, "triage", "eval", "tickets.csv", "--model", "it-topic"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
