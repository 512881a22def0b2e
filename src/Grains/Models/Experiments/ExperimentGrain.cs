using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Experiments.Decisions;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Errors;
using Steward.Identity;
using Steward.Models.Quality;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Models.Experiments;

/// <summary>
/// Owns one experiment or canary: what was observed of its variants and what was decided. Persists: its journal, nothing else. Woken by: admins and the silos that observe; it decides after each batch, so a silo that knows it
/// hands in empty batches too.
/// </summary>
internal sealed class ExperimentGrain : StewardGrain, IExperimentGrain, IDisposable
{
    private const int MaxUnits = 1_000;
    private const int PurgeAfter = 2_000;

    private readonly PlatformIdentity _platform;
    private readonly TimeProvider _time;
    private readonly FoldedJournal<ExperimentState> _journal;
    private long _published;

    public ExperimentGrain(IJournalStore journals, PlatformIdentity platform, TimeProvider time)
    {
        (_platform, _time) = (platform, time);
        _journal = new FoldedJournal<ExperimentState>(journals, this.GetPrimaryKeyString(), ExperimentJson.Default.ExperimentState, time, DeactivateOnIdle);
    }

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    private string Name => GrainKeys.LastPart(this.GetPrimaryKeyString())[2..];

    private ExperimentState State => _journal.State;

    /// <inheritdoc/>
    protected override Task ActivateAsync(CancellationToken cancellationToken) => _journal.LoadAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<ExperimentInfo> Start(ExperimentSpec spec, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (State.Started is not null)
        {
            throw new StewardException(ErrorCodes.Conflict, "name: there is, or was, an experiment of this name.") { Field = "name" };
        }

        var complete = await Calibrate(ExperimentRules.Check(spec), cancellationToken);
        if (ServiceProvider.GetService<IChatModelSource>() is { } models)
        {
            ExperimentRules.CheckParameters(complete, models, new ModelCapabilityTable(ServiceProvider.GetService<IOptions<ModelsOptions>>()?.Value.Capabilities));
        }

        var by = Caller.Required.UserId;
        var started = new ExperimentStarted
        {
            Spec = complete,
            Plan = ExperimentRules.PlanOf(complete),
            // Tenants are divided by what they have in common.
            Salt = complete.AssignBy == ExperimentAssignment.Tenant ? Name : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
            By = by,
            At = _time.GetUtcNow().ToMilliseconds(),
        };

        // The list first: it knows how many may run.
        await Publish(new RunningExperiment { Name = Name, Spec = complete, Salt = started.Salt, Status = ExperimentStatus.Running, Version = 0, StartedAt = started.At, StageSince = started.At, Shares = started.Plan.SharesAt(0) });
        await _journal.AppendAsync(ExperimentRecordTypes.Started, started, ExperimentJson.Default.ExperimentStarted, static () => null);
        await PublishChange();
        return ExperimentView.Info(Name, State);
    }

    /// <inheritdoc/>
    public Task<ExperimentInfo?> GetInfo(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        return Task.FromResult(State.Started is null ? null : ExperimentView.Info(Name, State));
    }

    /// <inheritdoc/>
    public async Task<ExperimentInfo> Stop(string reason, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        RequireThere();
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > 500)
        {
            throw StewardException.Invalid("reason", "must have 1 to 500 characters.");
        }

        if (State.IsRunning || State.Status == ExperimentStatus.Promoted)
        {
            await _journal.AppendAsync(ExperimentRecordTypes.Stopped, new ExperimentStopped { By = Caller.Required.UserId, Reason = reason }, ExperimentJson.Default.ExperimentStopped, static () => null);
        }

