using System.Text;
using System.Text.RegularExpressions;

namespace Steward.Engines.Sandboxing;

/// <summary>What a job must keep to before any provider sees it.</summary>
public static partial class SandboxJobRules
{
    /// <summary>The most UTF-8 bytes of code.</summary>
    public const int CodeBytes = 256 << 10;

    /// <summary>The most input files, and their bytes together.</summary>
    public const int InputFiles = 32, InputBytes = 20 << 20;

    /// <summary>Says what is wrong with a job in a sentence that names the field and what is allowed; null when nothing is.</summary>
    public static string? Problem(SandboxJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var limits = job.Limits;
        return job switch
        {
            _ when string.IsNullOrWhiteSpace(job.Code) => "The code is empty.",
            _ when Encoding.UTF8.GetByteCount(job.Code) > CodeBytes => $"The code is longer than {CodeBytes} bytes.",
            _ when job.Files.Count > InputFiles => $"More than {InputFiles} input files.",
            _ when job.Files.Sum(file => (long)file.Content.Length) > InputBytes => $"The input files are larger than {InputBytes} bytes together.",
            _ when job.Files.FirstOrDefault(file => !IsFileName(file.Name)) is { } file => $"The file name '{file.Name}' is not one of letters, digits, '.', '_', '-' and space, at most 128, starting with a letter, a digit or '_'.",
            _ when job.Files.Select(file => file.Name).Distinct(StringComparer.Ordinal).Count() != job.Files.Count => "Two input files have one name.",
            _ when !(job.Weight > 0) || double.IsInfinity(job.Weight) => "The weight is more than 0.",
            _ when limits.WallTime <= TimeSpan.Zero || limits.WallTime > TimeSpan.FromMinutes(10) => "The wall time is between 0 and 10 minutes.",
            _ when limits.CpuTime <= TimeSpan.Zero || limits.CpuTime > TimeSpan.FromMinutes(10) => "The processor time is between 0 and 10 minutes.",
            _ when limits.MemoryBytes is < (64L << 20) or > (4L << 30) => "The memory is between 64 MiB and 4 GiB.",
            _ when limits.TextBytes is < 0 or > (16 << 20) || limits.FileBytes is < 0 or > (100 << 20) || limits.ResultBytes is < 0 or > (16 << 20) => "Text and results are at most 16 MiB, files 100 MiB.",
            _ when limits.Files is < 0 or > 1000 || limits.DataCalls is < 0 or > 10_000 => "At most 1,000 files and 10,000 questions for data.",
            _ => null,
        };
    }

    /// <summary>Whether a file may have this name, going in or coming out.</summary>
    public static bool IsFileName(string name) => FileName().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._ -]{0,127}\z")]
    private static partial Regex FileName();
}
