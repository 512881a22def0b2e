using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Learning;
using Steward.Engines.Triage.Routing;
using Steward.Errors;

namespace Steward.Triage;

/// <summary>How a challenger is compared with what answers.</summary>
internal sealed partial class TriageLearner
{
    // The base answers through its models; so many of its answers are enough to compare by.
    private const int MostBaseAnswers = 600;
    private static readonly TimeSpan AwaitedFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMinutes(10);

    private async Task CompareAsync(TrainingWork work, CancellationToken cancellationToken)
    {
        var training = Training(work);
        var heads = await Triage().GetHeads(cancellationToken);
        var known = heads.Heads.FirstOrDefault(head => string.Equals(head.Version, training.ComparedWith, StringComparison.Ordinal));
        var labels = await LabelsAsync(work, cancellationToken);
        var (frozen, commonest) = (UnseenBy(known, labels.Split.Frozen), labels.Split.Training.CountBy(ticket => ticket.Label, StringComparer.Ordinal).MaxBy(group => group.Value).Key);

        // What is learnt from takes memory that others wait for, and the base takes its time.
        DropLabels();
        var challenger = await AnswersAsync(training.HeadVersion!, heads, frozen, cancellationToken);
        if (challenger.IsAway && await AwaitAsync(work))
        {
            return;
        }

        if (challenger.Given is not { } answers)
        {
            await EndAsync(work, TriageTrainingState.Failed, challenger.IsAway ? "What the challenger reads texts with did not answer for an hour." : "The challenger, or what it reads texts with, is not there any more.");
            return;
        }

        var champion = training.ComparedWith is { } version
            ? ChampionAnswers.Of(await AnswersAsync(version, heads, frozen, cancellationToken))
            : await BaseAnswersAsync(frozen, cancellationToken);
        var isConstant = champion.IsAway;
        if (isConstant)
        {
            if (await AwaitAsync(work))
            {
                return;
            }

            // As in a cluster without models: whoever is better than one who says the same of everything may be tried.
            champion = new ChampionAnswers([.. frozen.Select(_ => commonest)], false);
        }

        // A champion that cannot answer any more has nothing right.
        var pairs = frozen.Select((ticket, i) => (Ticket: ticket, Champion: champion.Given is null ? "" : champion.Given[i], Challenger: answers[i].Label))
            .Where(one => one.Champion is not null)
            .Select(one => (one.Ticket.Label, string.Equals(one.Champion, one.Ticket.Label, StringComparison.Ordinal), string.Equals(one.Challenger, one.Ticket.Label, StringComparison.Ordinal)))
            .ToList();
        var verdict = HeadComparison.Compare(pairs, isConstant ? commonest : null);
        training = training with { ChampionAccuracy = champion.Given is null ? null : verdict.ChampionAccuracy, ChallengerAccuracy = verdict.ChallengerAccuracy, Reason = $"{verdict.Reason} {training.Reason}" };
        if (verdict.IsAccepted)
        {
            var expected = ExpectedRate(heads.Heads.First(head => string.Equals(head.Version, training.HeadVersion, StringComparison.Ordinal)), await Triage().GetSettings(cancellationToken), frozen, answers);
            await MoveAsync(LearningRecordTypes.Compared, stand => stand with { Work = Next(work, TrainingPhase.BeginningTrial) with { ExpectedRate = expected } }, training);
        }
        else
        {
            await EndAsync(work, TriageTrainingState.Rejected, training.Reason, training);
        }
    }

    // A head of an earlier release may have learnt of tickets that are kept away now. Where too few are left without these, it is judged a little too well.
    private static IReadOnlyList<BelievedTicket> UnseenBy(TriageHeadInfo? champion, IReadOnlyList<BelievedTicket> frozen) =>
        champion is { IsSplitByText: false } && frozen.Where(FrozenSet.WasFrozen).ToList() is { Count: >= FewestFrozen } unseen ? unseen : frozen;

