using System.Globalization;
using Steward.Engines.Triage.Learning;

namespace Steward.Triage;

/// <summary>How a challenger takes over, and is taken back.</summary>
internal sealed partial class TriageLearner
{
    // Below this nothing speaks against a head on trial that could keep it waiting.
    private const double Doubt = 3;

    private async Task BeginTrialAsync(TrainingWork work, CancellationToken cancellationToken)
    {
        var training = Training(work);
        var heads = await Triage().GetHeads(cancellationToken);
        if (!string.Equals(heads.Current, training.ComparedWith, StringComparison.Ordinal))
        {
            await EndAsync(work, TriageTrainingState.Rejected, "Another head answers now than the one that it was compared with.");
            return;
        }

        await Triage().UseHead(new UseTriageHead { Version = training.HeadVersion, Share = Options.TrialShare, Reason = Short(training.Reason) }, cancellationToken);
        await MoveAsync(
            LearningRecordTypes.OnTrial,
            stand => stand with { Work = Next(work, TrainingPhase.OnTrial) with { TrialAt = parts.Time.GetUtcNow().ToMilliseconds(), Before = TrialFigures.Of(heads, training.HeadVersion!), Routed = 0 } },
            training with { State = TriageTrainingState.OnTrial });
    }

    private async Task CheckTrialAsync(TrainingWork work, CancellationToken cancellationToken)
    {
        var (now, training) = (parts.Time.GetUtcNow().ToMilliseconds(), Training(work));
        var heads = await Triage().GetHeads(cancellationToken);
        if (string.Equals(heads.Current, training.HeadVersion, StringComparison.Ordinal))
        {
            await EndAsync(work, TriageTrainingState.Promoted, $"An admin let it take over before its trial was at its end. {training.Reason}");
            return;
        }

        if (!string.Equals(heads.Canary, training.HeadVersion, StringComparison.Ordinal) || !string.Equals(heads.Current, training.ComparedWith, StringComparison.Ordinal))
        {
            await EndAsync(work, TriageTrainingState.Rejected, "Its trial was ended from outside: another head was chosen.");
            return;
        }

        var trial = TrialFigures.Of(heads, training.HeadVersion!).Since(work.Before);
        var (evidence, overridden) = (work.Evidence, Math.Max(0, trial.Overridden - work.Overridden));
        var alone = await RateAloneAsync(work, trial, cancellationToken);
        if (alone is { } rate)
        {
            evidence = evidence.Alone(Math.Max(0, trial.Routed - (work.Routed ?? trial.Routed)), overridden, rate);
        }
        else if (trial.Routed > 0)
        {
            evidence = evidence.Beside(overridden, Math.Max(0, trial.OthersOverridden - work.OthersOverridden), (double)trial.Routed / (trial.Routed + trial.OthersRouted));
        }

        var against = alone is { } most ? string.Create(CultureInfo.InvariantCulture, $" (too few to compare with: it may be overridden in {most:0.000} of what it routes)") : "";
        var figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{trial.Overridden} of {trial.Routed} routed tickets overridden beside {trial.OthersOverridden} of {trial.OthersRouted}, there was word of {trial.Said}{against}; evidence against it {evidence.Value:0.00}");
        var age = now - work.TrialAt!.Value;
        var tooLittle = TooLittleWord(trial);
        TrainingPhase? decided = evidence.Value >= OverrideEvidence.Enough ? TrainingPhase.Withdrawing
            : trial.Said < Options.TrialSaid && age < Options.TrialTime ? null
            : evidence.Value < Doubt && tooLittle is null ? TrainingPhase.Promoting
            : age >= 2 * Options.TrialTime ? TrainingPhase.Withdrawing
            : null;
        var next = work with
        {
            Evidence = evidence,
            Routed = trial.Routed,
            Overridden = trial.Overridden,
            OthersOverridden = trial.OthersOverridden,
            CheckedAt = now,
            Reason = decided is null ? null : tooLittle is null ? $"On trial {figures}." : $"On trial {figures}. {tooLittle}: only tickets of connected systems and of trusted senders count.",
        };
        var held = decided is not null || age < Options.TrialTime ? null
            : tooLittle is not null ? $"{tooLittle}. Only tickets of connected systems and of trusted senders count (see the settings); an admin may let it take over, or go back to what answered."
            : string.Create(CultureInfo.InvariantCulture, $"The evidence against it, {evidence.Value:0.00}, is not below {Doubt:0}.");
        await MoveAsync(
            decided is null ? LearningRecordTypes.Checked : LearningRecordTypes.Decided, stand => stand with { Work = decided is { } phase ? Next(next, phase) : next }, training with { OnHold = held });
    }

    /// <summary>
    /// Where the others route too little for a rate of their own (so few that none overridden would not even show the wanted precision, as where the base knows none of the groups and everything is for a person), a head may be
    /// overridden as often as the wanted precision allows, or as often as it was wrong on what it was compared by.
    /// </summary>
    /// <returns>Null where they route enough.</returns>
    private async Task<double?> RateAloneAsync(TrainingWork work, TrialFigures trial, CancellationToken cancellationToken)
    {
        var allowed = 1 - (await Triage().GetSettings(cancellationToken)).WantedPrecision;
        return OverrideEvidence.HighestRate(trial.OthersRouted, 0) <= allowed ? null : Math.Max(allowed, work.ExpectedRate is > 0 and < 1 ? work.ExpectedRate.Value : 0);
    }

