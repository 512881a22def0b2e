using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Experiments.Evaluation;

/// <summary>How an answer is judged.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GoldenCheck>))]
public enum GoldenCheck
{
    /// <summary>The answer is the expected text, blanks at both ends and case apart.</summary>
    Exact,

    /// <summary>The answer holds the expected text, case apart.</summary>
    Contains,

    /// <summary>The answer is JSON with the same value, the order of members apart.</summary>
    Json,

    /// <summary>A judge model says how faithful to the context and how relevant it is; it passes from 0.7 on in both.</summary>
    Judge,
}

/// <summary>One question whose good answer is known.</summary>
public sealed record GoldenCase
{
    /// <summary>Its id; unique in the set.</summary>
    public required string Id { get; init; }

    /// <summary>What is asked.</summary>
    public required string Input { get; init; }

    /// <summary>The instructions; null for none.</summary>
    public string? System { get; init; }

    /// <summary>The expected answer; for a judge a reference answer, which may be left out.</summary>
    public string? Expected { get; init; }

    /// <summary>What the answer has to rest on; for a judge.</summary>
    public string? Context { get; init; }

    /// <summary>How the answer is judged.</summary>
    public GoldenCheck Check { get; init; }

    /// <summary>Whether it is of the frozen subset, by which runs of different versions of the set are compared.</summary>
    public bool Anchor { get; init; }

    /// <summary>What it is, as a hash: results of two runs are compared where this is the same.</summary>
    [JsonIgnore]
    public string Hash => GoldenSet.HashOf(string.Join('\u001F', Input, System, Expected, Context, Check));
}

/// <summary>A set of questions, one JSON object a line.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">A hash of all questions.</param>
/// <param name="AnchorVersion">A hash of the frozen subset; null when there is none.</param>
/// <param name="Cases">The questions.</param>
public sealed record GoldenSet(string Name, string Version, string? AnchorVersion, IReadOnlyList<GoldenCase> Cases)
{
    private const int MaxCases = 20_000;

    /// <summary>Reads a set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="text">One JSON object a line; empty lines are passed over.</param>
    /// <exception cref="FormatException">Names the line and what is wrong.</exception>
    public static GoldenSet Read(string name, TextReader text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (cases, ids, number) = (new List<GoldenCase>(), new HashSet<string>(StringComparer.Ordinal), 0);
        while (text.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            var read = ReadLine(line, number);
            if (read is not { Id.Length: > 0 and <= 200, Input.Length: > 0 } || (read.Check != GoldenCheck.Judge && read.Expected is null))
            {
                throw new FormatException($"line {number}: a case has an id, an input and, unless a judge looks at it, an expected answer.");
            }

            if (!ids.Add(read.Id))
            {
                throw new FormatException($"line {number}: the id {read.Id} occurs twice.");
            }

            cases.Add(cases.Count < MaxCases ? read : throw new FormatException($"line {number}: a set has at most {MaxCases} cases."));
        }

        if (cases.Count == 0)
        {
            throw new FormatException("The set has no case.");
        }

        var anchors = cases.Where(one => one.Anchor).ToList();
        return new GoldenSet(name, HashOf(cases), anchors.Count == 0 ? null : HashOf(anchors), cases);
    }

    internal static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    private static string HashOf(IEnumerable<GoldenCase> cases) => HashOf(string.Join('\n', cases.OrderBy(one => one.Id, StringComparer.Ordinal).Select(one => one.Id + ":" + one.Hash)));

    private static GoldenCase ReadLine(string line, int number)
    {
        try
        {
            return JsonSerializer.Deserialize(line, EvaluationJson.Default.GoldenCase)!;
        }
        catch (JsonException exception)
        {
            throw new FormatException($"line {number}: {exception.Message}", exception);
        }
    }
}
