using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Definitions;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Learning;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>What a learner works with.</summary>
internal sealed record LearnerParts(
    IGrainFactory Grains,
    IContentStore Contents,
    PlatformIdentity Platform,
    TrainingRoom Room,
    TicketEmbeddings Embeddings,
    IOptions<TriageLearningOptions> Options,
    TimeProvider Time,
    ILogger<TriageLearner> Logger);

/// <summary>
/// Does what is due for one tenant's heads, step by step. Each step ends with an entry of the journal, and what changes the triage is noted before it is done: after a loss at any point the step is done again, to the
/// same effect. One flow at a time, beside which a training may be asked for. What it reads of the tenant's labels stays in this tenant.
/// </summary>
internal sealed partial class TriageLearner(LearnerParts parts, string tenantId, FoldedJournal<TriageLearningState> journal) : IDisposable
{
    private const int MostAttempts = 5;
    private const int FewestFrozen = 30;
    private const int PurgeAfter = 400;

    private readonly SemaphoreSlim _moving = new(1, 1);

    private TriageLearningOptions Options => parts.Options.Value;

    private LearningStand Stand => journal.State.Stand;

    /// <summary>When there is something to do next; null when nobody has ever asked.</summary>
    public DateTimeOffset? NextAt => WakeOf(Stand).At;

    /// <summary>Plans the first night, where none was planned.</summary>
    public async Task PlanAsync(CancellationToken cancellationToken)
    {
        if (Stand.NextAt is null)
        {
            var next = NextNight(await Triage().GetSettings(cancellationToken));
            await MoveAsync(LearningRecordTypes.Planned, stand => stand.NextAt is null ? stand with { NextAt = next } : stand);
        }
    }

    /// <summary>Begins a training, unless one is under way.</summary>
    /// <param name="isAsked">Whether somebody asked for it.</param>
    /// <returns>The one that is under way.</returns>
    public async Task<TriageTraining> BeginAsync(bool isAsked)
    {
        var now = parts.Time.GetUtcNow().ToMilliseconds();
        var training = new TriageTraining { Id = IdOf(now), State = TriageTrainingState.Running, StartedAt = now };
        await MoveAsync(LearningRecordTypes.Started, stand => stand.Work is null ? stand with { Work = new TrainingWork { Id = training.Id, IsAsked = isAsked } } : stand, training);
        return Stand.Work is { } work ? Training(work) : training;
    }

    /// <summary>Notes that the phase that stands in the journal was begun before and did not end: a phase that takes its silo down every time must end, too.</summary>
    public async Task NoteInterruptionAsync()
    {
        // What waits has not begun.
        if (Stand.Work is { Phase: not TrainingPhase.OnTrial } work && !(work.NotBefore > parts.Time.GetUtcNow()))
        {
            await MoveAsync(LearningRecordTypes.Interrupted, stand => stand with { Work = work with { Attempts = work.Attempts + 1 } });
        }
    }

    /// <summary>Does the next thing that is due.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        await journal.ShortenAsync(PurgeAfter, keepsWake: true);
        var now = parts.Time.GetUtcNow();
        if (Stand.Watch is { } watch && (watch.Reason is not null || IsDue(watch.CheckedAt ?? watch.Since, now)))
        {
            await WatchAsync(watch, cancellationToken);
            return true;
        }

        if (Stand.NextAt is { } night && night <= now)
        {
            var settings = await Triage().GetSettings(cancellationToken);
            await MoveAsync(LearningRecordTypes.Planned, stand => stand with { NextAt = NextNight(settings) });

            // What was missed by far would train while people work.
            if (settings.IsNightlyTrainingOn && Stand.Work is null && now - night <= TrainingNight.Grace)
            {
                await BeginAsync(isAsked: false);
            }

            return true;
        }

        if (Stand.Work is not { } work || work.NotBefore > now || (work.Phase == TrainingPhase.OnTrial && !IsDue(work.CheckedAt ?? work.TrialAt!.Value, now)))
        {
            Drop();
            return false;
        }

        if (work.Attempts > MostAttempts && work.Phase <= TrainingPhase.BeginningTrial)
        {
            var reason = $"It was begun {work.Attempts} times and did not come to its end.";
            await (work.Phase == TrainingPhase.BeginningTrial
                ? MoveAsync(LearningRecordTypes.Decided, stand => stand with { Work = Next(work, TrainingPhase.Withdrawing) with { Reason = reason } })
                : EndAsync(work, TriageTrainingState.Failed, reason));
            return true;
        }

