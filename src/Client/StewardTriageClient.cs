using System.Security.Cryptography;
using System.Text;
using Steward.Errors;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Client;

/// <summary>The tenant's triage over grain calls.</summary>
internal sealed class StewardTriageClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity, TimeProvider time) : ITriageClient
{
    private const int PartBytes = 1024 * 1024;
    private const int ClassifiedAtOnce = 16;

    private ITriageGrain Triage => grains.GetGrain<ITriageGrain>(GrainKeys.Triage(identity.TenantId));

    private ITriageLearningGrain Learning => grains.GetGrain<ITriageLearningGrain>(GrainKeys.TriageLearning(identity.TenantId));

    /// <inheritdoc/>
    public Task<TriageDecision> ClassifyAsync(TriageTicket ticket, CancellationToken cancellationToken = default)
    {
        InputRules.Ticket(ticket);
        return CallAsync("triage.classify", changes: ticket.Id is not null, Triage, ticket, static (triage, ticket, token) => triage.Classify(ticket, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriageOutcome>> ClassifyAllAsync(IReadOnlyList<TriageTicket> tickets, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        InputRules.Several(tickets.Count, "tickets");
        var outcomes = new TriageOutcome[tickets.Count];
        await Parallel.ForAsync(0, tickets.Count, new ParallelOptions { MaxDegreeOfParallelism = ClassifiedAtOnce, CancellationToken = cancellationToken }, async (i, token) =>
        {
            try
            {
                outcomes[i] = new TriageOutcome(tickets[i].Id, await ClassifyAsync(tickets[i], token), null);
            }
            catch (StewardException error)
            {
                outcomes[i] = new TriageOutcome(tickets[i].Id, null, error);
            }
        });
        return outcomes;
    }

    /// <inheritdoc/>
    public async Task<TriageDecision> GetDecisionAsync(string ticketId, CancellationToken cancellationToken = default)
    {
        InputRules.TicketId(ticketId);
        return await CallAsync("triage.get-decision", changes: false, Triage, ticketId, static (triage, id, token) => triage.GetDecision(id, token), cancellationToken)
            ?? throw StewardException.NotFound("The decision");
    }

    /// <inheritdoc/>
    public Task<FoundTickets> FindTicketsAsync(FindTickets query, CancellationToken cancellationToken = default)
    {
        InputRules.FindTickets(query);
        return CallAsync("triage.find-tickets", changes: false, Triage, query, static (triage, query, token) => triage.FindTickets(query, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<WaitingTickets> ListWaitingAsync(long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default) =>
        CallAsync("triage.list-waiting", changes: false, Triage, (afterSequence, limit), static (triage, page, token) => triage.ListWaiting(page.afterSequence, page.limit, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriageLabelResult>> LabelAsync(IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken = default)
    {
        InputRules.Labels(labels);
        var results = new TriageLabelResult?[labels.Count];
        var good = new List<TriageLabel>();
        for (var i = 0; i < labels.Count; i++)
        {
            try
            {
                InputRules.Label(labels[i]);
                // Whoever calls says so by themselves: nothing else may be said of where a label comes from.
                good.Add(labels[i] with { Source = TriageLabelSource.Feedback, By = null, At = null });
            }
            catch (StewardException error)
            {
                results[i] = new TriageLabelResult { TicketId = labels[i].TicketId, IsTaken = false, Problem = error.Message };
            }
        }

        var taken = good.Count == 0
            ? []
            : await CallAsync("triage.label", changes: true, Triage, good, static (triage, labels, token) => triage.Label(labels, token), cancellationToken);
        var next = 0;
        return [.. results.Select(result => result ?? taken[next++])];
    }

    /// <inheritdoc/>
    public Task<TriageSettings> GetSettingsAsync(CancellationToken cancellationToken = default) =>
        CallAsync("triage.get-settings", changes: false, Triage, 0, static (triage, _, token) => triage.GetSettings(token), cancellationToken);

    /// <inheritdoc/>
    public Task<TriageSettings> SetSettingsAsync(TriageSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return calls.CallAsync("triage.set-settings", idempotent: false, changes: true, Triage, settings, static (triage, settings, token) => triage.SetSettings(settings, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TriageReport> GetReportAsync(int days = 7, CancellationToken cancellationToken = default)
    {
        InputRules.ReportDays(days);
        return CallAsync("triage.report", changes: false, Triage, days, static (triage, days, token) => triage.GetReport(days, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TriageHeads> GetHeadsAsync(CancellationToken cancellationToken = default) =>
        CallAsync("triage.get-heads", changes: false, Triage, 0, static (triage, _, token) => triage.GetHeads(token), cancellationToken);

    /// <inheritdoc/>
    public Task<TriageHeads> UseHeadAsync(UseTriageHead command, CancellationToken cancellationToken = default)
    {
        InputRules.UseHead(command);
        return CallAsync("triage.use-head", changes: true, Triage, command, static (triage, command, token) => triage.UseHead(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TriageTraining>> ListTrainingsAsync(CancellationToken cancellationToken = default) =>
        CallAsync("triage-learning.list", changes: false, Learning, 0, static (learning, _, token) => learning.List(token), cancellationToken);

    /// <inheritdoc/>
    public Task<TriageTraining> StartTrainingAsync(CancellationToken cancellationToken = default) =>
        CallAsync("triage-learning.start", changes: true, Learning, 0, static (learning, _, token) => learning.Start(token), cancellationToken);

    /// <inheritdoc/>
    public Task<TriageHealth> GetHealthAsync(CancellationToken cancellationToken = default) =>
        CallAsync("triage-learning.get-health", changes: false, Learning, 0, static (learning, _, token) => learning.GetHealth(token), cancellationToken);

    /// <inheritdoc/>
    public async Task<TriageImport> ImportAsync(Func<Stream> open, string? operationId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(open);
        OnlyAdmins();
        operationId ??= "op-" + RandomNumberGenerator.GetString(InputRules.IdAlphabet, 24);
        InputRules.OperationId(operationId);
        var importId = ImportIdOf(operationId);
        var known = await FindImportAsync(importId, cancellationToken);
        if (known is not null and not { State: TriageImportState.Receiving })
        {
            return known;
        }

        await using var file = open();
        var part = await ReadPartAsync(file, cancellationToken);
        if (part.Length == 0)
        {
            throw StewardException.Invalid("body", "must be comma-separated text whose first line names the columns.");
        }

        for (var number = 0; ; number++)
        {
            // Whether a part is the last one is known when there is none after it.
            var next = part.Length == PartBytes ? await ReadPartAsync(file, cancellationToken) : [];
            var import = await CallAsync(
                "triage-import.add-part",
                changes: true,
                Import(importId),
                (number, part, isLast: next.Length == 0),
                static (import, sent, token) => import.AddPart(sent.number, sent.part, sent.isLast, token),
                cancellationToken);
            if (next.Length == 0)
            {
                return import;
            }

            part = next;
        }
    }

    /// <inheritdoc/>
    public async Task<TriageImport> GetImportAsync(string importId, CancellationToken cancellationToken = default) =>
        await FindImportAsync(importId, cancellationToken) ?? throw StewardException.NotFound("The import");

    /// <inheritdoc/>
    public Task<IReadOnlyList<TriageImport>> ListImportsAsync(CancellationToken cancellationToken = default)
    {
        OnlyAdmins();
        return CallAsync(
            "triage-imports.list",
            changes: false,
            grains.GetGrain<ITriageImportsGrain>(GrainKeys.TriageImports(identity.TenantId)),
            0,
            static (imports, _, token) => imports.List(token),
            cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<TriageImport> WatchImportAsync(string importId, CancellationToken cancellationToken = default) =>
        ImportWatch.WatchAsync(token => GetImportAsync(importId, token), time, cancellationToken);

    /// <inheritdoc/>
    public Task<TriageImport> CancelImportAsync(string importId, CancellationToken cancellationToken = default)
    {
        OnlyAdmins();
        return CallAsync("triage-import.cancel", changes: true, Import(importId), 0, static (import, _, token) => import.Cancel(token), cancellationToken);
    }

    /// <summary>The import that an operation of this person is about.</summary>
    private string ImportIdOf(string operationId) =>
        "m-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{identity.UserId}\n{operationId}")).AsSpan(0, 16));

    private static async Task<byte[]> ReadPartAsync(Stream file, CancellationToken cancellationToken)
    {
        var buffer = new byte[PartBytes];
        var read = await file.ReadAtLeastAsync(buffer, PartBytes, throwOnEndOfStream: false, cancellationToken);
        return read == PartBytes ? buffer : buffer[..read];
    }

    private Task<TriageImport?> FindImportAsync(string importId, CancellationToken cancellationToken)
    {
        OnlyAdmins();
        return CallAsync("triage-import.get", changes: false, Import(importId), 0, static (import, _, token) => import.Get(token), cancellationToken);
    }

    private ITriageImportGrain Import(string importId)
    {
        InputRules.ImportId(importId);
        return grains.GetGrain<ITriageImportGrain>(GrainKeys.TriageImport(identity.TenantId, importId));
    }

    // The grains say so as well; this spares activating one, or sending a file, for everybody who asks.
    private void OnlyAdmins()
    {
        if (!identity.Roles.Contains(WellKnownRoles.Admin))
        {
            throw StewardException.Forbidden("Only an admin of the tenant may do this.");
        }
    }

    // Unless said otherwise all calls of this client are idempotent: by their nature, by ids or by the numbers of parts.
    private Task<TResult> CallAsync<TGrain, TState, TResult>(
        string operation, bool changes, TGrain grain, TState state, Func<TGrain, TState, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken) =>
        calls.CallAsync(operation, idempotent: true, changes, grain, state, call, cancellationToken);
}
