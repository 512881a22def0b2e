namespace Steward.Engines.Models.Degradation;

/// <summary>
/// The step that the operator has forced for the whole cluster, as far as this process was told. It runs out by itself when its time is over, also where nobody can say so any more. <see cref="DegradationOptions.Forced"/> of the process goes before it.
/// Safe for concurrent use.
/// </summary>
public sealed class DegradationSwitch(TimeProvider time)
{
    private volatile Position? _position;

    /// <summary>The step that is forced now; null lets the process decide.</summary>
    public DegradationStep? Step => _position is { } held && (held.Left is not { } left || time.GetElapsedTime(held.Since) < left) ? held.Step : null;

    /// <summary>Takes in what the cluster says.</summary>
    /// <param name="step"><c>full</c>, <c>reduced</c>, <c>cached</c> or <c>queue</c>; null forces none, and so does a name that this version does not know.</param>
    /// <param name="left">How long it holds from now on; null is until another word.</param>
    /// <returns>Whether another step, or none, is forced now than before.</returns>
    public bool Follow(string? step, TimeSpan? left)
    {
        var before = Step;
        _position = DegradationSteps.Parse(step) is { } forced ? new Position(forced, time.GetTimestamp(), left) : null;
        return Step != before;
    }

    private sealed record Position(DegradationStep Step, long Since, TimeSpan? Left);
}
