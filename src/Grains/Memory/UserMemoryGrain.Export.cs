using Steward.Identity;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>The export: what is remembered, and what is held of the person where the memory does not reach, each kind with the address that gives it.</summary>
internal sealed partial class UserMemoryGrain
{
    private const int MaxListed = 1000;
    private const int MaxExportedAccesses = 200;

    private static readonly HeldElsewhere[] OtherPlaces =
    [
        new() { Kind = "runs", Path = "/v1/runs/{runId}", Note = "Messages of conversations name them; /v1/runs/{runId}/trace?prompts=true has what models were told in them." },
        new() { Kind = "schedules", Path = "/v1/schedules", Note = "With what they ask." },
        new() { Kind = "approvals", Path = "/v1/approvals", Note = "What the person asked for, or has to decide. The audit trail of them is for auditors." },
        new() { Kind = "delegations", Path = "/v1/delegations", Note = "Who decides for the person, and for whom the person decides." },
        new() { Kind = "notifications", Path = "/v1/notifications", Note = "What the person was told; /v1/notifications/preferences has how they want to be." },
        new() { Kind = "executions and files", Path = "/v1/sandbox/executions/{executionId}", Note = "Code in the sandbox, by the id that its start gave, with the addresses of its files." },
        new() { Kind = "snippets", Path = "/v1/sandbox/snippets", Note = "Sandbox code that the person proposed; admins see that of all." },
        new() { Kind = "feedback", Path = "/v1/feedback/{target}", Note = "What the person said of an answer, by its run's id." },
        new() { Kind = "tickets", Path = "/v1/triage/decisions/{ticketId}", Note = "Where tickets were sent, by their ids; their texts stay in the ticket system." },
        new() { Kind = "directory", Path = "/v1/me", Note = "Name, mail address and roles as the identity provider says them." },
        new() { Kind = "actions in other systems", Path = "/v1/connector-audit", Note = "Who did what in which system, redacted; admins only: the person asks them." },
        new() { Kind = "model costs", Path = "/v1/model-costs", Note = "What model calls used, without what they said; who may read it: see the model budgets." },
    ];

    /// <inheritdoc/>
    public async Task<MemoryExport> Export(CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken);
        await TrailAsync("export");
        return new MemoryExport
        {
            TenantId = TenantId,
            UserId = GrainKeys.LastPart(Key),
            At = Now,
            Memories = [.. State.Facts.OrderBy(fact => fact.Id).Select(Shows)],
            Settings = Shown,
            Tombstones = State.Tombstones.Count,
            Accesses = await _trail.ReadAsync(MaxExportedAccesses, cancellationToken),
            Erasure = State.Erasure,
            Proposals = [.. State.Asked.Proposals],
            Requests = [.. State.Asked.Requests.Select(request => new RememberedRequest { Topic = request.Topic, RunId = request.RunId, At = request.At }), .. State.Asked.Open.Select(matter => new RememberedRequest { Topic = matter.Topic, RunId = matter.RunId, At = matter.At, Open = matter.Matters })],
            Dismissed = [.. State.Asked.Dismissed],
            WithdrawnAt = State.WithdrawnAt.ToDictionary(),
            Elsewhere = await ElsewhereAsync(cancellationToken),
        };
    }

    private async Task<IReadOnlyList<HeldElsewhere>> ElsewhereAsync(CancellationToken cancellationToken)
    {
        var sessions = new SortedSet<string>(StringComparer.Ordinal);
        var (prefix, later) = (Key + "/s-", Now.AddDays(1));
        foreach (var list in (Func<string?, ValueTask<IReadOnlyList<JournalHead>>>[])
                 [after => _journals.ListOpenAsync(prefix, later, Page, after, cancellationToken), after => _journals.ListDueAsync(prefix, DateTimeOffset.MaxValue, Page, after, cancellationToken), after => _journals.ListClosedAsync(prefix, later, Page, after, cancellationToken)])
        {
            string? after = null;
            do
            {
                var heads = await list(after);
                sessions.UnionWith(heads.Select(head => GrainKeys.LastPart(head.Journal)));
                after = heads.Count == Page ? heads[^1].Journal : null;
            }
            while (after is not null);
        }

        var conversations = new HeldElsewhere
        {
            Kind = "conversations",
            Count = sessions.Count,
            Path = "/v1/sessions/{sessionId}",
            Ids = [.. sessions.Take(MaxListed)],
            Note = sessions.Count > MaxListed ? $"The first {MaxListed} by id." : "Their messages, as the person wrote them and as they were answered.",
        };
        return [conversations, .. OtherPlaces];
    }
}
