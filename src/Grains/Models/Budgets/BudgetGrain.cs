using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Budgets;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Models;

/// <summary>
/// Owns a tenant's budgets of model calls: what holds, what was used, and what each silo may spend without asking. Persists: a journal of facts, folded, with snapshots; nothing is given to a silo before that is durable.
/// Woken by: the silos' reports, and admins. A silo that was not heard of for half as long again as its lease is taken for lost: what it had reported as reserved counts as used, the rest comes back.
/// </summary>
internal sealed partial class BudgetGrain : StewardGrain, IBudgetGrain, IDisposable
{
    private const int MaxBudgets = 200;
    private const int MaxUseShown = 100;
    private const int PurgeAfter = 4096;

    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<(BudgetKey Key, int Level)> _telling = [];
    private readonly FoldedJournal<BudgetGrainState> _journal;
    private readonly BudgetAlerts _alerts;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly ILogger<BudgetGrain> _logger;

    public BudgetGrain(IJournalStore journals, BudgetAlerts alerts, IOptions<ModelBudgetOptions> options, TimeProvider time, ILogger<BudgetGrain> logger)
    {
        (_alerts, _lease, _time, _logger) = (alerts, options.Value.Lease, time, logger);
        _journal = new FoldedJournal<BudgetGrainState>(journals, this.GetPrimaryKeyString(), BudgetJson.Default.BudgetGrainState, time, DeactivateOnIdle);
    }

    private string Key => this.GetPrimaryKeyString();

