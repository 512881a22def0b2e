using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Orchestration.Admission;

/// <summary>
/// Slots for runs: strict priority between interactive and background, start-time fair queueing between tenants, first come first served within a
/// tenant. Thread-safe; a short lock guards everything, and nothing is allocated but the slot when a run need not wait.
/// </summary>
/// <remarks>
/// Start-time fair queueing: P. Goyal, H. M. Vin, H. Cheng, "Start-Time Fair Queueing", IEEE/ACM Transactions on Networking 5(5), 1997. A run's start tag
/// is S = max(v, F), its tenant's finish tag becomes F = S + l / w with the tenant's weight w and, as the length l, the mean time that the tenant's runs held
/// a slot; v is the start tag of the run admitted last. The smallest S goes first.
/// </remarks>
public sealed class RunAdmission : IRunAdmission
{
    private const int SweepAt = 4096;

    /// <summary>For so many slots there is one more beside them, for background runs that would never have their turn.</summary>
    private const int RunsPerBeside = 32;

    /// <summary>After so many times the interactive runs between two background ones a background run takes a slot of the others, when those beside them are held for long.</summary>
    private const int PatienceWithoutBeside = 4;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly AdmissionOptions _options;
    private readonly int _backgroundSlots;
    private readonly int _besideSlots;
    private readonly int _besideOfTenant;
    private readonly PriorityClass _interactive = new(RunPriority.Interactive);
    private readonly PriorityClass _background = new(RunPriority.Background);
    private readonly Dictionary<string, AdmittedTenant> _tenants = new(StringComparer.Ordinal);
    private int _inFlight;
    private int _beside;
    private int _interactiveInARow;
    private int _sweepAt = SweepAt;
    private double _shortage = double.PositiveInfinity;
    private bool _boundByShortage;
    private long _window;

