using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Limits;

/// <summary>
/// Notices when calls of tools bring nothing new. Computed from the journal alone, so that a resumed run notices the same. Keeps a digest of each result that it has seen, and so
/// reads each result once, however many steps there are. For one scope; not safe for concurrent use.
/// </summary>
internal sealed class Novelty
{
    /// <summary>After so many steps in a row without new information an answer is forced.</summary>
    public const int Patience = 2;

    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private int _taken;
    private int _idle;

    /// <summary>Whether the last steps brought nothing new: results that were there before, the same emptiness or the same failure again.</summary>
    /// <param name="calls">The model's calls in the scope with the tools that they asked for, oldest first; those of the last time and more. All their steps are over.</param>
    /// <param name="find">The state of a step.</param>
    public bool IsStalled(IReadOnlyList<ModelCalled> calls, Func<string, StepState?> find)
    {
        for (; _taken < calls.Count; _taken++)
        {
            var isNew = false;
            foreach (var tool in calls[_taken].ToolCalls)
            {
                isNew |= Observation(tool, find(tool.StepId)) is { } observation && _seen.Add(observation);
            }

            _idle = isNew ? 0 : _idle + 1;
        }

        return _idle >= Patience;
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
