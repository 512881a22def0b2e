using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Limits;

/// <summary>Notices when calls of tools bring nothing new. Computed from the journal alone, so that a resumed run notices the same.</summary>
internal static class Novelty
{
    /// <summary>After so many steps in a row without new information an answer is forced.</summary>
    public const int Patience = 2;

    /// <summary>Whether the last steps brought nothing new: results that were there before, the same emptiness or the same failure again.</summary>
    /// <param name="calls">The model's calls with the tools that they asked for, oldest first.</param>
    /// <param name="find">The state of a step.</param>
    public static bool IsStalled(IEnumerable<ModelCalled> calls, Func<string, StepState?> find)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var idle = 0;
        foreach (var call in calls)
        {
            var isNew = false;
            foreach (var tool in call.ToolCalls)
            {
                isNew |= Observation(tool, find(tool.StepId)) is { } observation && seen.Add(observation);
            }

            idle = isNew ? 0 : idle + 1;
        }

        return idle >= Patience;
    }

    // What was found counts together with what was asked: "not locked" about another person is news. Nothing found, and failures, only count once a tool.
    private static string? Observation(ModelToolCall tool, StepState? step)
    {
        if (step is null or { Status: StepStatus.Running or StepStatus.Skipped } or { SameAs: not null })
        {
            return null;
        }

        if (step.Status == StepStatus.Failed)
        {
            return $"failed\n{tool.Name}\n{step.Code}\n{step.Message}";
        }

        return step.Result is not { } result || Observations.IsEmpty(Values.Node(result))
            ? $"empty\n{tool.Name}"
            : Hash($"{tool.Name}\n{Canonical(tool.Arguments)}\n{CanonicalJson.Of(result)}");
    }

    // A model's arguments are not always JSON, and may name a member twice.
    private static string Canonical(string arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments.Length == 0 ? "{}" : arguments);
            return CanonicalJson.Of(document.RootElement);
        }
        catch (JsonException)
        {
            return arguments;
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
