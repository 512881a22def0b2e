using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Steward.Architecture.Tests;

/// <summary>What <c>./steward test</c> says of its projects, with a .NET that writes the results it is told to.</summary>
public sealed partial class TestScriptTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("steward-test-script-").FullName;

    public TestScriptTests()
    {
        var dotnet = Path.Combine(_directory, "dotnet");

        // Called as: test PROJECT … --logger trx;LogFileName=NAME.trx … The project is a file, which says what comes of the run whose results have this name.
        File.WriteAllText(
            dotnet,
            """
            #!/bin/bash
            while [ $# -gt 0 ]; do
              case "$1" in
                test) project=$2 ;;
                --results-directory) results=$2 ;;
                trx*) name=${1#*=} ;;
              esac
              shift
            done
            trx=$results/$name
            . "$project"

            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("passes", "2 passed, 0 failed, 0 skipped", 0)]
    [InlineData("fails", "1 passed, 1 failed, 0 skipped", 1)]
    [InlineData("fails once", "2 passed, 0 failed, 0 skipped", 0)]
    [InlineData("dies before it writes results", "1 passed, 1 failed, 0 skipped", 1)]
    [InlineData("dies after a test that fails once", "1 passed, 1 failed, 0 skipped", 1)]
    [InlineData("ends badly although all pass", "2 passed, 1 failed, 0 skipped", 1)]
    public async Task RunTests_OneProject_CountsAndExitCodeSayWhatCameOfIt(string what, string summary, int exitCode)
    {
        Project("Good.Tests", Results(1, 0));
        Project("Other.Tests", what switch
        {
            "passes" => Results(1, 0),
            "fails" => Results(0, 1) + "exit 1",
            "fails once" => $"case $name in *again*) {Results(1, 0)} exit 0 ;; esac; {Results(0, 1)} exit 1",
            "dies before it writes results" => "exit 134",
            "dies after a test that fails once" => $"case $name in *again*) {Results(1, 0)} exit 0 ;; esac; {Results(0, 1, "The active test run was aborted. Reason: Test host process crashed")} exit 1",
            _ => Results(1, 0) + "exit 1",
        });

        using var script = Start();
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal((summary, exitCode), ((await output).Trim(), script.ExitCode));
        Assert.Equal(what == "fails once", (await errors).Contains("Unsteady", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunTests_IsStopped_EndsWhatRunsAndShowsWhatItWrote(bool isSecondTime)
    {
        const string Hangs = "echo 'so far'; echo $$ > \"$project.pid.new\"; mv \"$project.pid.new\" \"$project.pid\"; exec sleep 300";
        var project = Project("Other.Tests", isSecondTime ? $"case $name in *again*) {Hangs} ;; esac; {Results(0, 1)} exit 1" : Hangs);
        using var script = Start();
        var errors = script.StandardError.ReadToEndAsync();
        await UntilAsync(() => File.Exists(project + ".pid"));
        using var running = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(project + ".pid"), null));

        using (var signal = Process.Start("kill", ["-TERM", $"{script.Id}"]))
        {
            await signal.WaitForExitAsync().WaitAsync(Patience);
        }

        await script.WaitForExitAsync().WaitAsync(Patience);
        await running.WaitForExitAsync().WaitAsync(Patience);

        Assert.NotEqual(0, script.ExitCode);
        Assert.Matches(Stopped(), await errors);
    }

    [GeneratedRegex("(?s)Other\\.Tests(\\.again)? was stopped.*so far")]
    private static partial Regex Stopped();

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var waited = Stopwatch.StartNew(); !holds(); await Task.Delay(20))
        {
            Assert.True(waited.Elapsed < Patience, "It did not come to it.");
        }
    }

    // Shell that writes the results of a run.
    private static string Results(int passed, int failed, string? trouble = null)
    {
        var tests = string.Concat(Enumerable.Repeat("<UnitTestResult testName=\"A.B.C(x: 1)\" outcome=\"Failed\" />", failed));
        return $"echo '<TestRun>{tests}<Counters total=\"{passed + failed}\" executed=\"{passed + failed}\" passed=\"{passed}\" failed=\"{failed}\" error=\"0\" timeout=\"0\" />{trouble}</TestRun>' > \"$trx\"; ";
    }

    private string Project(string name, string shell)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, shell + "\n");
        return path;
    }

    // The script's own code, but for what installs, builds and looks for projects.
    private Process Start()
    {
        const string Driver =
            """
            set -euo pipefail
            root=$2
            say() { printf '%s\n' "$*" >&2; }
            . "$1"
            install_test_tools() { :; }
            build() { :; }
            find_projects() { local project; for project in "$root"/*.Tests; do projects[$(basename "$project")]=$project; done; }
            run_tests
            """;
        var start = new ProcessStartInfo("bash", ["-c", Driver, "driver", Path.Combine(Solution.Root, "build", "test.sh"), _directory]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{_directory}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["STEWARD_TEST_LANES"] = "2";
        start.Environment.Remove("STEWARD_TEST_RETRY");
        return Process.Start(start)!;
    }
}