        try
        {
            await (work.Phase switch
            {
                TrainingPhase.Collecting => CollectAsync(work, cancellationToken),
                TrainingPhase.Training => TrainAsync(work, cancellationToken),
                TrainingPhase.Comparing => CompareAsync(work, cancellationToken),
                TrainingPhase.BeginningTrial => BeginTrialAsync(work, cancellationToken),
                TrainingPhase.OnTrial => CheckTrialAsync(work, cancellationToken),
                TrainingPhase.Promoting => PromoteAsync(work, cancellationToken),
                _ => WithdrawAsync(work, cancellationToken),
            });
            return true;
        }
        catch
        {
            Drop();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Drop();
        _moving.Dispose();
    }

    private async Task CollectAsync(TrainingWork work, CancellationToken cancellationToken)
    {
        var settings = await Triage().GetSettings(cancellationToken);
        var labels = await ReadLabelsAsync(null, cancellationToken);
        var believed = labels.Guarded.Tickets;
        var training = Training(work) with { Tickets = labels.Split.Training.Count, FrozenTickets = labels.Split.Frozen.Count, SetAside = labels.Guarded.SetAside };
        var health = await parts.Room.RunAsync(_ => LearningHealth.Look(labels, Stand.Health, parts.Time.GetUtcNow()), cancellationToken);
        health = LearningHealth.Add(health, await Triage().GetReport(30, cancellationToken), settings.WantedPrecision);
        var groups = labels.Split.Training.CountBy(ticket => ticket.Label, StringComparer.Ordinal).Count(group => group.Value > 1);
        if (believed.Count < HeadTraining.FewestTickets || groups < 2 || labels.Split.Frozen.Count < FewestFrozen)
        {
            var reason = $"There are {believed.Count} tickets whose labels are believed, {labels.Split.Frozen.Count} of them kept away, of {groups} groups; there have to be {HeadTraining.FewestTickets}, {FewestFrozen} and 2.";
            if (labels.Guarded.SetAside > 0)
            {
                reason += $" {labels.Guarded.SetAside} labels were set aside, each said by one person alone: import the tickets' history, have somebody else say so, too, or trust who sends the tickets.";
            }

            await EndAsync(work, TriageTrainingState.Skipped, reason, training, stand => stand with { Health = health });
        }
        else if (!work.IsAsked && believed.Count(ticket => ticket.Sequence > Stand.LearntThrough) < Options.FewestNewLabels)
        {
            await EndAsync(work, TriageTrainingState.Skipped, $"Fewer than {Options.FewestNewLabels} labels are new.", training, stand => stand with { Health = health });
        }
        else
        {
            await MoveAsync(
                LearningRecordTypes.Collected,
                stand => stand with { Health = health, Work = Next(work, TrainingPhase.Training) with { ThroughSequence = labels.ThroughSequence } },
                training);
        }
    }

    private async Task TrainAsync(TrainingWork work, CancellationToken cancellationToken)
    {
        var settings = await Triage().GetSettings(cancellationToken);
        var labels = await LabelsAsync(work, cancellationToken);
        var cache = await CacheAsync(cancellationToken);
        var hasVectors = await parts.Embeddings.FillAsync(tenantId, [.. labels.Split.Training.Concat(labels.Split.Frozen).Select(ticket => ticket.Ticket.Text)], cache, cancellationToken) == Embedded.All;
        var (challenger, bytes, accuracy) = await parts.Room.RunAsync(
            pause =>
            {
                List<float[]>? known = hasVectors ? [.. labels.Split.Training.Select(ticket => cache.Find(ticket.Ticket.Text)!)] : null;
                var frozen = labels.Split.Frozen.Select(ticket => (ticket, hasVectors ? cache.Find(ticket.Ticket.Text) : null)).ToList();
                var trained = HeadTraining.Train(labels.Split.Training, known, settings.WantedPrecision, frozen, pause, cancellationToken);
                var right = frozen.Count(one => string.Equals(HeadTraining.Answer(trained.Trained.Head, one.ticket, one.Item2).Label, one.ticket.Label, StringComparison.Ordinal));
                return (trained, trained.Trained.Head.ToBytes(), (double)right / frozen.Count);
            },
            cancellationToken);
        var usesVectors = challenger.Trained.Head.Dimensions > 0;
        TriageHeadInfo added;
        try
        {
            added = await Triage().AddHead(
                new AddTriageHead
                {
                    Bytes = bytes,
                    Encoder = usesVectors ? cache.Version : null,
                    EncoderModel = usesVectors ? parts.Embeddings.Model : null,
                    Tickets = labels.Split.Training.Count,
                    ThroughSequence = work.ThroughSequence,
                    AutoRouteAt = challenger.AutoRouteAt,
                    ReviewAt = challenger.ReviewAt,
                    Accuracy = accuracy,
                    AutoRouteCoverage = challenger.AutoRouteAt is null ? null : challenger.AutoRouted.Coverage,
                    AutoRoutePrecision = challenger.AutoRouteAt is null ? null : challenger.AutoRouted.Precision,
                    IsSplitByText = true,
                },
                cancellationToken);
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.InvalidArgument)
        {
            // The same labels give the same head.
            await EndAsync(work, TriageTrainingState.Failed, $"The head was refused: {exception.Message}");
            return;
        }

        var heads = await Triage().GetHeads(cancellationToken);
        var training = Training(work) with { HeadVersion = added.Version, ComparedWith = heads.Current, ChallengerAccuracy = accuracy, Reason = LearningFigures.Of(challenger) };
        var learnt = LearningHealth.Add(Stand.Health, labels, challenger);
        StoredContent? vectors = null;
        if (hasVectors)
        {
            var kept = await parts.Room.RunAsync(_ => cache.ToBytes(), cancellationToken);
            vectors = new StoredContent(ContentHash.Of(kept), kept);
        }

        if (string.Equals(added.Version, heads.Current, StringComparison.Ordinal))
        {
            await EndAsync(work, TriageTrainingState.Rejected, $"It is the head that answers already. {training.Reason}", training, Learnt);
            return;
        }

        await MoveAsync(LearningRecordTypes.Trained, stand => Learnt(stand) with { Work = Next(work, TrainingPhase.Comparing), Embeddings = vectors?.Hash ?? stand.Embeddings }, training, vectors is null ? null : [vectors]);

        LearningStand Learnt(LearningStand stand) => stand with { Health = learnt, LearntThrough = work.ThroughSequence };
    }

