using Steward.Engines.Models.Gateway;
using StableHash = Steward.Engines.Experiments.Assignment.StableHash;

namespace Steward.Models.Experiments;

/// <summary>
/// What a silo has observed of experiments and not handed in yet. A conversation counts once: by its calls until it is quiet for two minutes, or for ten minutes at most; at once when a call of it failed. So what is counted is independent,
/// however alike the calls of one conversation are. For many threads.
/// </summary>
internal sealed class ExperimentObservations(TimeProvider time)
{
    private const int MaxOpen = 50_000;
    private const int MaxCounted = 200_000;
    private const int MaxReady = 20_000;
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string TenantId, string Name), Trial> _trials = [];

    /// <summary>Adds a call.</summary>
    public void Observe(string tenantId, RunningExperiment experiment, int variant, string conversation, ModelCallOutcome outcome) =>
        Change(tenantId, experiment, variant, conversation, unit => unit.Add(outcome, Threshold(experiment.Spec)));

    /// <summary>Adds what came later than the calls: a thumb, a judge's score, that a person took over. The conversation must have taken part.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="experiment">The experiment.</param>
    /// <param name="variant">The conversation's variant.</param>
    /// <param name="conversation">The conversation.</param>
    /// <param name="metric">One of <see cref="ExperimentMetrics"/>.</param>
    /// <param name="value">The value.</param>
    public void Observe(string tenantId, RunningExperiment experiment, int variant, string conversation, string metric, double value)
    {
        if (!experiment.Spec.Metrics.Any(known => known.Name == metric) || !double.IsFinite(value))
        {
            return;
        }

        lock (_lock)
        {
            var trial = TrialOf(tenantId, experiment);
            if (trial.Open.TryGetValue(conversation, out var unit))
            {
                unit.Later[metric] = value;
            }
            else if (trial.Ready.Count < MaxReady && trial.LateCounted.Add(StableHash.Of(metric, conversation)))
            {
                trial.Ready.Add(new ExperimentUnit { Variant = variant, Values = [.. experiment.Spec.Metrics.Select(known => known.Name == metric ? value : (double?)null)], IsLate = true });
            }
        }
    }

    /// <summary>Takes what is complete, by experiment; also those that ask for a decision only.</summary>
    public IReadOnlyList<(string TenantId, string Name, ExperimentBatch Batch)> Take(string silo)
    {
        var now = time.GetUtcNow();
        List<(string, string, ExperimentBatch)> batches = [];
        lock (_lock)
        {
            foreach (var ((tenantId, name), trial) in _trials)
            {
                foreach (var (conversation, unit) in trial.Open.Where(open => open.Value.IsFailed || now - open.Value.LastAt >= Quiet || now - open.Value.FirstAt >= Longest).ToList())
                {
                    trial.Open.Remove(conversation);
                    trial.Ready.Add(new ExperimentUnit { Variant = unit.Variant, Values = unit.Values(trial.Spec) });
                }

                foreach (var part in trial.Ready.Chunk(1_000))
                {
                    batches.Add((tenantId, name, new ExperimentBatch { BatchId = $"{silo}:{++trial.Batches}:{trial.Began}", Stage = trial.Stage, Units = part }));
                }

                trial.Ready.Clear();
            }
        }

        return batches;
    }

    /// <summary>Forgets an experiment that has ended.</summary>
    public void Forget(string tenantId, string name)
    {
        lock (_lock)
        {
            _trials.Remove((tenantId, name));
        }
    }

    private static double Threshold(ExperimentSpec spec) => spec.Metrics.FirstOrDefault(metric => metric.Name == ExperimentMetrics.Slow)?.Threshold ?? 10;

    private void Change(string tenantId, RunningExperiment experiment, int variant, string conversation, Action<Unit> change)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var trial = TrialOf(tenantId, experiment);
            if (!trial.Open.TryGetValue(conversation, out var unit))
            {
                // What there is no room for is not counted, in whatever group: a sample stays a sample.
                if (trial.Open.Count >= MaxOpen || trial.Ready.Count >= MaxReady || !trial.Count(conversation))
                {
                    return;
                }

                trial.Open[conversation] = unit = new Unit { Variant = variant, FirstAt = now };
            }

            change(unit);
            unit.LastAt = now;
        }
    }

    private Trial TrialOf(string tenantId, RunningExperiment experiment)
    {
        // Another stage is counted from the beginning: what was observed before belongs to other shares.
        if (!_trials.TryGetValue((tenantId, experiment.Name), out var trial) || trial.Stage != experiment.Stage)
        {
            _trials[(tenantId, experiment.Name)] = trial = new Trial { Spec = experiment.Spec, Stage = experiment.Stage, Began = time.GetUtcNow().ToUnixTimeMilliseconds() };
        }

        return trial;
    }

    private sealed class Trial
    {
        private readonly HashSet<ulong> _counted = [];

        public required ExperimentSpec Spec { get; init; }

        public required int Stage { get; init; }

        public required long Began { get; init; }

        public long Batches { get; set; }

        public Dictionary<string, Unit> Open { get; } = new(StringComparer.Ordinal);

        public List<ExperimentUnit> Ready { get; } = [];

        public HashSet<uint> LateCounted { get; } = [];

        /// <summary>Whether the conversation is a new one.</summary>
        public bool Count(string conversation)
        {
            if (_counted.Count >= MaxCounted)
            {
                _counted.Clear();
                LateCounted.Clear();
            }

            return _counted.Add(((ulong)StableHash.Of("a", conversation) << 32) | StableHash.Of("b", conversation));
        }
    }

    private sealed class Unit
    {
        private int _answered;
        private int _slow;
        private double _seconds;
        private double _tokens;
        private double _cost;
        private int _priced;

        public required int Variant { get; init; }

        public required DateTimeOffset FirstAt { get; init; }

        public DateTimeOffset LastAt { get; set; }

        public bool IsFailed { get; private set; }

        public Dictionary<string, double> Later { get; } = new(StringComparer.Ordinal);

        public void Add(ModelCallOutcome outcome, double threshold)
        {
            IsFailed |= outcome.Failure is not null;
            if (outcome.Finished is not { } finished)
            {
                return;
            }

            _answered++;
            _slow += outcome.Duration.TotalSeconds > threshold ? 1 : 0;
            _seconds += outcome.Duration.TotalSeconds;
            _tokens += finished.Usage is { } usage ? usage.InputTokens + usage.OutputTokens : 0;
            if (finished.Usage?.CostUsd is { } cost)
            {
                _priced++;
                _cost += (double)cost;
            }
        }

        public double?[] Values(ExperimentSpec spec) => [.. spec.Metrics.Select(metric => Later.TryGetValue(metric.Name, out var later) ? later : metric.Name switch
        {
            ExperimentMetrics.Errors => IsFailed ? 1 : 0,
            ExperimentMetrics.Success => IsFailed || Later.GetValueOrDefault(ExperimentMetrics.Escalation) > 0 ? 0 : 1,
            ExperimentMetrics.Escalation => 0,
            ExperimentMetrics.Slow => Mean(_slow, _answered),
            ExperimentMetrics.Latency => Mean(_seconds, _answered),
            ExperimentMetrics.Tokens => Mean(_tokens, _answered),
            ExperimentMetrics.Cost => Mean(_cost, _priced),
            _ => (double?)null,
        })];

        private static double? Mean(double sum, int count) => count == 0 ? null : sum / count;
    }
}
