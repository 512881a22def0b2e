using System.Diagnostics;

namespace Steward.EndToEnd.Tests;

/// <summary>The short version of the benchmark that kills Steward under load; the long one kills it 300 times.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task Crash_TwentyKillsUnderLoad_LosesNothingAndDoesNothingTwice()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "Steward.Benchmarks.dll"), "crash", "--kills", "20", "--runs", "100", "--users", "8", "--check" })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(8));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        Assert.True(process.ExitCode == 0, await output + await errors);
        Assert.Contains("20 kills in", await output, StringComparison.Ordinal);
        Assert.Matches("faults that hit: .*[1-9][0-9]* TimeoutAfterCommit", await output);
    }
}
