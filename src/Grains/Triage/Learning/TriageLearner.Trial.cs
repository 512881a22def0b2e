using System.Globalization;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Learning;
using Steward.Errors;

namespace Steward.Triage;

/// <summary>How a challenger takes over, and is taken back.</summary>
internal sealed partial class TriageLearner
{
    // The base answers through its models; so many of its answers are enough to compare by.
    private const int MostBaseAnswers = 600;
    private static readonly TimeSpan BaseAwaitedFor = TimeSpan.FromHours(1);

    // Below this nothing speaks against a head on trial that could keep it waiting.
    private const double Doubt = 3;

    private async Task CompareAsync(TrainingWork work, CancellationToken cancellationToken)
    {
        var training = Training(work);
        var labels = await LabelsAsync(work, cancellationToken);
        var challenger = await AnswersAsync(training.HeadVersion!, labels.Split.Frozen, cancellationToken);
        var champion = training.ComparedWith is { } version
            ? await AnswersAsync(version, labels.Split.Frozen, cancellationToken)
            : await BaseAnswersAsync(labels.Split.Frozen, cancellationToken);
        if (challenger is null)
        {
            await EndAsync(work, TriageTrainingState.Failed, "The challenger, or what it reads texts with, is not there any more.");
            return;
        }

        if (training.ComparedWith is null && champion?.Count(answer => answer is not null) < FewestFrozen)
        {
            champion = CommonestGroup(labels, training.StartedAt);
        }

        // A champion that cannot answer any more has nothing right.
        var pairs = labels.Split.Frozen.Select((ticket, i) => (Ticket: ticket, Champion: champion is null ? "" : champion[i], Challenger: challenger[i]))
            .Where(one => one.Champion is not null)
            .Select(one => (one.Ticket.Label, string.Equals(one.Champion, one.Ticket.Label, StringComparison.Ordinal), string.Equals(one.Challenger, one.Ticket.Label, StringComparison.Ordinal)))
            .ToList();
        var verdict = HeadComparison.Compare(pairs);
        training = training with { ChampionAccuracy = champion is null ? null : verdict.ChampionAccuracy, ChallengerAccuracy = verdict.ChallengerAccuracy, Reason = $"{verdict.Reason} {training.Reason}" };
        if (verdict.IsAccepted)
        {
            await MoveAsync(LearningRecordTypes.Compared, stand => stand with { Work = Next(work, TrainingPhase.BeginningTrial) }, training);
        }
        else
        {
            await EndAsync(work, TriageTrainingState.Rejected, training.Reason, training);
        }
    }

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
            stand => stand with { Work = Next(work, TrainingPhase.OnTrial) with { TrialAt = parts.Time.GetUtcNow().ToMilliseconds(), Before = TrialFigures.Of(heads, training.HeadVersion!) } },
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
        var evidence = work.Evidence;
        if (trial.Routed > 0 && trial.OthersRouted > 0)
        {
            evidence = evidence.Beside(Math.Max(0, trial.Overridden - work.Overridden), Math.Max(0, trial.OthersOverridden - work.OthersOverridden), (double)trial.Routed / (trial.Routed + trial.OthersRouted));
        }

        var figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{trial.Overridden} of {trial.Routed} routed tickets overridden beside {trial.OthersOverridden} of {trial.OthersRouted}, there was word of {trial.Said}; evidence against it {evidence.Value:0.00}");
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
            RateBefore = OverrideEvidence.HighestRate(trial.OthersRouted, trial.OthersOverridden),
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

        // Chosen by somebody else since, or long enough without complaint; without a rate there is nothing to compare with.
        if (!string.Equals(heads.Current, watch.Version, StringComparison.Ordinal) || now - watch.Since >= Options.WatchTime || watch.RateBefore is not (> 0 and < 1))
        {
            await MoveAsync(LearningRecordTypes.Checked, stand => stand with { Watch = null });
            return;
        }

