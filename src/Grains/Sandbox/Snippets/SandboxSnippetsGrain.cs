using Steward.Engines.Experiments.Evaluation;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Sandbox.Snippets;

/// <summary>Owns a tenant's snippets. Persists: its journal, with the code sealed. Woken by: people who propose, admins who decide, and servers that ask what agents are given.</summary>
internal sealed class SandboxSnippetsGrain : StewardGrain, ISandboxSnippetsGrain, IDisposable
{
    private const int MostAccepted = 200;
    private const int MostRefused = 100;
    private const int MostOpen = 500;
    private const int MostOpenOfOne = 20;
    private const int LongestCode = 4_000;
    private const int LongestTitle = 120;
    private const int Given = 3;

    private readonly SecretSealer _sealer;
    private readonly TimeProvider _time;
    private readonly FoldedJournal<SnippetsState> _journal;

    public SandboxSnippetsGrain(IJournalStore journals, SecretSealer sealer, TimeProvider time)
    {
        (_sealer, _time) = (sealer, time);
        _journal = new FoldedJournal<SnippetsState>(journals, Key, SnippetJson.Default.SnippetsState, time, DeactivateOnIdle);
    }

    private string Key => this.GetPrimaryKeyString();

    private string Tenant => GrainKeys.TenantOf(Key);

    private SnippetsState State => _journal.State;

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        if (Key != GrainKeys.SandboxSnippets(Tenant))
        {
            throw StewardException.NotFound("What was asked for");
        }