        await PublishChange();
        return ExperimentView.Info(Name, State);
    }

    /// <inheritdoc/>
    public async Task<RunningExperiment?> Record(ExperimentBatch batch, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (State.Started is not { } started)
        {
            return null;
        }

        Check(batch, started.Plan);
        if (State.IsRunning && batch.Units.Count > 0 && batch.Stage == State.Evidence!.Stage)
        {
            await _journal.AppendAsync(ExperimentRecordTypes.Observed, batch, ExperimentJson.Default.ExperimentBatch, static () => null, batch.BatchId);
        }

        if (State.IsRunning && ExperimentPolicy.Decide(started.Plan, State.Evidence!, Now()) is { Verdict: not ExperimentVerdict.Continue } decision)
        {
            var record = DecisionRecord.Of(started.Plan, State.Evidence!, Now(), decision);
            await _journal.AppendAsync(ExperimentRecordTypes.Decided, record, ExperimentJson.Default.DecisionRecord, static () => null);
        }

        await PublishChange();
        await _journal.ShortenAsync(PurgeAfter);

        return Running();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ExperimentStep>> ListDecisions(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        RequireThere();
        return Task.FromResult<IReadOnlyList<ExperimentStep>>([.. State.Decisions.Select((record, i) => ExperimentView.Step(record, i + 1))]);
    }

    /// <inheritdoc/>
    public Task<ExperimentReplay> Replay(int step, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdminOrAuditor();
        RequireThere();
        if (step < 1 || step > State.Decisions.Count)
        {
            throw StewardException.NotFound("The decision");
        }

        var record = State.Decisions[step - 1];
        var again = record.Replay();
        return Task.FromResult(new ExperimentReplay { IsSame = again == record.Decision, Verdict = again.Verdict.ToString(), Reason = again.Reason });
    }

    /// <inheritdoc/>
    public void Dispose() => _journal.Dispose();

    private DateTimeOffset Now() => _time.GetUtcNow().ToMilliseconds();

    private void RequireThere()
    {
        if (State.Started is null)
        {
            throw StewardException.NotFound("The experiment");
        }
    }

    // By how much the tenant's judge shrinks differences, as far as people's words show it now; it stays the same for the whole experiment. The caller, an admin, may read the report.
    private async Task<ExperimentSpec> Calibrate(ExperimentSpec spec, CancellationToken cancellationToken)
    {
        if (!spec.Metrics.Any(metric => metric is { Name: ExperimentMetrics.Score, OwnAttenuation: null }))
        {
            return spec;
        }

        var judge = (await GrainFactory.GetGrain<IAnswerQualityGrain>(GrainKeys.AnswerQuality(TenantId)).GetReport(cancellationToken)).Judge;
        return spec with { Metrics = [.. spec.Metrics.Select(metric => metric is { Name: ExperimentMetrics.Score, OwnAttenuation: null } ? ExperimentRules.Completed(metric with { OwnAttenuation = judge.Attenuation }) : metric)] };
    }

    private static void Check(ExperimentBatch batch, ExperimentPlan plan)
    {
        if (batch.BatchId is not { Length: > 0 and <= 128 } || batch.Units.Count > MaxUnits)
        {
            throw StewardException.Invalid("units", $"must be at most {MaxUnits}.");
        }

        var variants = plan.SharesAt(0).Count;
        if (batch.Units.Any(unit => unit.Variant < 0 || unit.Variant >= variants || unit.Values.Count != plan.Metrics.Count || unit.Values.Any(value => value is { } known && !double.IsFinite(known))))
        {
            throw StewardException.Invalid("units", "must be of this experiment.");
        }
    }

    private RunningExperiment Running() => new()
    {
        Name = Name,
        Spec = State.Started!.Spec,
        Salt = State.Started.Salt,
        Stage = State.Evidence!.Stage,
        Shares = State.Started.Plan.SharesAt(State.Evidence.Stage),
        Status = State.Status,
        Winner = State.Winner,
        Version = State.Version,
        StartedAt = State.Started.At,
        StageSince = State.Evidence.Since,
    };

    private async Task PublishChange()
    {
        if (_published != State.Version)
        {
            await Publish(Running());
            _published = State.Version;
        }
    }

    private async Task Publish(RunningExperiment experiment)
    {
        _platform.Assume(TenantId);
        await GrainFactory.GetGrain<IExperimentIndexGrain>(GrainKeys.Experiments(TenantId)).Put(experiment, CancellationToken.None);
    }
}
