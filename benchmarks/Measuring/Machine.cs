using System.Diagnostics;
using System.Runtime.InteropServices;
using Steward.Host.Capabilities;

namespace Steward.Benchmarks.Measuring;

/// <summary>Where and on what a result was measured.</summary>
internal sealed record Machine(string Processor, int Cores, double MemoryGiB, string System, string Runtime, string Commit, double LoadAverage)
{
    public static Machine Read() => new(
        ReadLine("/proc/cpuinfo", "model name")?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024), 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        Git("rev-parse --short HEAD") + (Git("status --porcelain").Length > 0 ? " with changes" : ""),
        double.TryParse(File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "", out var load) ? load : 0);

    /// <summary>The Orleans that Steward was built with.</summary>
    public static string Orleans => OrleansBuild.IsStandIn ? "stand-in" : $"packages {OrleansBuild.Version}";

    private static string? ReadLine(string file, string prefix) =>
        File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal)) : null;

    private static string Git(string arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }
}