    /// <summary>How often a head that is as good as on these tickets is wrong where it routes, at most: what its confidences promise, where it has routed too few of them to know better. Null when it routes nothing.</summary>
    private static double? ExpectedRate(TriageHeadInfo head, TriageSettings settings, IReadOnlyList<BelievedTicket> tickets, IReadOnlyList<(string Label, double Confidence)> answers)
    {
        var least = Math.Min(settings.ReviewAt ?? head.ReviewAt ?? BandThresholds.Default.Review, settings.AutoRouteAt ?? head.AutoRouteAt ?? 1);
        var routed = tickets.Zip(answers).Where(one => one.Second.Confidence >= least).ToList();
        return routed.Count == 0 ? null : Math.Min(1 - least, OverrideEvidence.HighestRate(routed.Count, routed.Count(one => !string.Equals(one.First.Label, one.Second.Label, StringComparison.Ordinal))));
    }

    /// <summary>Lets the phase be begun again in a while, which is no attempt that failed.</summary>
    /// <returns>Whether it is; not when it was for long enough.</returns>
    private async Task<bool> AwaitAsync(TrainingWork work)
    {
        var now = parts.Time.GetUtcNow().ToMilliseconds();
        if (now - (work.AwaitedSince ?? now) >= AwaitedFor)
        {
            return false;
        }

        await MoveAsync(LearningRecordTypes.Awaited, stand => stand with { Work = work with { AwaitedSince = work.AwaitedSince ?? now, NotBefore = now + LooksEvery } });
        return true;
    }

    private async Task<HeadAnswers> AnswersAsync(string version, TriageHeads heads, IReadOnlyList<BelievedTicket> tickets, CancellationToken cancellationToken)
    {
        if (await Triage().ReadHead(version, cancellationToken) is not { } bytes)
        {
            return HeadAnswers.Gone;
        }

        var head = await parts.Room.RunAsync(_ => TenantHead.FromBytes(bytes), cancellationToken);
        var cache = head.Dimensions == 0 ? null : await CacheAsync(cancellationToken);
        if (cache is not null)
        {
            var info = heads.Heads.FirstOrDefault(known => string.Equals(known.Version, version, StringComparison.Ordinal));
            if (!string.Equals(info?.EncoderModel, parts.Embeddings.Model, StringComparison.Ordinal))
            {
                return HeadAnswers.Gone;
            }

            var filled = await parts.Embeddings.FillAsync(tenantId, [.. tickets.Select(ticket => ticket.Ticket.Text)], cache, cancellationToken);
            if (filled != Embedded.All)
            {
                return new HeadAnswers(null, IsAway: filled == Embedded.Away);
            }

            // Vectors of another version say nothing to it, as when it answers.
            if (!string.Equals(info?.Encoder ?? cache.Version, cache.Version, StringComparison.Ordinal) || cache.Find(tickets[0].Ticket.Text)?.Length != head.Dimensions)
            {
                return HeadAnswers.Gone;
            }
        }

        return new HeadAnswers(
            await parts.Room.RunAsync<IReadOnlyList<(string, double)>>(_ => [.. tickets.Select(ticket => HeadTraining.Answer(head, ticket, cache?.Find(ticket.Ticket.Text)))], cancellationToken), IsAway: false);
    }

    /// <summary>What the base says of the newest tickets; null for the others.</summary>
    private async Task<ChampionAnswers> BaseAnswersAsync(IReadOnlyList<BelievedTicket> tickets, CancellationToken cancellationToken)
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
            catch (StewardException exception) when (exception.Code == ErrorCodes.Unavailable)
            {
                break;
            }
        }

        return new ChampionAnswers(answers, IsAway: answers.Count(answer => answer is not null) < FewestFrozen);
    }

    /// <param name="Given">What it says of each ticket; null when it is away, or is not there any more.</param>
    /// <param name="IsAway">Whether it may answer later.</param>
    private sealed record HeadAnswers(IReadOnlyList<(string Label, double Confidence)>? Given, bool IsAway)
    {
        public static HeadAnswers Gone { get; } = new(null, IsAway: false);
    }

    /// <param name="Given">What it says of each ticket, null for those of which it was not asked; null when it is away, or is not there any more.</param>
    /// <param name="IsAway">Whether it may answer later.</param>
    private sealed record ChampionAnswers(IReadOnlyList<string?>? Given, bool IsAway)
    {
        public static ChampionAnswers Of(HeadAnswers head) => new(head.Given is null ? null : [.. head.Given.Select(answer => answer.Label)], head.IsAway);
    }
}