    private BudgetBook Book => _journal.State.Book;

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);

        // Whoever held something before has the whole of its lease to say so.
        foreach (var lease in Book.Leases.Keys)
        {
            _seen[lease] = _time.GetTimestamp();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ModelBudget>> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        await LoseSilentAsync();
        return [.. Book.Definitions.Values.Select(Describe)];
    }

    /// <inheritdoc/>
    public async Task<ModelBudget> Set(ModelBudgetSpec spec, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        BudgetRules.Check(spec);
        var definition = BudgetRules.ToDefinition(spec);
        if (Book.Definitions.TryGetValue(spec.Id, out var before))
        {
            Same(before.Scope, definition.Scope, "scope");
            Same(before.Unit, definition.Unit, "unit");
            Same(before.Window, definition.Window, "window");
            if (before == definition with { Since = before.Since })
            {
                return Describe(before);
            }
        }
        else if (Book.Definitions.Count >= MaxBudgets)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"A tenant has at most {MaxBudgets} budgets; delete some first.");
        }

        await AppendAsync(BudgetFactTypes.Set, new BudgetSet(definition, Caller.Required.UserId), BudgetJson.Default.BudgetSet);
        return Describe(Book.Definitions[spec.Id]);
    }

    /// <inheritdoc/>
    public async Task<bool> Delete(string budgetId, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (!Book.Definitions.ContainsKey(budgetId))
        {
            return false;
        }

        await AppendAsync(BudgetFactTypes.Deleted, new BudgetDeleted(budgetId, Caller.Required.UserId), BudgetJson.Default.BudgetDeleted);
        return true;
    }

    /// <inheritdoc/>
    public async Task<BudgetGrant> Exchange(BudgetReport report, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var exchange = BudgetMessages.ToExchange(report);
        _seen[exchange.LeaseId] = _time.GetTimestamp();
        await LoseSilentAsync();
        if (Book.Leases.TryGetValue(exchange.LeaseId, out var lease) && lease.IsLost)
        {
            await AppendAsync(BudgetFactTypes.LeaseBack, new BudgetLeaseBack(exchange.LeaseId), BudgetJson.Default.BudgetLeaseBack);
        }

        if (Book.Plan(exchange, _time.GetUtcNow()) is { } fact)
        {
            await AppendAsync(BudgetFactTypes.Exchanged, fact, BudgetJson.Default.BudgetExchanged);
            Tell(fact);
        }

        return BudgetMessages.ToGrant(Book.Answer(exchange, _time.GetUtcNow()));
    }

    private async Task LoseSilentAsync()
    {
        var longest = _lease * 1.5;
        foreach (var (id, _) in Book.Leases.Where(pair => !pair.Value.IsLost && _time.GetElapsedTime(_seen.GetValueOrDefault(pair.Key)) > longest).ToList())
        {
            await AppendAsync(BudgetFactTypes.LeaseLost, new BudgetLeaseLost(id), BudgetJson.Default.BudgetLeaseLost);
            LogLost(_logger, Key, id);
        }

        foreach (var id in _seen.Keys.Where(id => !Book.Leases.ContainsKey(id) && _time.GetElapsedTime(_seen[id]) > longest).ToList())
        {
            _seen.Remove(id);
        }
    }

    private async Task AppendAsync<T>(string type, T fact, JsonTypeInfo<T> json)
    {
        await _journal.AppendAsync(type, fact, json, static () => null);
        await _journal.ShortenAsync(PurgeAfter);
    }

    private void Tell(BudgetExchanged fact)
    {
        foreach (var change in fact.Changes)
        {
            if (!Book.Counts.TryGetValue(change.Key, out var count) || !Book.Definitions.TryGetValue(change.Key.BudgetId, out var definition))
            {
                continue;
            }

            var level = count.Spent >= definition.Limit ? 2 : count.Spent >= definition.Limit * definition.AlertAt ? 1 : 0;
            if (level > count.Told && _telling.Add((change.Key, level)))
            {
                _ = TellAsync(definition, count.Key, count.Spent, count.EndsAt, level);
            }
        }
    }

    // In the background of the activation: no report waits for notices. What could not be told is told with a later report, by the same id.
    private async Task TellAsync(BudgetDefinition definition, BudgetKey key, long spent, DateTimeOffset endsAt, int level)
    {
        try
        {
            await _alerts.TellAsync(GrainKeys.TenantOf(Key), definition, key, spent, endsAt, level);
            await _journal.AppendAsync(BudgetFactTypes.Told, new BudgetTold(key, level), BudgetJson.Default.BudgetTold, static () => null);
        }
#pragma warning disable CA1031 // Whatever keeps the notice back, the budget holds.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(_logger, exception, Key, key.BudgetId);
        }
        finally
        {
            _telling.Remove((key, level));
        }
    }

    private ModelBudget Describe(BudgetDefinition definition)
    {
        var label = BudgetWindows.LabelOf(definition.Window, BudgetWindows.ZoneOf(definition.TimeZone), _time.GetUtcNow());
        var counts = Book.Counts.Values.Where(count => count.Key.BudgetId == definition.Id && count.Key.Window == label).OrderByDescending(count => count.Spent).ToList();
        return new ModelBudget
        {
            Spec = BudgetRules.ToSpec(definition),
            Subjects = counts.Count,
            Use = [.. counts.Take(MaxUseShown).Select(count => new ModelBudgetUse
            {
                Subject = count.Key.Subject,
                Window = label,
                EndsAt = count.EndsAt,
                Used = BudgetRules.ToDecimal(count.Spent, definition.Unit),
                Unsettled = BudgetRules.ToDecimal(count.Unsettled, definition.Unit),
                Reserved = BudgetRules.ToDecimal(count.Reserved, definition.Unit),
            })],
        };
    }

    private static void Same<T>(T before, T now, string field)
        where T : struct, Enum
    {
        if (!EqualityComparer<T>.Default.Equals(before, now))
        {
            throw StewardException.Invalid(field, "cannot be changed, since what was counted would mean something else; delete the budget, or set another one.");
        }
    }

    [LoggerMessage(EventId = 2411, Level = LogLevel.Warning, Message = "{Key} has not heard of {Lease}: what it had reserved counts as used, the rest is free again")]
    private static partial void LogLost(ILogger logger, string key, string lease);

    [LoggerMessage(EventId = 2412, Level = LogLevel.Warning, Message = "The admins could not be told now of {Budget} of {Key}; they are with what is used next")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string key, string budget);
}
