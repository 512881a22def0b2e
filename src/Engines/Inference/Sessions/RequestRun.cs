using Steward.Engines.Inference.Batching;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Sessions;

/// <summary>
/// Runs the texts of one request: hands in no more at once than a part of what may wait, takes the rows in their order and hands in the next. So a request of any legal size is
/// done, and leaves room for others meanwhile.
/// </summary>
internal sealed class RequestRun(DeviceWorkers workers, int windowTexts, long windowTokens)
{
    private static readonly TimeSpan LeastRetry = TimeSpan.FromMilliseconds(100);

    /// <summary>All rows, or why there are none; then what was handed in is withdrawn, and what runs is left to itself.</summary>
    public async Task<RunResult> RunAsync(
        LoadedModel model, InferenceLane lane, TimeSpan? deadline, int count, Func<int, (string Text, string? Second)> text, CancellationToken cancellationToken)
    {
        // A text is encoded, then handed in, then taken.
        var works = new InferenceWork?[count];
        var rows = new float[count][];
        var (encoded, handed, taken, tokens) = (0, 0, 0, 0L);
        var isTruncated = false;
        await using var registration = cancellationToken.UnsafeRegister(static state => WithdrawAll(((RequestRun, InferenceWork?[]))state!), (this, works));
        try
        {
            while (taken < count)
            {
                // Looked at after each text that was handed in: the registration may have come before it.
                cancellationToken.ThrowIfCancellationRequested();
                if (handed < count && (handed == taken || (handed - taken < windowTexts && tokens < windowTokens)))
                {
                    var admission = workers.FindRefusal(lane, deadline);
                    if (admission is null)
                    {
                        if (encoded == handed)
                        {
                            var (first, second) = text(handed);
                            works[handed] = model.Encode(first, second, lane, deadline, out var isCut);
                            encoded++;
                            isTruncated |= isCut;
                        }

                        admission = workers.Submit(model.Queue, works[handed]!);
                    }

                    if (admission.Value.Outcome == AdmissionOutcome.Admitted)
                    {
                        tokens += works[handed]!.Length;
                        handed++;
                        continue;
                    }

                    // Where it is full, the end of a text of our own makes room, and the end of one that is tried shows whether there is time for the others; without one the request is refused.
                    var mayChange = handed > taken && (admission.Value.Outcome == AdmissionOutcome.Full || (admission.Value.Outcome == AdmissionOutcome.TooBusyForDeadline && works[handed - 1]!.IsTrial));
                    if (!mayChange)
                    {
                        return Refused(admission.Value);
                    }
                }

                var oldest = works[taken]!;

                // A run that is tried goes on without whoever gives up.
                var outcome = await (oldest.IsTrial ? oldest.Completion.WaitAsync(cancellationToken) : oldest.Completion);
                if (outcome != WorkOutcome.Done)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    return outcome == WorkOutcome.Late
                        ? new RunResult(InferenceOutcome.DeadlinePassed, [], false, "The deadline passed before its turn.", null)
                        : new RunResult(InferenceOutcome.Failed, [], false, "The model failed on this request.", null);
                }

                rows[taken] = oldest.Row;
                tokens -= oldest.Length;
                taken++;
            }

            return new RunResult(InferenceOutcome.Done, rows, isTruncated, null, null);
        }
        finally
        {
            for (var i = taken; i < handed; i++)
            {
                workers.Withdraw(works[i]!);
            }

            // What no queue ever took nobody else ends.
            if (encoded > handed)
            {
                works[handed]!.End(WorkOutcome.Full);
            }
        }
    }

    private static void WithdrawAll((RequestRun Run, InferenceWork?[] Works) request)
    {
        foreach (var work in request.Works)
        {
            if (work is not null)
            {
                request.Run.Withdraw(work);
            }
        }
    }

    private static RunResult Refused(Admission admission) => admission.Outcome switch
    {
        AdmissionOutcome.Late => new RunResult(InferenceOutcome.DeadlinePassed, [], false, "The deadline has passed.", null),
        AdmissionOutcome.TooBusyForDeadline => new RunResult(InferenceOutcome.Busy, [], false, "What waits already would take until after the deadline.", Retry(admission)),
        _ => new RunResult(InferenceOutcome.Busy, [], false, "Too much waits already.", Retry(admission)),
    };

    private static TimeSpan Retry(Admission admission) => admission.Backlog < LeastRetry ? LeastRetry : admission.Backlog;

    private void Withdraw(InferenceWork work) => workers.Withdraw(work);
}

/// <summary>The rows of a request's texts, or why there are none.</summary>
internal sealed record RunResult(InferenceOutcome Outcome, IReadOnlyList<float[]> Rows, bool IsTruncated, string? Problem, TimeSpan? RetryAfter)
{
    public InferenceAnswer<T> As<T>()
        where T : class => InferenceAnswer<T>.Not(Outcome, Problem!, RetryAfter);
}
