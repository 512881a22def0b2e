using System.Text.Json;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.React;

/// <summary>
/// The tools that a model is offered. When an agent may use very many: those that fit the task, those that were found by words, and those that were called. Derived from the task and the
/// journal alone, so that a resumed run offers the same ones.
/// </summary>
internal sealed class OfferedTools(RunContext run, ReactTools tools, string task)
{
    private const int FirstOffered = 25;
    private const int MostOffered = 80;

    private IReadOnlyList<string>? _first;

    /// <summary>The tools for the next answer.</summary>
    /// <param name="calls">The model's calls so far.</param>
    /// <param name="hasResults">Whether there are stored results to read.</param>
    public IReadOnlyList<ToolDefinition> After(IReadOnlyList<ModelCalled> calls, bool hasResults)
    {
        if (!tools.AreMany)
        {
            return tools.Definitions(hasResults);
        }

        // The newest first, so that what is beyond the limit is what was found long ago.
        var later = calls.SelectMany(call => call.ToolCalls).Reverse().SelectMany(Named);
        var names = (_first ??= tools.Suggest(task, FirstOffered)).Concat(later).Distinct(StringComparer.Ordinal).Take(MostOffered);
        return tools.Definitions(hasResults, names.ToHashSet(StringComparer.Ordinal));
    }

    private IEnumerable<string> Named(ModelToolCall call)
    {
        if (tools.Find(call.Name) is not { SearchesTools: true })
        {
            return [call.Name];
        }

        var step = run.Snapshot.FindStep(call.StepId);
        var result = (step?.SameAs is { } same ? run.Snapshot.FindStep(same) : step)?.Result;
        return result is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray().Select(item => item.TryGetProperty("tool", out var name) ? name.GetString() : null).OfType<string>()
            : [];
    }
}
