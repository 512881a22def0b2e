using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Budgets;

/// <summary>Reserves what a call may use of the budgets that count it, and settles what it has used once it ended, however it did.</summary>
internal sealed class BudgetStage(BudgetKeeper keeper, IChatModelSource models, IOptions<ModelBudgetOptions> options, IOptions<ModelsOptions> configured) : IModelStage
{
    private readonly ConcurrentDictionary<ModelCall, BudgetReservation> _reserved = new(ReferenceEqualityComparer.Instance);
    private readonly ModelMeter _meter = new(models);

    /// <inheritdoc/>
    public string Name => "budget";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.Budget;

    /// <inheritdoc/>
    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        var ledger = keeper.LedgerOf(call.Origin.TenantId);
        if (ledger.HasNone)
        {
            // It stays in use, so that a budget that is set now is known soon.
            ledger.Touch();
            return null;
        }

        var most = call.Request.OutputLimit is { } wanted && configured.Value.MaxOutputTokens is { } limit ? Math.Min(wanted, limit)
            : call.Request.OutputLimit ?? configured.Value.MaxOutputTokens ?? options.Value.DefaultMaxOutputTokens;
        var reservation = await keeper.ReserveAsync(call.Origin, _meter.Most(call, most), cancellationToken);
        if (reservation.Count == 0)
        {
            return null;
        }

        // The answer must not become longer than what was reserved for it.
        if (ledger.CountsTokens && call.Request.OutputLimit is null)
        {
            call.Request = call.Request with { OutputCap = most };
        }

        _reserved[call] = reservation;
        return null;
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (_reserved.TryRemove(call, out var reservation))
        {
            var used = _meter.Used(call, outcome);
            var counts = outcome.WasAsked && (outcome.Finished is not null || used.Tokens > 0);
            BudgetKeeper.Settle(reservation, new BudgetAmount(used.Tokens, used.CostUsd is { } cost ? BudgetAmount.ToNano(cost) : null, counts ? 1 : 0));
        }

        return default;
    }
}
