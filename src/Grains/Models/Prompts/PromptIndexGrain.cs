using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Models.Prompts;

/// <summary>Owns the list of a tenant's prompts, from which silos take their copies. Persists: the list. Woken by: prompts, silos, admins.</summary>
internal sealed class PromptIndexGrain([PersistentState("prompts", StorageNames.GrainState)] IPersistentState<PromptIndexState> state) : StewardGrain, IPromptIndexGrain
{
    private const int MaxPrompts = 100;

    /// <inheritdoc/>
    public async Task Put(PublishedPrompt prompt, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!state.State.Prompts.ContainsKey(prompt.Name) && state.State.Prompts.Count >= MaxPrompts)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"A tenant has at most {MaxPrompts} prompts.");
        }

        state.State.Prompts[prompt.Name] = prompt;
        await Write();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PublishedPrompt>> ListPublished(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult<IReadOnlyList<PublishedPrompt>>([.. state.State.Prompts.Values.Where(prompt => prompt.Live is not null)]);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult<IReadOnlyList<string>>([.. state.State.Prompts.Keys.Order(StringComparer.Ordinal)]);
    }

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>What the list of prompts persists.</summary>
[GenerateSerializer]
[Alias("steward.prompt-index-state")]
internal sealed class PromptIndexState
{
    /// <summary>The prompts by name.</summary>
    [Id(0)]
    public Dictionary<string, PublishedPrompt> Prompts { get; set; } = new(StringComparer.Ordinal);
}
