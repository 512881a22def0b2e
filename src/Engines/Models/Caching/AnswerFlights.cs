namespace Steward.Engines.Models.Caching;

/// <summary>
/// Equal calls under way: the first leads and asks, the others follow and get its answer. A leader that fails, or whose caller goes away, ends its own call only: of those that follow, the first to notice leads and asks in its own name, with its
/// own time and budget. Safe for concurrent use.
/// </summary>
internal sealed class AnswerFlights
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AnswerKey, AnswerFlight> _flights = [];

    /// <summary>The call under way, or a new one that the caller leads.</summary>
    public AnswerFlight Join(AnswerKey key, out bool leads)
    {
        lock (_gate)
        {
            leads = !_flights.TryGetValue(key, out var flight);
            if (leads)
            {
                _flights[key] = flight = new AnswerFlight(key);
            }

            return flight!;
        }
    }

    /// <summary>The leader has ended, or is given up; whoever comes next leads.</summary>
    public void End(AnswerFlight flight, FlightEnd end)
    {
        lock (_gate)
        {
            if (_flights.GetValueOrDefault(flight.Key) == flight)
            {
                _flights.Remove(flight.Key);
            }
        }

        flight.End(end);
    }
}

/// <summary>One call that others may wait for.</summary>
internal sealed class AnswerFlight(AnswerKey key)
{
    private readonly TaskCompletionSource<FlightEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AnswerKey Key => key;

    public Task<FlightEnd> Ended => _end.Task;

    public void End(FlightEnd end) => _end.TrySetResult(end);
}

/// <summary>How a leader ended.</summary>
/// <param name="Answer">What all get; null when there is nothing to share.</param>
/// <param name="MayLead">Without an answer: whether one of the others leads, as after a failure; otherwise each asks itself, as after an answer that is good for one call only.</param>
internal sealed record FlightEnd(CachedAnswer? Answer, bool MayLead)
{
    public static FlightEnd Failed { get; } = new(null, true);

    public static FlightEnd NotShared { get; } = new(null, false);
}