    /// <summary>The tenant's triage, for one call in the platform's name.</summary>
    private ITriageGrain Triage()
    {
        parts.Platform.Assume(tenantId);
        return parts.Grains.GetGrain<ITriageGrain>(GrainKeys.Triage(tenantId));
    }

    private DateTimeOffset NextNight(TriageSettings settings) => TrainingNight.Next(parts.Time.GetUtcNow(), settings.TrainingHour, ZoneOf(settings), tenantId);

    private static TimeZoneInfo ZoneOf(TriageSettings settings) => TimeZones.TryFind(settings.TimeZone, out var zone) ? zone : TimeZoneInfo.Utc;

    private TriageTraining Training(TrainingWork work) => TrainingOf(work.Id);

    private TriageTraining TrainingOf(string id) => journal.State.Trainings.FindLast(training => string.Equals(training.Id, id, StringComparison.Ordinal))!;

    private static TrainingWork Next(TrainingWork work, TrainingPhase phase) => work with { Phase = phase, Attempts = 0, AwaitedSince = null, NotBefore = null };

    private async Task EndAsync(TrainingWork work, TriageTrainingState state, string reason, TriageTraining? training = null, Func<LearningStand, LearningStand>? change = null)
    {
        await MoveAsync(
            LearningRecordTypes.Ended,
            stand => (change?.Invoke(stand) ?? stand) with { Work = null },
            (training ?? Training(work)) with { State = state, EndedAt = parts.Time.GetUtcNow().ToMilliseconds(), Reason = reason, OnHold = null });
        LogEnded(parts.Logger, work.Id, tenantId, state);
        LearningFigures.Ended(state);
    }

    // One after the other, each on what the one before left: asking for a training and doing one go on side by side.
    private async Task MoveAsync(string type, Func<LearningStand, LearningStand> change, TriageTraining? training = null, IReadOnlyList<StoredContent>? contents = null)
    {
        await _moving.WaitAsync();
        try
        {
            var stand = change(Stand);
            if (!ReferenceEquals(stand, Stand))
            {
                await journal.AppendAsync(type, new LearningMoved { Stand = stand, Training = training }, TriageLearningJson.Default.LearningMoved, () => WakeOf(stand), contents: contents);
            }
        }
        finally
        {
            _moving.Release();
        }
    }

    // What is at work is due at once wherever it is lost; the watchdog finds it working.
    private JournalWake WakeOf(LearningStand stand)
    {
        DateTimeOffset?[] times =
        [
            stand.NextAt,
            stand.Work is not { } work ? null : work.Phase == TrainingPhase.OnTrial ? (work.CheckedAt ?? work.TrialAt) + Options.CheckEvery : work.NotBefore ?? DateTimeOffset.UnixEpoch,
            stand.Watch is not { } watch ? null : watch.Reason is null ? (watch.CheckedAt ?? watch.Since) + Options.CheckEvery : DateTimeOffset.UnixEpoch,
        ];
        return times.Min() is { } next ? new JournalWake(next) : JournalWake.Never;
    }

    private bool IsDue(DateTimeOffset checkedAt, DateTimeOffset now) => checkedAt + Options.CheckEvery <= now;

    private static string IdOf(DateTimeOffset at) => $"x-{at.UtcDateTime:yyyyMMdd'T'HHmmssfff}".ToLowerInvariant();

    [LoggerMessage(EventId = 2301, Level = LogLevel.Information, Message = "Training {Training} of {Tenant} ended: {State}")]
    private static partial void LogEnded(ILogger logger, string training, string tenant, TriageTrainingState state);
}