        await _journal.LoadAsync(cancellationToken);
        await PurgeIfDueAsync();
    }

    /// <inheritdoc/>
    public Task<bool> IsEnabled(CancellationToken cancellationToken = default) => Task.FromResult(State.IsEnabled);

    /// <inheritdoc/>
    public async Task<bool> Configure(bool isEnabled, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (State.IsEnabled != isEnabled)
        {
            await _journal.AppendAsync(SnippetRecordTypes.Configured, new SnippetsConfigured(isEnabled, Caller.Required.UserId), SnippetJson.Default.SnippetsConfigured, static () => null);
        }

        return State.IsEnabled;
    }

    /// <inheritdoc/>
    public async Task<SandboxSnippet> Propose(ProposeSandboxSnippet command, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        if (!State.IsEnabled)
        {
            throw new StewardException(ErrorCodes.Conflict, "Snippets are switched off; an admin of the tenant can switch them on.");
        }

        var title = Masked(command.Title ?? "", caller).Trim();
        Demand(title.Length is >= 1 and <= LongestTitle && !title.Any(char.IsControl), "title", $"must be one line of 1 to {LongestTitle} characters.");
        var lease = GrainFactory.GetGrain<ISandboxLeaseGrain>(GrainKeys.SandboxLease(Tenant, command.ExecutionId));
        var execution = await lease.Get(cancellationToken) ?? throw StewardException.NotFound("The execution");
        if (State.Snippets.TryGetValue(execution.Id, out var known))
        {
            return Shown(known);
        }

        Demand(execution.State == SandboxState.Finished, "executionId", "must be an execution that finished.");
        Demand(State.Snippets.Values.Count(static one => one.Decision is null) < MostOpen, "executionId", $"There are {MostOpen} already that nobody has decided on yet.");
        Demand(State.Snippets.Values.Count(one => one.By == caller.UserId && one.Decision is null) < MostOpenOfOne, "executionId", $"You have proposed {MostOpenOfOne} that nobody has decided on yet.");
        var code = Masked(await lease.ReadCode(cancellationToken) ?? throw StewardException.NotFound("The code of the execution"), caller);
        Demand(code.Length <= LongestCode, "executionId", $"must be an execution of code of at most {LongestCode} characters.");
        var proposed = new SnippetKept
        {
            Id = execution.Id,
            Title = title,
            Language = execution.Language,
            SealedCode = _sealer.Seal(new SecretText(code), Place(execution.Id)),
            By = caller.UserId,
            At = _time.GetUtcNow().ToMilliseconds(),
        };
        await _journal.AppendAsync(SnippetRecordTypes.Proposed, proposed, SnippetJson.Default.SnippetKept, static () => null);
        return Shown(State.Snippets[execution.Id]);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SandboxSnippet>> List(CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        var all = Caller.IsSystem || caller.Roles.Contains(WellKnownRoles.Admin);
        return Task.FromResult<IReadOnlyList<SandboxSnippet>>([.. State.Snippets.Values.Where(one => all || one.By == caller.UserId).OrderByDescending(one => one.At).Select(Shown)]);
    }

    /// <inheritdoc/>
    public async Task<SandboxSnippet> Decide(DecideSandboxSnippet command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var caller = Caller.Required;
        var snippet = State.Snippets.GetValueOrDefault(command.SnippetId ?? "") ?? throw StewardException.NotFound("The snippet");
        if (snippet.By == caller.UserId)
        {
            throw StewardException.Forbidden("Nobody decides on what they have proposed themselves.");
        }

        if (snippet.Decision?.IsAccepted != command.IsAccepted)
        {
            Demand(!command.IsAccepted || State.Snippets.Values.Count(static one => one.Decision?.IsAccepted == true) < MostAccepted, "snippetId", $"{MostAccepted} snippets are accepted already; an admin can remove some.");
            var decided = new SnippetDecided { Id = snippet.Id, IsAccepted = command.IsAccepted, By = caller.UserId, At = _time.GetUtcNow().ToMilliseconds() };
            await _journal.AppendAsync(SnippetRecordTypes.Decided, decided, SnippetJson.Default.SnippetDecided, static () => null);
            await DropRefusedAsync(caller.UserId);
        }

        return Shown(State.Snippets[snippet.Id]);
    }

    /// <inheritdoc/>
    public async Task Remove(string snippetId, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        if (State.Snippets.GetValueOrDefault(snippetId ?? "") is not { } snippet)
        {
            await PurgeIfDueAsync();
            return;
        }

        if (snippet.By != caller.UserId)
        {
            Caller.RequireAdmin();
        }

        await RemoveAsync(snippet, caller.UserId);
        await PurgeIfDueAsync();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SandboxSnippet>> Examples(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult<IReadOnlyList<SandboxSnippet>>(State.IsEnabled
            ? [.. State.Snippets.Values.Where(one => one.Decision?.IsAccepted == true).OrderByDescending(one => one.Decision!.At).Select(Shown).Where(one => one.Code.Length > 0).Take(Given)]
            : []);
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private Task<bool> RemoveAsync(SnippetKept snippet, string by) =>
        _journal.AppendAsync(SnippetRecordTypes.Removed, new SnippetRemoved(snippet.Id, by), SnippetJson.Default.SnippetRemoved, static () => null);

    // The code of those that were removed must not stay in older entries; a process may have ended before they were purged.
    private Task PurgeIfDueAsync() => State.PurgeDue > State.PurgedThrough ? _journal.PurgeAsync() : Task.CompletedTask;

    // Refused ones are kept for those who proposed them, the last ones.
    private async Task DropRefusedAsync(string by)
    {
        foreach (var old in State.Snippets.Values.Where(static one => one.Decision?.IsAccepted == false).OrderByDescending(static one => one.Decision!.At).Skip(MostRefused).ToList())
        {
            await RemoveAsync(old, by);
        }

        await PurgeIfDueAsync();
    }

    private static string Masked(string text, CallerIdentity person) => PersonalText.Mask(Engines.Orchestration.Actions.SecretText.Hide(text), person.Name);

    private static void Demand(bool holds, string field, string allowed)
    {
        if (!holds)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }

    private string Place(string id) => $"{Tenant}/sandbox-snippet/{id}";

    private SandboxSnippet Shown(SnippetKept kept) => new()
    {
        Id = kept.Id,
        Title = kept.Title,
        Language = kept.Language,
        Code = _sealer.TryOpen(kept.SealedCode, Place(kept.Id), out var code) ? code.Reveal() : "",
        ProposedBy = kept.By,
        ProposedAt = kept.At,
        IsAccepted = kept.Decision?.IsAccepted,
        DecidedBy = kept.Decision?.By,
        DecidedAt = kept.Decision?.At,
    };
}
