using Steward.Engines.Orchestration.Actions;

namespace Steward.Engines.Orchestration.Dag;

/// <summary>
/// Works a graph of steps off. One loop owns it: it starts what is free, waits for whatever ends first, and records ends and new starts in one append. Every
/// decision follows from the graph and the journal alone, so that a resumed run decides the same. A step that waits for a person holds up only those that need it.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="work">The graph.</param>
/// <param name="budget">What the run may still use; null for no limit.</param>
/// <param name="scope">The hand-off in which this happens; null for the run itself.</param>
/// <param name="patience">How long what only reads may have begun, and ended, before that is recorded, unless something else is recorded meanwhile.</param>
internal sealed partial class DagRunner(RunContext run, IDagWork work, IRunBudget? budget = null, string? scope = null, TimeSpan patience = default)
{
    private readonly Dictionary<string, DagEnd> _ended = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task<CallResult>> _running = new(StringComparer.Ordinal);
    private readonly List<RunFact> _facts = [];
    private readonly List<RunContent> _contents = [];
    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);
    private long? _waitsSince;
    private BudgetExhausted? _exhausted;

    private bool IsEnding => _exhausted is not null || work.Ending != DagEnding.None;

    /// <summary>Runs until all steps are over, the work comes to an early end, or nothing can go on before a person decides.</summary>
    /// <param name="before">Facts that go into the first append.</param>
    public async Task<DagOutcome> RunAsync(IReadOnlyList<RunFact> before)
    {
        Add(before);
        await ResumeAsync();
        try
        {
            while (true)
            {
                var starts = await StartAsync();
                if (starts.Count == 0 && AbandonLonely())
                {
                    starts = await StartAsync();
                }

                if (_running.Count == 0 && starts.Count == 0)
                {
                    return await FinishAsync();
                }

                run.Work.ThrowIfCancellationRequested();
                if (MayWait(starts))
                {
                    Begin(starts);
                    await FlushWhenLateAsync();
                }
                else
                {
                    var flush = FlushAsync();

                    // What only reads need not wait until it is durable that it begins: after a loss it is simply read again. Everything else does.
                    Begin(starts.Where(start => start.OnlyReads));
                    await flush;
                    Begin(starts.Where(start => !start.OnlyReads));
                }

                await Task.WhenAny(_running.Values);
                await CollectAsync();
            }
        }
        catch
        {
            await DrainAsync();
            throw;
        }
    }

    private async Task ResumeAsync()
    {
        foreach (var step in work.Steps)
        {
            if (run.Snapshot.FindStep(step.Id) is not { HasEnded: true } state)
            {
                continue;
            }

            var (result, isMissing) = await run.LoadResultAsync(state);
            var end = DagEnd.From(state, result, isMissing);
            if (state is { Speculative: true, Status: not StepStatus.Dropped })
            {
                _held[step.Id] = end;
            }
            else
            {
                End(step, end);
            }
        }
    }

    private async Task<List<DagCall>> StartAsync()
    {
        var starts = new List<DagCall>();
        bool changed;
        do
        {
            changed = false;
            foreach (var step in work.Steps)
            {
                var isFree = !_ended.ContainsKey(step.Id) && (!_running.ContainsKey(step.Id) || _early.Contains(step.Id)) && !starts.Exists(start => start.Started.StepId == step.Id)
                    && !IsWaiting(step.Id) && step.Needs.All(_ended.ContainsKey);
                changed |= isFree && Take(step, starts);
            }
        }
        while (changed);

        // Beside other work only: what waits for a person alone, for example, need not wait for guesses, too.
        var isAtWork = starts.Count > 0 || !_running.Keys.All(_early.Contains);
        foreach (var step in work.Steps.Where(step => step.MayStartEarly && isAtWork && !IsEnding))
        {
            await TakeEarlyAsync(step, starts);
        }

        return starts;
    }

    /// <returns>Whether the step has come to its end by this.</returns>
    private bool Take(DagStep step, List<DagCall> starts)
    {
        // When the work is ending, only what was begun before is brought to its end; a guess is no beginning.
        var state = run.Snapshot.FindStep(step.Id);
        var isEarly = _early.Contains(step.Id) || _held.ContainsKey(step.Id) || _abandoned.Contains(step.Id) || state is { Speculative: true };

        // That it began may not be durable yet.
        var isKnown = state is not null || _begun.Contains(step.Id);
        var isBegun = isKnown && !isEarly;
        if ((IsEnding && !isBegun) || (work.Ending == DagEnding.Stop && IsOnlyPlanned(step.Id)))
        {
            return false;
        }

        if (!isBegun && !work.IsNeeded(step))
        {
            _held.Remove(step.Id);
            Abandon(step.Id);
            Add([isEarly ? new StepDropped { StepId = step.Id, Reason = "It began early and was not needed." } : new StepCompleted { StepId = step.Id, Status = "skipped" }]);
            End(step, DagEnd.Skipped);
            return true;
        }

        if (_held.Remove(step.Id, out var known))
        {
            End(step, known);
            return true;
        }

        // Under way already, and now known to be needed.
        if (_early.Remove(step.Id) || _running.Count + starts.Count >= run.Options.MaxParallelSteps)
        {
            return false;
        }

        var call = work.Prepare(step);
        if (!isKnown && call.Fault is null && budget?.TryTakeStep(scope) is { } exhausted)
        {
            _exhausted = exhausted;
            if (!run.Snapshot.Exhausted.Any(known => known.Budget == exhausted.Budget && known.Scope == exhausted.Scope))
            {
                Add([exhausted]);
            }

            return false;
        }

        if (!isKnown)
        {
            Add([call.Started]);
        }

        if (call.Fault is { } fault)
        {
            Add(fault.Facts);
            End(step, DagEnd.From(fault));
            return true;
        }

        starts.Add(call);
        return false;
    }

    // An action that was never sent, such as one that waits for its approval: a run that is stopping does not take it up again.
    private bool IsOnlyPlanned(string stepId) => run.Snapshot.Actions.Any(action => action.StepId == stepId && action.Status == ActionStatus.Planned);

    private async Task CollectAsync()
    {
        foreach (var (id, task) in _running.Where(entry => entry.Value.IsCompleted).ToList())
        {
            _running.Remove(id);
            if (_stops.Remove(id, out var stop))
            {
                stop.Dispose();
            }

            var result = await task;
            Add(result.Facts);
            _contents.AddRange(result.Contents);
            if (result.IsWaiting)
            {
                _early.Remove(id);
                _waiting[id] = result.Awaits;
            }
            else if (_early.Remove(id))
            {
                _held[id] = DagEnd.From(result);
            }
            else
            {
                End(work.Steps.First(step => step.Id == id), DagEnd.From(result));
            }
        }
    }

    private async Task<DagOutcome> FinishAsync()
    {
        var waits = await WaitsAsync();
        if (waits is null)
        {
            _facts.AddRange(work.Steps
                .Where(step => !_ended.ContainsKey(step.Id) && (_held.ContainsKey(step.Id) || _abandoned.Contains(step.Id) || run.Snapshot.FindStep(step.Id) is { Speculative: true }))
                .Select(step => new StepDropped { StepId = step.Id, Reason = "The work ended before it was needed." }));
        }

        if (_exhausted is not null)
        {
            await FlushAsync();
        }

        return new DagOutcome([.. _facts], [.. _contents], waits, _exhausted);
    }

    private void End(DagStep step, DagEnd end)
    {
        _ended[step.Id] = end;
        work.End(step, end);
    }

    private void Begin(IEnumerable<DagCall> starts)
    {
        foreach (var start in starts)
        {
            var id = start.Started.StepId;
            _begun.Add(id);
            _running[id] = start.Call!(_early.Contains(id) ? (_stops[id] = CancellationTokenSource.CreateLinkedTokenSource(run.Work)).Token : run.Work);
        }
    }
}
