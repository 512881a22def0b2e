using System.Collections.Concurrent;
using Steward.Engines.Resilience;

namespace Steward.Engines.Models.Routing;

/// <summary>How many repetitions the calls of one provider may have, all its models and keys together: one for every ten calls, and three a minute whatever happens. Safe for concurrent use.</summary>
internal sealed class ProviderRetries(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly RetryBudget _budget = new();
    private readonly long _began = time.GetTimestamp();

    /// <summary>Counts a call's first request to the provider.</summary>
    public void Earn()
    {
        lock (_gate)
        {
            _budget.Earn();
        }
    }

    /// <summary>Takes one repetition, if there is one.</summary>
    public bool TrySpend()
    {
        lock (_gate)
        {
            var hasRoom = _budget.HasRoom(time.GetElapsedTime(_began));
            if (hasRoom)
            {
                _budget.Spend();
            }

            return hasRoom;
        }
    }
}

/// <summary>The budgets of repetitions of all providers of the process: chats and embeddings of one provider share one.</summary>
internal sealed class ProviderRetryBudgets(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ProviderRetries> _budgets = new(StringComparer.Ordinal);

    /// <summary>That of a provider, by its name in the configuration.</summary>
    public ProviderRetries Of(string provider) => _budgets.GetOrAdd(provider, _ => new ProviderRetries(time));
}
