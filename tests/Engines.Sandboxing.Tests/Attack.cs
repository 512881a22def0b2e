using System.Globalization;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>
/// One attack of the files below Attacks. A case starts with a line <c>### name | key=value …</c>; what comes before the first one stands before each. Keys: <c>ends</c>
/// (codes one of which it ends with), <c>limits</c> (one of which it hits), <c>wall</c> and <c>cpu</c> in seconds, <c>files</c> (the names that come back), <c>gvisor=no</c> (nothing is gained by it where
/// the kernel is the sandbox's own: gVisor's maps a file of a place without programs as code, and takes a call of 32 bits for one of its own). An attack that reaches its aim prints ESCAPED at the start of a line.
/// </summary>
public sealed record Attack(string Name, SandboxProfile Profile, string Code, IReadOnlyDictionary<string, string> Keys)
{
    public static IReadOnlyDictionary<string, Attack> All { get; } = Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Attacks")).Order()
        .SelectMany(Read).ToDictionary(attack => attack.Name);

    public static TheoryData<string> Names => [.. All.Keys];

    public static TheoryData<string> NamesForGVisor => [.. All.Values.Where(attack => !attack.Keys.ContainsKey("gvisor")).Select(attack => attack.Name)];

    public IReadOnlyList<string> Of(string key) => Keys.TryGetValue(key, out var value) ? value.Split(',', StringSplitOptions.RemoveEmptyEntries) : [];

    public TimeSpan Seconds(string key) => TimeSpan.FromSeconds(Keys.TryGetValue(key, out var value) ? double.Parse(value, CultureInfo.InvariantCulture) : 20);

    private static IEnumerable<Attack> Read(string file)
    {
        var parts = ("\n" + File.ReadAllText(file)).Split("\n### ");
        foreach (var part in parts.Skip(1))
        {
            var (head, body) = (part[..part.IndexOf('\n')], part[(part.IndexOf('\n') + 1)..]);
            var words = head.Split('|', StringSplitOptions.TrimEntries);
            yield return new Attack(
                $"{Path.GetFileNameWithoutExtension(file)}: {words[0]}",
                file.EndsWith(".sh", StringComparison.Ordinal) ? SandboxProfile.Shell : SandboxProfile.Python,
                parts[0].TrimStart('\n') + "\n" + body,
                words.Skip(1).Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]));
        }
    }
}
