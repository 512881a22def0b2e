using System.ComponentModel;
using System.Diagnostics;

namespace Steward.Benchmarks.Measuring;

/// <summary>The card and its driver, as <c>nvidia-smi</c> says.</summary>
internal static class GraphicsCard
{
    /// <summary>For example <c>NVIDIA L4, driver 550.54.15, 23034 MiB</c>; null where <c>nvidia-smi</c> does not answer.</summary>
    public static string? Find()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("nvidia-smi", "--query-gpu=name,driver_version,memory.total --format=csv,noheader") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var first = process.StandardOutput.ReadToEnd().Split('\n')[0].Split(',', StringSplitOptions.TrimEntries);
            process.WaitForExit();
            return process.ExitCode == 0 && first is [var name, var driver, var memory] ? $"{name}, driver {driver}, {memory}" : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
