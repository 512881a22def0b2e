using System.CommandLine;
using System.Text.Json;

namespace Steward.Benchmarks.Measuring;

/// <summary>What every scenario does with its result: print how it stands against the targets, keep it, judge it.</summary>
internal static class ResultOptions
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Option<bool> Check() => new("--check") { Description = "Exit with 1 when a target is missed." };

    public static Option<string?> Json() => new("--json") { Description = "File for the result." };

    /// <summary>Returns the exit code.</summary>
    public static async Task<int> FinishAsync<T>(T result, IReadOnlyList<Target> targets, bool check, string? json, CancellationToken cancellationToken)
    {
        foreach (var target in targets)
        {
            Console.Out.WriteLine(target);
        }

        if (json is not null)
        {
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(result, Format) + "\n", cancellationToken);
        }

        return check && targets.Any(target => !target.IsMet) ? 1 : 0;
    }
}