        var info = heads.Heads.FirstOrDefault(head => string.Equals(head.Version, watch.Version, StringComparison.Ordinal));
        var (routed, overridden) = (info?.Routed ?? watch.Routed, info?.Overridden ?? watch.Overridden);
        var evidence = watch.Evidence.Alone(Math.Max(0, routed - watch.Routed), Math.Max(0, overridden - watch.Overridden), watch.RateBefore);
        var isBad = evidence.Value >= OverrideEvidence.Enough;
        var figures = string.Create(CultureInfo.InvariantCulture, $"Overridden more often than the head before (at most {watch.RateBefore:0.000} of what was routed): evidence {evidence.Value:0.0} by now, {overridden} of {routed} in all.");
        await MoveAsync(
            isBad ? LearningRecordTypes.Decided : LearningRecordTypes.Checked,
            stand => stand with { Watch = watch with { Evidence = evidence, Routed = routed, Overridden = overridden, CheckedAt = now, Reason = isBad ? figures : null } });
    }

    /// <returns>Null when the head, or what it reads texts with, is not there any more.</returns>
    private async Task<IReadOnlyList<string?>?> AnswersAsync(string version, IReadOnlyList<BelievedTicket> tickets, CancellationToken cancellationToken)
    {
        if (await Triage().ReadHead(version, cancellationToken) is not { } bytes)
        {
            return null;
        }

        var head = await parts.Room.RunAsync(_ => TenantHead.FromBytes(bytes), cancellationToken);
        var cache = head.Dimensions == 0 ? null : await CacheAsync(cancellationToken);
        if (cache is not null)
        {
            var info = (await Triage().GetHeads(cancellationToken)).Heads.FirstOrDefault(known => string.Equals(known.Version, version, StringComparison.Ordinal));
            if (!string.Equals(info?.EncoderModel, parts.Embeddings.Model, StringComparison.Ordinal)
                || !await parts.Embeddings.FillAsync(tenantId, [.. tickets.Select(ticket => ticket.Ticket.Text)], cache, cancellationToken)
                || cache.Find(tickets[0].Ticket.Text)?.Length != head.Dimensions)
            {
                return null;
            }
        }

        return await parts.Room.RunAsync<IReadOnlyList<string?>>(
            _ => [.. tickets.Select(ticket => HeadTraining.Answer(head, ticket, cache?.Find(ticket.Ticket.Text)).Label)], cancellationToken);
    }

    /// <summary>What a first head is compared with where no base answers, as in a cluster without models: everything is of the commonest group. A base that is away for a while is waited for.</summary>
    private string[] CommonestGroup(LearningLabels labels, DateTimeOffset startedAt)
    {
        if (parts.Time.GetUtcNow() - startedAt < BaseAwaitedFor)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The base cannot be compared with now.") { IsRetryable = true };
        }

        var commonest = labels.Split.Training.CountBy(ticket => ticket.Label, StringComparer.Ordinal).MaxBy(group => group.Value).Key;
        return [.. labels.Split.Frozen.Select(_ => commonest)];
    }

    /// <summary>What the base says of the newest tickets; null for the others.</summary>
    private async Task<IReadOnlyList<string?>> BaseAnswersAsync(IReadOnlyList<BelievedTicket> tickets, CancellationToken cancellationToken)
    {
        var answers = new string?[tickets.Count];
        for (var i = Math.Max(0, tickets.Count - MostBaseAnswers); i < tickets.Count; i++)
        {
            var ticket = tickets[i].Ticket;
            try
            {
                var decision = await Triage().Classify(
                    new TriageTicket
                    {
                        ShortDescription = ticket.ShortDescription,
                        Description = ticket.Description,
                        Category = ticket.Category,
                        Subcategory = ticket.Subcategory,
                        Priority = ticket.Priority,
                        Department = ticket.Department,
                        Location = ticket.Location,
                        ConfigurationItem = ticket.ConfigurationItem,
                    },
                    cancellationToken);

                // Where its models are away, a head of words answers: it may be the one to be compared.
                answers[i] = decision.Version.StartsWith("base:", StringComparison.Ordinal) ? decision.Label : null;
            }
            catch (StewardException exception) when (exception.Code == ErrorCodes.Overloaded)
            {
                await Task.Delay(exception.RetryAfter ?? TimeSpan.FromSeconds(1), parts.Time, cancellationToken);
            }
        }

        return answers;
    }

    private static string Short(string? reason) => reason is not { Length: > 500 } ? reason ?? "" : reason[..499] + "…";
}
