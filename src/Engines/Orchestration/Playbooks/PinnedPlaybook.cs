using System.Runtime.CompilerServices;
using System.Text;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>The playbook that a run began with, whatever has become of the file since. The policy is never pinned: rights are always those of now.</summary>
internal static class PinnedPlaybook
{
    private const int HashLength = 64;

    // Every run refers to one, and few are sent to the store.
    private static readonly ConditionalWeakTable<Playbook, RunContent> Contents = [];

    /// <summary>The content that keeps a playbook for the run's later executions.</summary>
    public static RunContent Content(Playbook playbook) =>
        Contents.GetValue(playbook, static playbook => new RunContent(playbook.Hash, Encoding.UTF8.GetBytes(playbook.Source)) { IsShared = true });

    /// <summary>The run's playbook; null when it was changed or removed and its text is gone.</summary>
    public static async ValueTask<Playbook?> FindAsync(RunContext run, PlaybookCatalog catalog, StrategyChosen choice, string? scope = null)
    {
        var current = catalog.Find(choice.Playbook!);
        var hash = choice.PlaybookHash ?? "";

        // Earlier releases recorded the first 16 digits only, and kept no text.
        if (current is not null && hash.Length > 0 && current.Hash.StartsWith(hash, StringComparison.Ordinal))
        {
            return current;
        }

        if (hash.Length == HashLength && await run.LoadContentAsync(hash) is { } bytes && Compile(Encoding.UTF8.GetString(bytes.Span), choice) is { } pinned)
        {
            return pinned;
        }

        return current is not null && Fits(current, run.Snapshot, scope) ? current : null;
    }

    private static Playbook? Compile(string text, StrategyChosen choice)
    {
        try
        {
            return PlaybookCompiler.Compile(text, $"{choice.Playbook}.yaml");
        }
        catch (DefinitionException)
        {
            // It was right for an earlier version of the compiler.
            return null;
        }
    }

    // Another text is harmless as long as every step that was begun still means the same.
    private static bool Fits(Playbook playbook, RunSnapshot snapshot, string? scope) =>
        snapshot.Steps.Where(step => scope is null || step.StepId.StartsWith(scope + "/", StringComparison.Ordinal))
            .All(step => playbook.Steps.Any(known => (scope is null ? known.Id : $"{scope}/{known.Id}") == step.StepId && (step.OperationId is null || known.Call == step.OperationId)));
}
