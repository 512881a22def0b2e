namespace Steward.Engines.Inference.Batching;

/// <summary>What waits for one version of a model, by lane and by length. Its scheduler alone uses it.</summary>
internal sealed class BatchQueue
{
    // Texts of one bucket waste at most a third of a row.
    private static readonly int[] Edges = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

    private static readonly TimeSpan LeastBetweenTrials = TimeSpan.FromMilliseconds(250);

    // What is tried may turn out to be as slow as expected: at most a twentieth of the device's time goes there.
    private const double TrialRest = 20;

    private readonly LinkedList<QueuedWork>[][] _lanes = [CreateLane(), CreateLane()];
    private readonly long[] _tokens = new long[2];
    private readonly int[] _counts = new int[2];
    private TimeSpan? _lastArrival;
    private QueuedWork? _trial;
    private (TimeSpan At, bool HasRun)? _tried;
    private double _gap = double.PositiveInfinity;

    internal BatchQueue(BatchPolicy policy, object owner) => (Policy, Owner) = (policy, owner);

    public BatchPolicy Policy { get; }

    /// <summary>Whose texts these are.</summary>
    public object Owner { get; }

    public RunCost Cost { get; } = new();

    public long Tokens(InferenceLane lane) => _tokens[(int)lane];

    public int Count(InferenceLane lane) => _counts[(int)lane];

    /// <summary>The expected time of all that waits in a lane.</summary>
    public TimeSpan Backlog(InferenceLane lane)
    {
        var runs = (_counts[(int)lane] + Policy.MaxBatchSize - 1) / Policy.MaxBatchSize;
        return Cost.Estimate(runs, _tokens[(int)lane]);
    }

    /// <summary>
    /// Whether a text may be tried though its run is expected to take too long: nothing waits here, nothing is being tried, and the last one that was has ended a quarter of a second ago, and twenty times as long as the run is expected to take.
    /// </summary>
    public bool MayTry(QueuedWork work, TimeSpan now)
    {
        if (_counts[0] + _counts[1] > 0 || _trial is not null)
        {
            return false;
        }

        // What fell due or was taken back before its run has cost nothing.
        var rest = _tried is { HasRun: true } ? TrialRest * Cost.Estimate(1, work.Length) : TimeSpan.Zero;
        return _tried is not { } last || now - last.At >= (rest > LeastBetweenTrials ? rest : LeastBetweenTrials);
    }

    /// <summary>Takes in a text that is tried.</summary>
    public void AddTrial(QueuedWork work, TimeSpan now)
    {
        work.IsTrial = true;
        _trial = work;
        Add(work, now);
    }

    /// <summary>Notes that a text has ended, after its run or without one.</summary>
    public void EndTrial(QueuedWork work, bool hasRun, TimeSpan now)
    {
        if (_trial == work)
        {
            (_trial, _tried) = (null, (now, hasRun));
        }
    }

    public void Add(QueuedWork work, TimeSpan now)
    {
        // The mean gap between arrivals, over about the last five.
        var gap = _lastArrival is { } last ? (now - last).TotalSeconds : double.PositiveInfinity;
        _gap = double.IsFinite(_gap) ? (0.8 * _gap) + (0.2 * gap) : gap;
        _lastArrival = now;

        var list = _lanes[(int)work.Lane][BucketOf(work.Length)];
        work.Node = list.AddLast(work);
        (work.Queue, work.State, work.AdmittedAt) = (this, WorkState.Queued, now);
        _tokens[(int)work.Lane] += work.Length;
        _counts[(int)work.Lane]++;
    }

    public void Remove(QueuedWork work)
    {
        work.Node!.List!.Remove(work.Node);
        (work.Node, work.State) = (null, WorkState.Ended);
        _tokens[(int)work.Lane] -= work.Length;
        _counts[(int)work.Lane]--;
    }

    /// <summary>The text that has waited longest in a lane.</summary>
    public QueuedWork? Oldest(InferenceLane lane)
    {
        QueuedWork? oldest = null;
        foreach (var list in _lanes[(int)lane])
        {
            if (list.First?.Value is { } head && (oldest is null || head.AdmittedAt < oldest.AdmittedAt))
            {
                oldest = head;
            }
        }

        return oldest;
    }

    /// <summary>Moves what fell due into <paramref name="expired"/>.</summary>
    public void Expire(TimeSpan now, List<QueuedWork> expired)
    {
        foreach (var lane in _lanes)
        {
            foreach (var list in lane)
            {
                for (var node = list.First; node is not null;)
                {
                    var (work, next) = (node.Value, node.Next);
                    if (work.Deadline <= now)
                    {
                        Remove(work);
                        EndTrial(work, hasRun: false, now);
                        expired.Add(work);
                    }

                    node = next;
                }
            }
        }
    }

    /// <summary>
    /// How long a wait for more company pays, or null: the expected next arrival costs each waiting text the mean gap and saves one run's fixed cost.
    /// </summary>
    public TimeSpan? WaitThatPays(QueuedWork oldest, TimeSpan now)
    {
        var count = _counts[0] + _counts[1];
        if (Policy.MaxDelay <= TimeSpan.Zero || count >= Policy.MaxBatchSize || 2 * (_tokens[0] + _tokens[1]) >= Policy.TokenBudget || !Cost.IsKnown || _gap * count >= Cost.Fixed)
        {
            return null;
        }

        var patience = oldest.AdmittedAt + Policy.MaxDelay - now;
        if (oldest.Deadline is { } deadline)
        {
            var spare = deadline - now - Cost.Estimate(1, oldest.Length);
            patience = spare < patience ? spare : patience;
        }

        var gap = TimeSpan.FromSeconds(_gap);
        return patience < gap ? null : patience;
    }

    /// <summary>Fills a batch that begins with <paramref name="seed"/>: texts of about its length, first of its lane, each list in its order.</summary>
    public void Fill(Batch batch, QueuedWork seed)
    {
        batch.Begin(this);
        Take(batch, seed);
        var bucket = BucketOf(seed.Length);
        // Shorter texts may join further down, where their padding allows it; longer ones would pad all others.
        for (var lane = 0; lane < 2; lane++)
        {
            for (var at = bucket; at >= 0; at--)
            {
                var list = _lanes[lane == 0 ? (int)seed.Lane : 1 - (int)seed.Lane][at];
                while (list.First?.Value is { } next && Fits(batch, next))
                {
                    Take(batch, next);
                }
            }
        }
    }

    private bool Fits(Batch batch, QueuedWork work)
    {
        var length = Math.Max(batch.MaxLength, work.Length);
        return batch.Items.Count < Policy.MaxBatchSize
            && (batch.Items.Count + 1) * length <= Policy.TokenBudget
            && work.Length >= length * (1 - Policy.MaxPadding);
    }

    private void Take(Batch batch, QueuedWork work)
    {
        Remove(work);
        batch.Add(work);
    }

    private static int BucketOf(int length)
    {
        var index = Array.BinarySearch(Edges, length);
        return index >= 0 ? index : ~index;
    }

    private static LinkedList<QueuedWork>[] CreateLane() => [.. Enumerable.Range(0, Edges.Length + 1).Select(_ => new LinkedList<QueuedWork>())];
}