    /// <summary>Creates an admission without any run in it.</summary>
    public RunAdmission(IOptions<AdmissionOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_options, _time) = (options.Value, time);
        _backgroundSlots = Share(_options.MaxConcurrentRuns);
        _besideSlots = Math.Max(1, _options.MaxConcurrentRuns / RunsPerBeside);
        _besideOfTenant = Math.Max(1, _besideSlots / 2);
    }

    /// <inheritdoc/>
    public bool TryEnter(in AdmissionRequest request, [NotNullWhen(true)] out RunSlot? slot)
    {
        lock (_lock)
        {
            var lane = LaneOf(request);
            slot = MayEnterNow(lane) ? Admit(lane) : null;
        }

        if (slot is not null)
        {
            AdmissionMetrics.Admitted(request.Priority, TimeSpan.Zero);
        }

        return slot is not null;
    }

    /// <inheritdoc/>
    public ValueTask<RunSlot> EnterAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<RunSlot>(cancellationToken);
        }

        if (TryEnter(request, out var slot))
        {
            return new ValueTask<RunSlot>(slot);
        }

        RunWaiter waiter;
        lock (_lock)
        {
            var lane = LaneOf(request);
            waiter = new RunWaiter(this, lane, request.RunId, _time.GetTimestamp());
            waiter.Node = lane.Waiting.AddLast(waiter);
            lane.Class.Waiting++;
            Refresh(lane);

            // A slot may have become free between the two looks.
            Dispatch();
        }

        AdmissionMetrics.Waits(request.Priority, 1);
        return waiter.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public int? PositionOf(string tenantId, string runId)
    {
        lock (_lock)
        {
            if (!_tenants.TryGetValue(tenantId, out var tenant))
            {
                return null;
            }

            // Queues are bounded where messages are accepted, and only somebody who looks at a run that waits comes here.
            var position = 0;
            foreach (var waiter in tenant.Interactive.Waiting)
            {
                if (string.Equals(waiter.RunId, runId, StringComparison.Ordinal))
                {
                    return position;
                }

                position++;
            }

            foreach (var waiter in tenant.Background.Waiting)
            {
                if (string.Equals(waiter.RunId, runId, StringComparison.Ordinal))
                {
                    return position;
                }

                position++;
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public TimeSpan? RetryAfter(string tenantId, RunPriority priority)
    {
        double seconds;
        lock (_lock)
        {
            if (!_tenants.TryGetValue(tenantId, out var tenant) || tenant.Lane(priority) is not { } lane || lane.Waiting.Count < _options.MaxWaitingRunsPerTenant)
            {
                return null;
            }

            // Until a quarter of the queue has been worked off at the present pace: sooner everybody would be refused again.
            seconds = lane.Waiting.Count / 4.0 * (lane.MeanSeconds > 0 ? lane.MeanSeconds : 1) / Math.Max(1, lane.InFlight);
        }

        AdmissionMetrics.Refused(priority);
        return TimeSpan.FromSeconds(Math.Clamp(seconds, 0.05, 60));
    }

    /// <summary>What is going on, for the guard.</summary>
    internal AdmissionLoad ReadLoad()
    {
        lock (_lock)
        {
            var (active, largest, sum, free, sumOfFree) = (0, 0.0, 0.0, 0, 0.0);
            foreach (var tenant in _tenants.Values)
            {
                if (tenant.InFlight > 0 || tenant.SeenIn >= _window - 1)
                {
                    var share = tenant.InFlight / tenant.Weight;
                    (active, largest, sum) = (active + 1, Math.Max(largest, share), sum + share);
                    if (!IsHeldBack(tenant))
                    {
                        (free, sumOfFree) = (free + 1, sumOfFree + share);
                    }
                }
            }

            return new AdmissionLoad(
                _inFlight,
                _interactive.Waiting + _background.Waiting,
                active,
                largest,
                free > 0 ? sumOfFree / free : active > 0 ? sum / active : 0,
                _boundByShortage);
        }
    }

    /// <summary>Begins a new window. A tenant counts as being at work until the end of the window after the last run that came.</summary>
    internal void BeginWindow()
    {
        lock (_lock)
        {
            _window++;
        }
    }

    /// <summary>Limits every tenant to this many slots for each unit of its weight, at least one; infinity lifts the limit.</summary>
    internal void LimitTenants(double slotsPerWeight)
    {
        lock (_lock)
        {
            _shortage = slotsPerWeight;
            _boundByShortage = false;
            foreach (var tenant in _tenants.Values)
            {
                Refresh(tenant.Interactive);
                Refresh(tenant.Background);
            }

            Dispatch();
        }
    }

    /// <summary>Takes a run out of its queue. False when it has its slot already.</summary>
    internal bool Withdraw(RunWaiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Node is not { } node)
            {
                return false;
            }

            waiter.Node = null;
            waiter.Lane.Waiting.Remove(node);
            waiter.Lane.Class.Waiting--;
            Refresh(waiter.Lane);
        }

        AdmissionMetrics.Waits(waiter.Lane.Class.Priority, -1);
        return true;
    }

    /// <summary>Gives a slot back and lets the next run in.</summary>
    internal void Leave(RunSlot slot)
    {
        RunPriority priority;
        lock (_lock)
        {
            var lane = slot.Lane;
            priority = lane.Class.Priority;
            _inFlight--;
            lane.InFlight--;
            lane.Class.InFlight--;
            if (slot.IsBeside)
            {
                _beside--;
                lane.Tenant.Beside--;
            }

            lane.Class.Observe(lane, _time.GetElapsedTime(slot.Since).TotalSeconds);
            Refresh(lane.Tenant.Interactive);
            Refresh(lane.Tenant.Background);
            Dispatch();
            slot.HasLeft = true;
        }

        AdmissionMetrics.Left(priority);
    }

    /// <summary>Lets a slot count as one of the background.</summary>
    internal void MoveToBackground(RunSlot slot)
    {
        lock (_lock)
        {
            var lane = slot.Lane;
            if (slot.HasLeft || lane.Class == _background)
            {
                return;
            }

            lane.InFlight--;
            _interactive.InFlight--;
            slot.Lane = lane.Tenant.Background;
            slot.Lane.InFlight++;
            _background.InFlight++;
            Refresh(slot.Lane);
        }

        AdmissionMetrics.Moved();
    }

    private bool HasFreeSlot => _inFlight - _beside < _options.MaxConcurrentRuns;

    private int Share(int slots) => Math.Max(1, (int)(slots * _options.BackgroundShare));

    private TenantLane LaneOf(in AdmissionRequest request)
    {
        if (!_tenants.TryGetValue(request.TenantId, out var tenant))
        {
            Sweep();
            tenant = new AdmittedTenant(request.TenantId, _interactive, _background);
            _tenants.Add(request.TenantId, tenant);
        }

        var most = Math.Clamp(request.MaxConcurrent ?? _options.MaxConcurrentRunsPerTenant, 1, _options.MaxConcurrentRuns);

        // One slot is kept for interactive runs, however much of its share a tenant gives to the background.
        var background = Math.Clamp(request.MaxBackground ?? Share(most), 1, Math.Max(1, most - 1));
        tenant.Weight = Math.Max(0.01, request.Weight);
        if (most != tenant.MaxConcurrent || background != tenant.MaxBackground)
        {
            (tenant.MaxConcurrent, tenant.MaxBackground) = (most, background);
            Refresh(tenant.Interactive);
            Refresh(tenant.Background);
            Dispatch();
        }

        tenant.SeenIn = _window;
        return tenant.Lane(request.Priority);
    }

    // Tenants that have nothing here are forgotten when there are many; all that is lost is the mean of their slot times.
    private void Sweep()
    {
        if (_tenants.Count < _sweepAt)
        {
            return;
        }

        foreach (var (id, tenant) in _tenants)
        {
            if (tenant.IsIdle)
            {
                _tenants.Remove(id);
            }
        }

        _sweepAt = Math.Max(SweepAt, _tenants.Count * 2);
    }

    // Whoever is ready is served at once as long as there are slots: with a free slot, nobody who could take it waits.
    private bool MayEnterNow(TenantLane lane) =>
        lane.Waiting.Count == 0
        && HasFreeSlot
        && Fits(lane)
        && (lane.Class == _interactive || _background.InFlight < _backgroundSlots);

    private bool Fits(TenantLane lane)
    {
        var tenant = lane.Tenant;
        if (tenant.InFlight >= tenant.MaxConcurrent || (lane.Class == _background && lane.InFlight >= tenant.MaxBackground))
        {
            return false;
        }

        if (!IsAtShortage(tenant))
        {
            return true;
        }

        _boundByShortage = true;
        return false;
    }

    private bool IsAtShortage(AdmittedTenant tenant) => tenant.InFlight >= Math.Max(1, _shortage * tenant.Weight);

    private bool IsHeldBack(AdmittedTenant tenant) => (tenant.Interactive.Waiting.Count > 0 || tenant.Background.Waiting.Count > 0) && IsAtShortage(tenant);

    private void Refresh(TenantLane lane)
    {
        var ready = lane.Waiting.Count > 0 && Fits(lane);
        if (ready == lane.IsReady)
        {
            return;
        }

        if (ready)
        {
            lane.Class.Add(lane);
        }
        else
        {
            lane.Class.Remove(lane);
        }
    }

    private void Dispatch()
    {
        while (HasFreeSlot && Next(out var isBeside) is { } lane)
        {
            var waiter = lane.Waiting.First!.Value;
            waiter.Node = null;
            lane.Waiting.RemoveFirst();
            lane.Class.Waiting--;

            // Out and, if more wait, in again behind its new finish tag.
            lane.Class.Remove(lane);
            waiter.Grant(Admit(lane, isBeside));
            AdmissionMetrics.Waits(lane.Class.Priority, -1);
            AdmissionMetrics.Admitted(lane.Class.Priority, _time.GetElapsedTime(waiter.Since));
        }
    }

    private TenantLane? Next(out bool isBeside)
    {
        isBeside = false;
        var background = _background.Ready.Count > 0 && _background.InFlight < _backgroundSlots ? _background.Ready.Min : null;
        if (_interactive.Ready.Min is not { } interactive)
        {
            _interactiveInARow = 0;
            return background;
        }

        if (background is null || _options.InteractivePerBackground == 0)
        {
            return interactive;
        }

        if (_interactiveInARow >= _options.InteractivePerBackground && NextBeside() is { } beside)
        {
            // It takes no slot that an interactive run of another tenant could have had.
            _interactiveInARow = 0;
            isBeside = true;
            return beside;
        }

        if (_beside >= _besideSlots && _interactiveInARow / PatienceWithoutBeside >= _options.InteractivePerBackground)
        {
            // Runs that last hold all of those: the others' turn must not wait for their end.
            _interactiveInARow = 0;
            return background;
        }

        if (_interactiveInARow < int.MaxValue)
        {
            _interactiveInARow++;
        }

        return interactive;
    }

    // No tenant's long runs hold all of the slots that are there for the others, too.
    private TenantLane? NextBeside()
    {
        if (_beside >= _besideSlots)
        {
            return null;
        }

        foreach (var lane in _background.Ready)
        {
            if (lane.Tenant.Beside < _besideOfTenant)
            {
                return lane;
            }
        }

        return null;
    }

    private RunSlot Admit(TenantLane lane, bool isBeside = false)
    {
        lane.Class.Charge(lane);
        lane.Class.InFlight++;
        lane.InFlight++;
        _inFlight++;
        if (isBeside)
        {
            _beside++;
            lane.Tenant.Beside++;
        }

        Refresh(lane.Tenant.Interactive);
        Refresh(lane.Tenant.Background);
        return new RunSlot(this, lane, _time.GetTimestamp(), isBeside);
    }
}

/// <summary>How busy an admission is.</summary>
/// <param name="InFlight">Runs with a slot.</param>
/// <param name="Waiting">Runs without.</param>
/// <param name="Tenants">Tenants that hold slots, or had runs come lately.</param>
/// <param name="LargestShare">The most slots that any tenant holds for each unit of its weight.</param>
/// <param name="OthersShare">The slots for each unit of its weight in the mean of the tenants that the guard's limit holds nothing back of; of all tenants where it holds back each of them.</param>
/// <param name="IsBound">Whether a run waits, or waited, because its tenant is at the guard's limit.</param>
internal readonly record struct AdmissionLoad(int InFlight, int Waiting, int Tenants, double LargestShare, double OthersShare, bool IsBound);
