using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Budgets;

/// <summary>
/// Keeps the budgets of this silo's tenants: a ledger for each, from which calls are let in without waiting as long as it holds enough, and which is told to and filled by the owner in the background. Safe for concurrent use.
/// </summary>
public sealed partial class BudgetKeeper(IBudgetOwner owner, IOptions<ModelBudgetOptions> options, TimeProvider time, ILogger<BudgetKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan LongestExchange = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(3);
    private const int ClosingAttempts = 3;
    private const int MostWakes = 3;

    private readonly ConcurrentDictionary<string, BudgetLedger> _ledgers = new(StringComparer.Ordinal);
    private readonly ModelBudgetOptions _options = options.Value;

    /// <summary>What this silo knows of a tenant's budgets.</summary>
    internal BudgetLedger LedgerOf(string tenantId)
    {
        if (_ledgers.TryGetValue(tenantId, out var known) && !known.IsForgotten)
        {
            return known;
        }

        return _ledgers.AddOrUpdate(tenantId, _ => NewLedger(), (_, before) => before.IsForgotten ? NewLedger() : before);
    }

    /// <summary>Reserves what a call may use, at once or after a bounded wait.</summary>
    /// <exception cref="ModelException"><c>model_over_budget</c>, <c>model_price_unknown</c>, or <c>model_unavailable</c> when the budgets cannot be asked.</exception>
    public ValueTask<BudgetReservation> ReserveAsync(ModelCallOrigin origin, BudgetAmount need, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return LedgerOf(origin.TenantId).TryReserve(origin, need, isLast: false, out var reservation, out var refusal) switch
        {
            BudgetVerdict.Reserved => ValueTask.FromResult(reservation!),
            BudgetVerdict.Refused => throw Refused(refusal!),
            _ => new ValueTask<BudgetReservation>(WaitAsync(origin, need, cancellationToken)),
        };
    }

    /// <summary>A call that had reserved has ended. Does nothing when told twice.</summary>
    /// <param name="reservation">What it had reserved.</param>
    /// <param name="used">What it has used.</param>
    public static void Settle(BudgetReservation reservation, BudgetAmount used)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        reservation.Ledger.Settle(reservation, used);
    }

    /// <summary>A call was answered by a cache.</summary>
    public void CountCached(ModelCallOrigin origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        LedgerOf(origin.TenantId).CountCached(origin);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestClosing);
        await Task.WhenAll(_ledgers.Select(pair => CloseAsync(pair.Key, pair.Value, limit.Token)));
    }

    /// <summary>Tells the owners what there is to tell. Ends when all that was due was answered, or has failed.</summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        List<Task> running = [];
        foreach (var pair in _ledgers)
        {
            if (pair.Value.TryForget())
            {
                _ledgers.TryRemove(pair);
            }
            else if (pair.Value.Prepare() is { } exchange)
            {
                running.Add(ExchangeAsync(pair.Key, pair.Value, exchange, cancellationToken));
            }
        }

        await Task.WhenAll(running);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.FlushEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // One that hangs keeps no other from its turn: a ledger has one exchange at a time by itself.
            _ = TickAsync(stoppingToken);
        }
    }

    private BudgetLedger NewLedger() => new($"{Environment.MachineName.ToLowerInvariant()}-{Guid.CreateVersion7():n}", _options, time);

    private async Task<BudgetReservation> WaitAsync(ModelCallOrigin origin, BudgetAmount need, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        long? shortSince = null;
        var (isLast, wakes) = (false, MostWakes);
        var ledger = LedgerOf(origin.TenantId);
        var waiting = ledger.BeginWait(origin, need);
        try
        {
            while (true)
            {
                var verdict = ledger.TryReserve(origin, need, isLast, out var reservation, out var refusal);
                if (verdict == BudgetVerdict.Reserved)
                {
                    BudgetDiagnostics.Waits.Record(time.GetElapsedTime(began).TotalSeconds);
                    return reservation!;
                }

                if (verdict == BudgetVerdict.Refused)
                {
                    throw Refused(refusal!);
                }

                if (ledger.IsForgotten || waiting.Length == 0)
                {
                    // What counts the call may be known only now.
                    ledger.EndWait(waiting);
                    ledger = LedgerOf(origin.TenantId);
                    waiting = ledger.BeginWait(origin, need);
                }

                var left = verdict == BudgetVerdict.Short && shortSince is { } since ? _options.RecallWait - time.GetElapsedTime(since) : _options.OwnerWait - time.GetElapsedTime(began);
                var answered = ledger.AnsweredAsync();
                if (wakes > 0)
                {
                    Wake(origin.TenantId, ledger);
                }

                try
                {
                    // Asked at once, and again when others were faster; what is still missing then, or could not be asked, comes with the next turns.
                    var answer = await answered.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
                    wakes = answer is false ? 0 : answer is true && verdict == BudgetVerdict.Short ? wakes - 1 : wakes;
                    if (answer is true && verdict == BudgetVerdict.Short)
                    {
                        shortSince ??= time.GetTimestamp();
                    }
                }
                catch (TimeoutException) when (shortSince is not null && verdict == BudgetVerdict.Short)
                {
                    isLast = true;
                }
                catch (TimeoutException)
                {
                    throw Refused(BudgetRefusals.Unreachable());
                }
            }
        }
        finally
        {
            ledger.EndWait(waiting);
        }
    }

    // Off the caller's scheduler: a grain must not wait for its own turn.
    private void Wake(string tenantId, BudgetLedger ledger)
    {
        if (ledger.Prepare(isAsked: true) is { } exchange)
        {
            _ = Task.Run(() => ExchangeAsync(tenantId, ledger, exchange, CancellationToken.None), CancellationToken.None);
        }
    }

    private async Task ExchangeAsync(string tenantId, BudgetLedger ledger, BudgetExchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            ledger.Accept(await owner.ExchangeAsync(tenantId, exchange, cancellationToken).WaitAsync(LongestExchange, time, cancellationToken));
        }
#pragma warning disable CA1031 // Whatever it is, the same batch is told again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            ledger.Fail();
            if (!cancellationToken.IsCancellationRequested)
            {
                BudgetDiagnostics.Failures.Add(1);
                LogFailed(logger, exception, tenantId);
            }
        }
    }

    private async Task CloseAsync(string tenantId, BudgetLedger ledger, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < ClosingAttempts && !cancellationToken.IsCancellationRequested; attempt++)
        {
            if (ledger.Prepare(isClosing: true) is { } exchange)
            {
                await ExchangeAsync(tenantId, ledger, exchange, cancellationToken);
                if (exchange.IsClosing)
                {
                    return;
                }
            }
            else
            {
                await ((Task)ledger.AnsweredAsync()).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static ModelException Refused(BudgetRefusal refusal)
    {
        BudgetDiagnostics.Refused.Add(1, new KeyValuePair<string, object?>("code", refusal.Code));
        return new ModelException(refusal.Code, refusal.Message) { IsRetryable = refusal.Code == "model_unavailable", RetryAfter = refusal.RetryAfter };
    }

    [LoggerMessage(EventId = 2401, Level = LogLevel.Warning, Message = "The budgets of {Tenant} cannot be told now what was used; they are told again")]
    private static partial void LogFailed(ILogger logger, Exception exception, string tenant);
}
