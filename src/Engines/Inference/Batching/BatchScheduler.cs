namespace Steward.Engines.Inference.Batching;

/// <summary>
/// Decides what runs next on one device: interactive before background, the oldest first, with texts of its length. A plain data structure without threads or clock; its owner
/// serialises calls.
/// </summary>
internal sealed class BatchScheduler(SchedulerLimits limits)
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(20);

    private readonly List<BatchQueue> _queues = [];
    private TimeSpan? _sweptAt;
    private int _sinceBackground;

    /// <summary>Texts that wait in a lane.</summary>
    public int Count(InferenceLane lane) => _queues.Sum(queue => queue.Count(lane));

    /// <summary>Tokens that wait in a lane.</summary>
    public long Tokens(InferenceLane lane) => _queues.Sum(queue => queue.Tokens(lane));

    public BatchQueue AddQueue(BatchPolicy policy, object owner)
    {
        var queue = new BatchQueue(policy, owner);
        _queues.Add(queue);
        return queue;
    }

    /// <summary>Forgets a queue in which nothing waits any more.</summary>
    public void RemoveQueue(BatchQueue queue) => _queues.Remove(queue);

    /// <summary>Why a text would be refused whatever it says, so that nobody tokenises it for nothing; null where it may be taken in.</summary>
    public Admission? FindRefusal(InferenceLane lane, TimeSpan? deadline, TimeSpan now)
    {
        if (Count(lane) >= limits.MaxQueuedTexts || Tokens(lane) >= limits.MaxQueuedTokens)
        {
            return new Admission(AdmissionOutcome.Full, Backlog(lane));
        }

        // Whatever it says takes some time more.
        return deadline is { } due && Backlog(lane) is var backlog && now + backlog > due
            ? new Admission(due <= now ? AdmissionOutcome.Late : AdmissionOutcome.TooBusyForDeadline, backlog)
            : null;
    }

    /// <summary>
    /// Takes a text in, unless too much waits or it could not be done in time by what runs took so far. Where nothing of its queue waits, one now and then is let in all the same, as a trial: only a run can show that they are quicker by now.
    /// </summary>
    public Admission Admit(BatchQueue queue, QueuedWork work, TimeSpan now)
    {
        var backlog = Backlog(work.Lane);
        if (Count(work.Lane) >= limits.MaxQueuedTexts || Tokens(work.Lane) + work.Length > limits.MaxQueuedTokens)
        {
            return new Admission(AdmissionOutcome.Full, backlog);
        }

        if (work.Deadline is { } deadline && now + backlog + queue.Cost.Estimate(1, work.Length) > deadline)
        {
            if (now + backlog >= deadline || !queue.MayTry(work, now))
            {
                return new Admission(deadline <= now ? AdmissionOutcome.Late : AdmissionOutcome.TooBusyForDeadline, backlog);
            }

            queue.AddTrial(work, now);
            return new Admission(AdmissionOutcome.Admitted, TimeSpan.Zero);
        }

        queue.Add(work, now);
        return new Admission(AdmissionOutcome.Admitted, TimeSpan.Zero);
    }

    /// <summary>
    /// Fills <paramref name="batch"/> with what runs now, and its <see cref="Batch.Expired"/> with what fell due. Where nothing does, <paramref name="wait"/> says for how long at
    /// most; null is until something comes.
    /// </summary>
    public bool TryTake(Batch batch, TimeSpan now, out TimeSpan? wait)
    {
        wait = null;
        batch.Items.Clear();
        batch.Expired.Clear();
        Sweep(batch, now);
        while (Next(now, ref wait) is var (queue, seed))
        {
            if (seed.Deadline <= now)
            {
                queue.Remove(seed);
                queue.EndTrial(seed, hasRun: false, now);
                batch.Expired.Add(seed);
                continue;
            }

            _sinceBackground = seed.Lane == InferenceLane.Background ? 0 : _sinceBackground + 1;
            queue.Fill(batch, seed);
            wait = null;
            return true;
        }

        return false;
    }

    /// <summary>Learns from a batch that has run, and ends its texts. Nobody can withdraw them after this.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="took">How long it ran; null where it failed.</param>
    /// <param name="now">When it ended.</param>
    public static void End(Batch batch, TimeSpan? took, TimeSpan now)
    {
        if (took is { } time)
        {
            batch.Queue!.Cost.Record(batch.PaddedTokens, time);
        }

        foreach (var work in batch.Items)
        {
            batch.Queue!.EndTrial(work, hasRun: true, now);
            (work.Batch, work.State) = (null, work.State == WorkState.Unwanted ? WorkState.Unwanted : WorkState.Ended);
        }
    }

    /// <summary>Takes back a text that waits; true when it did. Of a running batch it lowers <see cref="Batch.Wanted"/>.</summary>
    public static bool Withdraw(QueuedWork work, TimeSpan now)
    {
        switch (work.State)
        {
            case WorkState.Queued:
                work.Queue!.Remove(work);
                work.Queue.EndTrial(work, hasRun: false, now);
                return true;
            case WorkState.Running:
                work.State = WorkState.Unwanted;
                work.Batch!.Wanted--;
                return false;
            default:
                return false;
        }
    }

    // The expected wait of a text that comes now. Interactive ones wait for their own kind alone.
    private TimeSpan Backlog(InferenceLane lane)
    {
        var total = TimeSpan.Zero;
        foreach (var queue in _queues)
        {
            total += queue.Backlog(InferenceLane.Interactive);
            if (lane == InferenceLane.Background)
            {
                total += queue.Backlog(InferenceLane.Background);
            }
        }

        return total / limits.Workers;
    }

    private (BatchQueue Queue, QueuedWork Seed)? Next(TimeSpan now, ref TimeSpan? wait)
    {
        var interactive = Oldest(InferenceLane.Interactive, now, ref wait);
        var background = Oldest(InferenceLane.Background, now, ref wait);
        if (interactive is null || background is null)
        {
            return interactive ?? background;
        }

        var isStarved = now - background.Value.Seed.AdmittedAt >= limits.StarvationLimit && _sinceBackground + 1 >= limits.StarvationShare;
        return isStarved ? background : interactive;
    }

    private (BatchQueue Queue, QueuedWork Seed)? Oldest(InferenceLane lane, TimeSpan now, ref TimeSpan? wait)
    {
        (BatchQueue Queue, QueuedWork Seed)? found = null;
        foreach (var queue in _queues)
        {
            if (queue.Oldest(lane) is not { } head || head.AdmittedAt >= found?.Seed.AdmittedAt)
            {
                continue;
            }

            if (queue.WaitThatPays(head, now) is { } patience)
            {
                wait = wait is { } shorter && shorter < patience ? shorter : patience;
                continue;
            }

            found = (queue, head);
        }

        return found;
    }

    // What fell due behind others is answered before it gets to the front.
    private void Sweep(Batch batch, TimeSpan now)
    {
        if (now - _sweptAt < SweepInterval)
        {
            return;
        }

        _sweptAt = now;
        foreach (var queue in _queues)
        {
            queue.Expire(now, batch.Expired);
        }
    }
}

/// <summary>Whether a text was taken in.</summary>
internal enum AdmissionOutcome
{
    Admitted,

    /// <summary>As much waits as may.</summary>
    Full,

    /// <summary>What waits already would take until after its deadline.</summary>
    TooBusyForDeadline,

    /// <summary>Its deadline has passed.</summary>
    Late,
}

/// <summary>What became of a text that wanted in, and how long what waits will take.</summary>
internal readonly record struct Admission(AdmissionOutcome Outcome, TimeSpan Backlog);
