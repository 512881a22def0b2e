using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Providers;
using Steward.Engines.Resilience;

namespace Steward.Engines.Models.Routing;

/// <summary>One language model of one provider.</summary>
/// <param name="provider">The provider's name in the configuration.</param>
/// <param name="model">The model.</param>
/// <param name="endpoints">One for each key.</param>
/// <param name="breaker">When calls stop.</param>
/// <param name="time">The clock.</param>
/// <param name="retries">The provider's budget of repetitions; null makes one of its own.</param>
internal sealed class ModelTarget(string provider, string model, IReadOnlyList<Lazy<IModelEndpoint>> endpoints, BreakerSpec breaker, TimeProvider time, ProviderRetries? retries = null)
    : ModelTarget<IModelEndpoint>(provider, model, endpoints, breaker, time, retries);

/// <summary>
/// One model of one provider: its keys and its breaker, shared by all chains of the process that name it, and its provider's budget of repetitions. Decides in memory, in microseconds. Safe for concurrent use.
/// </summary>
/// <typeparam name="TEndpoint">Who is asked: for answers or for vectors.</typeparam>
internal class ModelTarget<TEndpoint>
    where TEndpoint : class
{
    // A key that is refused may be mended at the provider.
    private static readonly TimeSpan RefusedKeyRestsFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LimitedKeyRestsFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan OwnWordHoldsFor = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly IReadOnlyList<Lazy<TEndpoint>> _endpoints;
    private readonly TimeSpan[] _restUntil;
    private readonly CircuitBreaker _breaker;
    private readonly ProviderRetries _retries;
    private readonly TimeProvider _time;
    private readonly long _began;
    private int _next;
    private bool _wasAsked;
    private TimeSpan? _lastSuccess;

    /// <summary>Creates it.</summary>
    /// <param name="provider">The provider's name in the configuration.</param>
    /// <param name="model">The model.</param>
    /// <param name="endpoints">One for each key.</param>
    /// <param name="breaker">When calls stop.</param>
    /// <param name="time">The clock.</param>
    /// <param name="retries">The provider's budget of repetitions; null makes one of its own.</param>
    public ModelTarget(string provider, string model, IReadOnlyList<Lazy<TEndpoint>> endpoints, BreakerSpec breaker, TimeProvider time, ProviderRetries? retries = null)
    {
        (Provider, Model, _endpoints, _time, _retries) = (provider, model, endpoints, time, retries ?? new ProviderRetries(time));
        _restUntil = new TimeSpan[endpoints.Count];
        _breaker = new CircuitBreaker(breaker);
        _began = time.GetTimestamp();
    }

    /// <summary>The provider's name in the configuration.</summary>
    public string Provider { get; }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>What its breaker does now.</summary>
    public BreakerPhase Phase
    {
        get
        {
            lock (_gate)
            {
                return _breaker.Phase;
            }
        }
    }

    /// <summary>How calls from this process find it; null when there was none.</summary>
    public ModelTargetHealth? Health
    {
        get
        {
            lock (_gate)
            {
                // What others said is not said again, or it would never end.
                var left = _breaker is { Phase: BreakerPhase.Open, IsOpenByWord: false } ? _breaker.OpenUntil - Now : TimeSpan.Zero;
                return _wasAsked ? new ModelTargetHealth($"{Provider}/{Model}", left > TimeSpan.Zero ? left : null) : null;
            }
        }
    }

    /// <summary>Learns how other processes find it; null for nothing bad. See <see cref="IChatModelSource.Learn"/>.</summary>
    public void Learn(ModelTargetElsewhere? elsewhere)
    {
        lock (_gate)
        {
            var now = Now;
            _breaker.IsSuspected = elsewhere is { Open: > 0 };
            if (elsewhere is { Open: >= 2 } && elsewhere.Open * 2 >= elsewhere.Processes && !(now - _lastSuccess < OwnWordHoldsFor))
            {
                _breaker.OpenByWord(now, elsewhere.OpenFor < LongestRest ? elsewhere.OpenFor : LongestRest);
            }
        }
    }

    /// <summary>Whether it has several keys of which one may be used now.</summary>
    public bool HasAnotherKey
    {
        get
        {
            lock (_gate)
            {
                var now = Now;
                return _restUntil.Length > 1 && _restUntil.Any(until => until <= now);
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_began);

    /// <summary>Lets an attempt through, or says how long it would have to wait.</summary>
    /// <param name="isRepetition">Whether the provider was asked before in the same call: such attempts have a budget, unless another key is asked than the one that was over its limit.</param>
    /// <param name="wait">How long until it may be tried; null when nobody knows.</param>
    /// <param name="isFirst">Whether it is the call's first request to the provider, of which ten make room for one repetition. Default: whether it is no repetition.</param>
    public ModelPermit<TEndpoint>? TryEnter(bool isRepetition, out TimeSpan? wait, bool? isFirst = null)
    {
        lock (_gate)
        {
            var now = Now;
            wait = _breaker.WaitFor(now);
            if (wait != TimeSpan.Zero)
            {
                return null;
            }

            var key = NextKey(now, out var rest);
            if (key < 0)
            {
                wait = rest;
                return null;
            }

            var isCharged = isRepetition && (_restUntil.Length == 1 || _restUntil.All(until => until <= now));
            if (isCharged && !_retries.TrySpend())
            {
                wait = null;
                return null;
            }

            if (isFirst ?? !isRepetition)
            {
                _retries.Earn();
            }

            _wasAsked = true;
            _breaker.Enter();
            return new ModelPermit<TEndpoint>(this, _endpoints[key].Value, key, _breaker.Epoch);
        }
    }

    /// <summary>An attempt ended.</summary>
    /// <param name="permit">What let it through.</param>
    /// <param name="failed">Whether the provider failed; null when that says nothing about it.</param>
    /// <param name="failure">How, for the key.</param>
    internal void Leave(ModelPermit<TEndpoint> permit, bool? failed, ModelException? failure)
    {
        lock (_gate)
        {
            var now = Now;
            _breaker.Leave(permit.Epoch, failed, now);
            _lastSuccess = failed == false ? now : _lastSuccess;
            var rest = failure?.Code switch
            {
                "model_rate_limited" => failure.RetryAfter ?? LimitedKeyRestsFor,
                "model_unauthenticated" => RefusedKeyRestsFor,
                _ => TimeSpan.Zero,
            };
            if (rest > TimeSpan.Zero)
            {
                _restUntil[permit.Key] = now + (rest < LongestRest ? rest : LongestRest);
            }
        }
    }

    // Keys take turns, so that the limits of all are used. With a single key nothing is gained by its rest: the provider itself says no.
    private int NextKey(TimeSpan now, out TimeSpan rest)
    {
        rest = TimeSpan.MaxValue;
        if (_endpoints.Count == 1)
        {
            return 0;
        }

        for (var i = 0; i < _endpoints.Count; i++)
        {
            var key = (_next + i) % _endpoints.Count;
            if (_restUntil[key] <= now)
            {
                _next = (key + 1) % _endpoints.Count;
                return key;
            }

            rest = _restUntil[key] - now < rest ? _restUntil[key] - now : rest;
        }

        return -1;
    }
}

/// <summary>A permission for one attempt. It has to be given back once, by <see cref="Leave"/>.</summary>
/// <typeparam name="TEndpoint">Who is asked.</typeparam>
/// <param name="Target">Whose.</param>
/// <param name="Endpoint">Who is asked.</param>
/// <param name="Key">Which key.</param>
/// <param name="Epoch">The breaker's phase at the time.</param>
internal sealed record ModelPermit<TEndpoint>(ModelTarget<TEndpoint> Target, TEndpoint Endpoint, int Key, int Epoch)
    where TEndpoint : class
{
    /// <summary>The attempt ended well, or badly, or (null) so that it says nothing about the provider.</summary>
    public void Leave(bool? failed, ModelException? failure = null) => Target.Leave(this, failed, failure);
}
