using Orleans.Concurrency;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>Reads the lists that approvals keep up to date. Holds nothing; as many as a few at a time in each silo, since the table answers them all.</summary>
[StatelessWorker(8)]
internal sealed class ApprovalListsGrain(IApprovalStore store, IJournalStore journals, ApprovalParts parts, TimeProvider time) : StewardGrain, IApprovalListsGrain
{
    private const int MaxLimit = 200;
    private const int HistoriesAtOnce = 8;
    private const int MaxFilterLength = 200;

    // Comments of one request can be a million characters, and a page is one message.
    private const long MaxTexts = 2_000_000;

    private static readonly HashSet<string> Statuses = ["submitted", "pending", "escalated", "approved", "rejected", "expired", "cancelled"];

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public async Task<ApprovalPage> List(ListApprovals query, CancellationToken cancellationToken = default)
    {
        var caller = Caller.Required;
        Check(query.Limit);
        if (query.Statuses.FirstOrDefault(status => !Statuses.Contains(status)) is not null)
        {
            throw StewardException.Invalid("statuses", $"must be some of: {string.Join(", ", Statuses)}.");
        }

        Check(query.Type, "type");
        Check(query.Requester, "requester");
        Check(query.RunId, "runId");
        var statuses = query.Statuses.Count > 0 ? query.Statuses : query.View == "decided" ? null : ApprovalViews.OpenStatuses;
        var isOpen = statuses is not null && statuses.All(ApprovalViews.OpenStatuses.Contains);
        var order = isOpen ? ApprovalOrder.DueFirst : ApprovalOrder.Newest;
        var table = ViewOf(query, caller) with
        {
            Statuses = statuses,
            Type = query.Type,
            RunId = query.RunId,
            Order = order,
            Limit = query.Limit,
            SummariesOnly = true,
            After = ApprovalCursor.Read(query.After, order),
        };
        var rows = await store.ListAsync(table, cancellationToken);
        var summaries = new List<ApprovalSummary>(rows.Count);
        foreach (var row in rows)
        {
            summaries.Add(await SummaryOfAsync(row, cancellationToken));
        }

        return new ApprovalPage { Approvals = summaries, Next = rows.Count == query.Limit ? ApprovalCursor.Of(rows[^1], order) : null };
    }

    /// <inheritdoc/>
    public async Task<ApprovalExportPage> Export(ExportApprovals query, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        Check(query.Limit);
        if (query.Until <= query.From)
        {
            throw StewardException.Invalid("until", "must be after 'from'.");
        }

        var rows = await store.ListAsync(
            new ApprovalQuery
            {
                TenantId = TenantId,
                ChangedFrom = query.From,
                ChangedUntil = query.Until,
                Order = ApprovalOrder.Changed,
                Limit = query.Limit,
                SummariesOnly = true,
                After = ApprovalCursor.Read(query.After, ApprovalOrder.Changed),
            },
            cancellationToken);

        // From the journals themselves: no request is brought into memory for its history.
        var audits = new List<ApprovalAudit>(rows.Count);
        var texts = 0L;
        foreach (var batch in rows.Chunk(HistoriesAtOnce).TakeWhile(_ => texts < MaxTexts))
        {
            audits.AddRange(await Task.WhenAll(batch.Select(async row => new ApprovalAudit
            {
                Approval = ApprovalListed.Read(row).Approval,
                History = await ApprovalHistory.ReadAsync(journals, GrainKeys.Approval(TenantId, row.ApprovalId), cancellationToken),
            })));
            texts += audits.Skip(audits.Count - batch.Length).Sum(audit => audit.History.Sum(entry => (long)(entry.Reason?.Length ?? 0)));
        }

        // A page that holds long stories ends before its limit.
        var isWhole = audits.Count == rows.Count && rows.Count < query.Limit;
        return new ApprovalExportPage { Approvals = audits, Next = isWhole || audits.Count == 0 ? null : ApprovalCursor.Of(rows[audits.Count - 1], ApprovalOrder.Changed) };
    }

    /// <summary>What a view shows: only what the caller may see.</summary>
    private ApprovalQuery ViewOf(ListApprovals query, CallerIdentity caller)
    {
        var table = new ApprovalQuery { TenantId = TenantId, Requester = query.Requester };
        switch (query.View)
        {
            case "mine":
                return table with { WaitsFor = [.. ApprovalRows.ByName(caller.UserId, caller.Email)] };
            case "groups":
                return table with { WaitsFor = [.. caller.Roles.Select(ApprovalRows.ByRole), .. ApprovalRows.ByGroup(caller.UserId, caller.Email)] };
            case "delegated":
                return table with { WaitsFor = [.. ApprovalRows.AsDelegate(caller.UserId, caller.Email)] };
            case "requested":
                return query.Requester is null || query.Requester == caller.UserId
                    ? table with { Requester = caller.UserId }
                    : throw StewardException.Invalid("requester", "must be yourself in the view 'requested'.");
            case "decided":
                return table with { DecidedBy = caller.UserId };
            case "all":
                Caller.RequireAdmin();
                return table;
            default:
                throw StewardException.Invalid("view", "must be mine, groups, delegated, requested, decided or all.");
        }
    }

    private async ValueTask<ApprovalSummary> SummaryOfAsync(ApprovalRow row, CancellationToken cancellationToken)
    {
        var listed = ApprovalListed.Read(row);
        return listed.Open is { } open && parts.Forecasts is { } forecasts && await forecasts.ForecastAsync(TenantId, open, time.GetUtcNow(), cancellationToken) is { } forecast
            ? listed.Approval with { BreachProbability = forecast.BreachProbability }
            : listed.Approval;
    }

    // What the table refuses as a defect of the caller's.
    private static void Check(string? filter, string field)
    {
        if (filter is not null && (filter.Length is 0 or > MaxFilterLength || filter.AsSpan().ContainsAnyExceptInRange('!', '~')))
        {
            throw StewardException.Invalid(field, $"must have 1 to {MaxFilterLength} printable ASCII characters.");
        }
    }

    private static void Check(int limit)
    {
        if (limit is < 1 or > MaxLimit)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxLimit}.");
        }
    }
}