    // Whoever speaks three times a day would have brought a head up alone before its trial is over: an account that stands for a whole system, too.
    private string? TooLittleWord(TrialFigures trial)
    {
        var ofOne = Options.TrialFewestSaid / 2;
        if (trial.SaidWithOneAtMost(ofOne) >= Options.TrialFewestSaid)
        {
            return null;
        }

        var capped = trial.SaidByOne > ofOne ? string.Create(CultureInfo.InvariantCulture, $", {trial.SaidByOne} of them by one person or account, whose word counts for {ofOne} at most") : "";
        return string.Create(CultureInfo.InvariantCulture, $"There was word of {trial.Said} of the tickets that it routed, and there must be of {Options.TrialFewestSaid}{capped}");
    }

    private async Task PromoteAsync(TrainingWork work, CancellationToken cancellationToken)
    {
        var training = Training(work);
        var heads = await Triage().GetHeads(cancellationToken);
        var isDone = string.Equals(heads.Current, training.HeadVersion, StringComparison.Ordinal);
        if (!isDone && (!string.Equals(heads.Canary, training.HeadVersion, StringComparison.Ordinal) || !string.Equals(heads.Current, training.ComparedWith, StringComparison.Ordinal)))
        {
            await EndAsync(work, TriageTrainingState.Rejected, $"Another head was chosen before it could take over. {work.Reason}");
            return;
        }

        // Of the head before: while both answered.
        var figures = TrialFigures.Of(heads, training.HeadVersion!);
        var trial = figures.Since(work.Before);
        if (!isDone)
        {
            await Triage().UseHead(new UseTriageHead { Version = training.HeadVersion, Share = 1, Reason = Short(work.Reason) }, cancellationToken);
        }

        var now = parts.Time.GetUtcNow().ToMilliseconds();
        var watch = new PromotionWatch
        {
            TrainingId = work.Id,
            Version = training.HeadVersion!,
            Before = training.ComparedWith,
            Since = now,
            RateBefore = await RateAloneAsync(work, trial, cancellationToken) ?? OverrideEvidence.HighestRate(trial.OthersRouted, trial.OthersOverridden),
            Routed = figures.Routed,
            Overridden = figures.Overridden,
        };
        await EndAsync(work, TriageTrainingState.Promoted, $"{work.Reason} {training.Reason}", training, stand => stand with { Watch = watch });
    }

    private async Task WithdrawAsync(TrainingWork work, CancellationToken cancellationToken)
    {
        var training = Training(work);
        if (string.Equals((await Triage().GetHeads(cancellationToken)).Canary, training.HeadVersion, StringComparison.Ordinal))
        {
            await Triage().UseHead(new UseTriageHead { Version = training.HeadVersion, Share = 0, Reason = Short(work.Reason) }, cancellationToken);
        }

        await EndAsync(work, TriageTrainingState.RolledBack, $"{work.Reason} {training.Reason}", training);
    }

    /// <summary>Looks after a head that took over.</summary>
    private async Task WatchAsync(PromotionWatch watch, CancellationToken cancellationToken)
    {
        var now = parts.Time.GetUtcNow().ToMilliseconds();
        var heads = await Triage().GetHeads(cancellationToken);
        var training = journal.State.Trainings.Find(known => string.Equals(known.Id, watch.TrainingId, StringComparison.Ordinal));
        if (watch.Reason is { } reason)
        {
            if (string.Equals(heads.Current, watch.Version, StringComparison.Ordinal))
            {
                // One that is not known any more cannot answer; the base always can.
                var before = heads.Heads.Any(head => string.Equals(head.Version, watch.Before, StringComparison.Ordinal)) ? watch.Before : null;
                await Triage().UseHead(new UseTriageHead { Version = before, Reason = Short(reason) }, cancellationToken);
            }

            LearningFigures.Ended(TriageTrainingState.RolledBack);
            await MoveAsync(LearningRecordTypes.Ended, stand => stand with { Watch = null }, training is null ? null : training with { State = TriageTrainingState.RolledBack, EndedAt = now, Reason = $"{reason} {training.Reason}" });
            return;
        }

        // Chosen by somebody else since, or long enough without complaint; without a rate, as releases before wrote it down, there is nothing to compare with.
        if (!string.Equals(heads.Current, watch.Version, StringComparison.Ordinal) || now - watch.Since >= Options.WatchTime || watch.RateBefore is not (> 0 and < 1))
        {
            await MoveAsync(LearningRecordTypes.Checked, stand => stand with { Watch = null });
            return;
        }

        var info = heads.Heads.FirstOrDefault(head => string.Equals(head.Version, watch.Version, StringComparison.Ordinal));
        var (routed, overridden) = (info?.Routed ?? watch.Routed, info?.Overridden ?? watch.Overridden);
        var evidence = watch.Evidence.Alone(Math.Max(0, routed - watch.Routed), Math.Max(0, overridden - watch.Overridden), watch.RateBefore);
        var isBad = evidence.Value >= OverrideEvidence.Enough;
        var figures = string.Create(CultureInfo.InvariantCulture, $"Overridden more often than before, or than it may be (at most {watch.RateBefore:0.000} of what is routed): evidence {evidence.Value:0.0} by now, {overridden} of {routed} in all.");
        await MoveAsync(
            isBad ? LearningRecordTypes.Decided : LearningRecordTypes.Checked,
            stand => stand with { Watch = watch with { Evidence = evidence, Routed = routed, Overridden = overridden, CheckedAt = now, Reason = isBad ? figures : null } });
    }

    private static string Short(string? reason) => reason is not { Length: > 500 } ? reason ?? "" : reason[..499] + "…";
}
