namespace Steward.Engines.Orchestration;

/// <summary>Working a run off again that has failed for technical reasons. Pure.</summary>
public static class RunReplay
{
    /// <summary>Whether the run is over and stands at a technical failure.</summary>
    public static bool CanReplay(RunSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.HasEnded && snapshot.IsTechnical;
    }

    /// <summary>
    /// The facts that open the run again, for one append: what told of the failure leaves the answer, so that the person reads one coherent answer in the end. The engine then goes on
    /// with the steps whose failure had ended the run; what was done stays done.
    /// </summary>
    /// <param name="snapshot">The run.</param>
    /// <param name="by">Who asked for it.</param>
    /// <exception cref="InvalidOperationException">It cannot be replayed.</exception>
    public static IReadOnlyList<RunFact> Begin(RunSnapshot snapshot, string by)
    {
        if (!CanReplay(snapshot))
        {
            throw new InvalidOperationException("Only a run that has failed for technical reasons can be replayed.");
        }

        var replayed = new RunReplayed { By = by, Attempt = snapshot.Attempt + 1 };
        return snapshot.EndTextFrom is { } from && from < snapshot.AnswerLength ? [replayed, new AnswerDelta { Offset = from, Text = "" }] : [replayed];
    }
}
