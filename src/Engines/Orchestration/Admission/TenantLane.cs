namespace Steward.Engines.Orchestration.Admission;

/// <summary>A tenant as the admission sees it. Guarded by the admission's lock.</summary>
internal sealed class AdmittedTenant
{
    public AdmittedTenant(string id, PriorityClass interactive, PriorityClass background)
    {
        Id = id;
        Interactive = new TenantLane(this, interactive);
        Background = new TenantLane(this, background);
    }

    public string Id { get; }

    public TenantLane Interactive { get; }

    public TenantLane Background { get; }

    public double Weight { get; set; } = 1;

    public int MaxConcurrent { get; set; }

    public int MaxBackground { get; set; }

    /// <summary>The window in which the last run came.</summary>
    public long SeenIn { get; set; }

    /// <summary>How many of its background runs have slots beside the others; these count against its limits as all of its runs do.</summary>
    public int Beside { get; set; }

    /// <summary>All of its runs with slots, those beside the others included.</summary>
    public int InFlight => Interactive.InFlight + Background.InFlight;

    public bool IsIdle => InFlight == 0 && Interactive.Waiting.Count == 0 && Background.Waiting.Count == 0;

    public TenantLane Lane(RunPriority priority) => priority == RunPriority.Interactive ? Interactive : Background;
}

/// <summary>The runs of one tenant and priority: those that wait, in order, and how much is at work.</summary>
internal sealed class TenantLane(AdmittedTenant tenant, PriorityClass priorityClass)
{
    public AdmittedTenant Tenant => tenant;

    public PriorityClass Class => priorityClass;

    public LinkedList<RunWaiter> Waiting { get; } = new();

    public int InFlight { get; set; }

    /// <summary>The start tag of the lane's next run.</summary>
    public double Start { get; set; }

    /// <summary>The finish tag of its last one.</summary>
    public double Finish { get; set; }

    /// <summary>Among equal start tags the lane that has waited longer goes first.</summary>
    public long Order { get; set; }

    /// <summary>How long a run of this lane holds its slot, in seconds: a moving average; 0 before the first one has ended.</summary>
    public double MeanSeconds { get; set; }

    /// <summary>Whether it stands in the class's order: runs wait and the tenant may have more.</summary>
    public bool IsReady { get; set; }
}

/// <summary>One priority: its virtual time and the lanes that may be served, by start tag.</summary>
internal sealed class PriorityClass(RunPriority priority)
{
    /// <summary>The weight of one more observation in the moving averages.</summary>
    private const double Gain = 1.0 / 8;

    private long _order;

    public RunPriority Priority => priority;

    public SortedSet<TenantLane> Ready { get; } = new(ByStart.Instance);

    public int InFlight { get; set; }

    public int Waiting { get; set; }

    /// <summary>The start tag of the run that was admitted last; never goes back.</summary>
    public double VirtualTime { get; private set; }

    /// <summary>As <see cref="TenantLane.MeanSeconds"/> over all lanes; stands in for a lane that has no run behind it.</summary>
    public double MeanSeconds { get; private set; }

    /// <summary>Puts a lane with waiting runs into the order. What it could not use while it was idle or at its limit is not credited.</summary>
    public void Add(TenantLane lane)
    {
        lane.Start = Math.Max(VirtualTime, lane.Finish);
        lane.Order = _order++;
        lane.IsReady = Ready.Add(lane);
    }

    public void Remove(TenantLane lane)
    {
        Ready.Remove(lane);
        lane.IsReady = false;
    }

    /// <summary>Counts one admission of the lane: start-time fair queueing with the lane's mean slot time as the length.</summary>
    public void Charge(TenantLane lane)
    {
        var start = Math.Max(VirtualTime, lane.Finish);
        VirtualTime = start;
        var length = lane.MeanSeconds > 0 ? lane.MeanSeconds : MeanSeconds > 0 ? MeanSeconds : 1;
        lane.Finish = start + (length / lane.Tenant.Weight);
    }

    public void Observe(TenantLane lane, double seconds)
    {
        lane.MeanSeconds = Smooth(lane.MeanSeconds, seconds);
        MeanSeconds = Smooth(MeanSeconds, seconds);
    }

    private static double Smooth(double mean, double value)
    {
        // Never zero, or a lane of instant runs would never be charged.
        var observed = Math.Max(value, 1e-6);
        return mean > 0 ? mean + (Gain * (observed - mean)) : observed;
    }

    private sealed class ByStart : IComparer<TenantLane>
    {
        public static readonly ByStart Instance = new();

        public int Compare(TenantLane? x, TenantLane? y)
        {
            var byStart = x!.Start.CompareTo(y!.Start);
            return byStart != 0 ? byStart : x.Order.CompareTo(y.Order);
        }
    }
}

/// <summary>A run in a queue.</summary>
internal sealed class RunWaiter(RunAdmission owner, TenantLane lane, string runId, long since)
{
    private readonly TaskCompletionSource<RunSlot> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TenantLane Lane => lane;

    public string RunId => runId;

    public long Since => since;

    /// <summary>Its place while it waits; null afterwards.</summary>
    public LinkedListNode<RunWaiter>? Node { get; set; }

    public void Grant(RunSlot slot) => _granted.SetResult(slot);

    public async ValueTask<RunSlot> WaitAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((RunWaiter)state!).Cancel(token), this);
        return await _granted.Task.ConfigureAwait(false);
    }

    private void Cancel(CancellationToken token)
    {
        if (owner.Withdraw(this))
        {
            _granted.SetCanceled(token);
        }
    }
}
