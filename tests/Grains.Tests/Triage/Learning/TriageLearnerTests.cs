using System.Text;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Learning;

public sealed class TriageLearnerTests : IDisposable
{
    private readonly LearnerRig _rig = new();

    [Fact]
    public async Task Training_BetterThanTheBase_IsTriedAndThenTakesOver()
    {
        _rig.Triage.Settings = _rig.Triage.Settings with { WantedPrecision = 0.7 };
        var training = await OnTrialAsync();

        Assert.Equal(TriageTrainingState.OnTrial, training.State);
        Assert.Equal((training.HeadVersion, 0.1, (string?)null), (_rig.Triage.Canary, _rig.Triage.CanaryShare, _rig.Triage.Current));
        var head = Assert.Single((await (Task<TriageHeads>)_rig.Triage.Answer(typeof(ITriageGrain).GetMethod(nameof(ITriageGrain.GetHeads))!, [])).Heads);
        Assert.True(head is { AutoRouteAt: > 0, AutoRouteCoverage: > 0 and <= 1, AutoRoutePrecision: >= 0.7 }, $"{head}");
        Assert.Contains(" of the tickets at a precision of ", training.Reason, StringComparison.Ordinal);
        Assert.True(training is { ChampionAccuracy: < 0.5, ChallengerAccuracy: > 0.8, FrozenTickets: > 30, ComparedWith: null }, $"{training}");

        Fare(training, routed: 400, said: 250, overridden: 20, others: 3600, othersOverridden: 300);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.Promoted, _rig.Last.State);
        Assert.Equal([training.HeadVersion], _rig.Triage.Takeovers);
        Assert.Contains("20 of 400", _rig.Last.Reason, StringComparison.Ordinal);
        Assert.NotNull(_rig.Last.EndedAt);
    }

    [Fact]
    public async Task Trial_TooLittleSaid_GoesOnUntilItsTimeIsOver()
    {
        var training = await OnTrialAsync();
        Fare(training, routed: 100, said: 30, overridden: 2, others: 900, othersOverridden: 20);
        _rig.Time.Advance(TimeSpan.FromDays(6));
        await _rig.WorkAsync();
        Assert.Equal(TriageTrainingState.OnTrial, _rig.Last.State);

        _rig.Time.Advance(TimeSpan.FromDays(1.1));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.Promoted, _rig.Last.State);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(400, 0)]
    [InlineData(400, 9)]
    public async Task Trial_NobodySaysEnough_IsHeldAndSaysSoAndThenEnds(long routed, long said)
    {
        var training = await OnTrialAsync();
        Fare(training, routed, said, overridden: 0, others: 9 * routed, othersOverridden: 0);
        _rig.Time.Advance(TimeSpan.FromDays(6));
        await _rig.WorkAsync();
        Assert.Null(_rig.Last.OnHold);

        _rig.Time.Advance(TimeSpan.FromDays(1.1));
        await _rig.WorkAsync();
        Assert.Equal((TriageTrainingState.OnTrial, training.HeadVersion), (_rig.Last.State, _rig.Triage.Canary));
        Assert.Contains($"There was word of {said} of the tickets that it routed, and there must be of 10", _rig.Last.OnHold, StringComparison.Ordinal);

        _rig.Time.Advance(TimeSpan.FromDays(7));
        await _rig.WorkAsync();
        Assert.Equal((TriageTrainingState.RolledBack, null), (_rig.Last.State, _rig.Last.OnHold));
        Assert.Contains("there must be of 10", _rig.Last.Reason, StringComparison.Ordinal);
        Assert.Empty(_rig.Triage.Takeovers);
        Assert.Null(_rig.Triage.Canary);
    }

    [Fact]
    public async Task Trial_WordComesWhileItIsHeld_TakesOver()
    {
        var training = await OnTrialAsync();
        _rig.Time.Advance(TimeSpan.FromDays(8));
        await _rig.WorkAsync();
        Assert.NotNull(_rig.Last.OnHold);

        Fare(training, routed: 60, said: 10, overridden: 1, others: 540, othersOverridden: 9);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal((TriageTrainingState.Promoted, null), (_rig.Last.State, _rig.Last.OnHold));
    }

    [Theory]
    [InlineData(42, 42, false)]
    [InlineData(40, 36, false)]
    [InlineData(250, 250, false)]
    [InlineData(40, 35, true)]
    [InlineData(10, 5, true)]
    [InlineData(250, 3, true)]
    public async Task Trial_WordOfOnePerson_CountsForHalfOfWhatItNeeds(long said, long byOne, bool takesOver)
    {
        var training = await OnTrialAsync();
        Fare(training, routed: 400, said, overridden: 0, others: 3_600, othersOverridden: 300);
        _rig.Triage.SaidByOne(training.HeadVersion!, byOne);
        _rig.Time.Advance(TimeSpan.FromDays(7.1));
        await _rig.WorkAsync();

        Assert.Equal(takesOver ? TriageTrainingState.Promoted : TriageTrainingState.OnTrial, _rig.Last.State);
        if (!takesOver)
        {
            Assert.Contains($"{byOne} of them by one person or account, whose word counts for 5 at most", _rig.Last.OnHold, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Trial_AnAdminLetsItTakeOver_IsPromotedByThem()
    {
        var training = await OnTrialAsync();
        await UseByAdminAsync(training.HeadVersion);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.Promoted, _rig.Last.State);
        Assert.StartsWith("An admin let it take over", _rig.Last.Reason, StringComparison.Ordinal);
        Assert.Null(_rig.State.Stand.Watch);
    }

    [Fact]
    public async Task Trial_OverriddenMoreOften_IsTakenBack()
    {
        var training = await OnTrialAsync();
        Fare(training, routed: 200, said: 100, overridden: 40, others: 1800, othersOverridden: 120);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.RolledBack, _rig.Last.State);
        Assert.Equal(((string?)null, (string?)null), (_rig.Triage.Canary, _rig.Triage.Current));
        Assert.Empty(_rig.Triage.Takeovers);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(50)]
    public async Task Trial_OthersRouteNextToNothingAndItIsOverriddenEveryTime_IsTakenBack(long others)
    {
        var training = await OnTrialAsync();
        Fare(training, routed: 200, said: 200, overridden: 200, others, othersOverridden: 0);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.RolledBack, _rig.Last.State);
        Assert.Empty(_rig.Triage.Takeovers);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task Trial_OthersRouteNextToNothingAndItIsAsGoodAsItWas_TakesOverAndIsWatched(long others)
    {
        var training = await OnTrialAsync();
        Fare(training, routed: 400, said: 250, overridden: 24, others, othersOverridden: 0);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.Promoted, _rig.Last.State);
        Assert.InRange(_rig.State.Stand.Watch!.RateBefore, 0.05, 0.3);

        Fare(training, routed: 460, said: 290, overridden: 26, others, othersOverridden: 0);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();
        Assert.NotNull(_rig.State.Stand.Watch);

        Fare(training, routed: 660, said: 490, overridden: 200, others, othersOverridden: 0);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.RolledBack, _rig.Last.State);
        Assert.Equal([training.HeadVersion, null], _rig.Triage.Takeovers);
    }

    [Fact]
    public async Task Promoted_OverriddenMoreOften_GoesBackToTheHeadBefore()
    {
        var training = await OnTrialAsync();
        Fare(training, routed: 400, said: 250, overridden: 20, others: 3600, othersOverridden: 180);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Fare(training, routed: 900, said: 600, overridden: 120, others: 3600, othersOverridden: 180);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.RolledBack, _rig.Last.State);
        Assert.Equal([training.HeadVersion, null], _rig.Triage.Takeovers);
    }

    [Fact]
    public async Task Promoted_HeadBeforeIsForgotten_GoesBackToTheBase()
    {
        var first = await OnTrialAsync();
        Fare(first, routed: 400, said: 250, overridden: 20, others: 3600, othersOverridden: 300);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();
        _rig.Triage.Forget(first.HeadVersion!);
        _rig.Say(_rig.Triage, 100);
        var second = await _rig.TrainAsync();
        Fare(second, routed: 400, said: 250, overridden: 20, others: 7600, othersOverridden: 620);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();
        Assert.Equal(first.HeadVersion, _rig.State.Stand.Watch?.Before);

        Fare(second, routed: 900, said: 600, overridden: 220, others: 7600, othersOverridden: 620);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal([first.HeadVersion, second.HeadVersion, null], _rig.Triage.Takeovers);
        Assert.Null(_rig.State.Stand.Watch);
    }

    [Fact]
    public async Task Trial_SameHeadWasOnTrialBefore_CountsFromItsBeginning()
    {
        var first = await OnTrialAsync();
        Fare(first, routed: 200, said: 190, overridden: 190, others: 1800, othersOverridden: 100);
        await UseByAdminAsync(null);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();
        var second = await _rig.TrainAsync();
        Assert.Equal((TriageTrainingState.OnTrial, first.HeadVersion), (second.State, second.HeadVersion));

        Fare(second, routed: 600, said: 440, overridden: 210, others: 5400, othersOverridden: 400);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.Promoted, _rig.Last.State);
        Assert.Contains("20 of 400 routed tickets overridden beside 300 of 3600, there was word of 250", _rig.Last.Reason, StringComparison.Ordinal);
        Assert.Equal((600L, 210L), (_rig.State.Stand.Watch!.Routed, _rig.State.Stand.Watch.Overridden));
        Assert.InRange(_rig.State.Stand.Watch.RateBefore, 300 / 3600d, 0.1);
    }

    [Fact]
    public async Task Promoted_SomebodyChoseAnotherHead_IsLeftAlone()
    {
        var training = await OnTrialAsync();
        await UseByAdminAsync(null);
        _rig.Time.Advance(TimeSpan.FromHours(2));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.Rejected, _rig.Last.State);
        Assert.Null(_rig.Triage.Current);
        Assert.Equal(training.HeadVersion, _rig.Last.HeadVersion);
    }

    [Fact]
    public async Task Training_ChampionIsAsGood_IsRejectedAndNotTried()
    {
        _rig.Triage.Base = ticket => _rig.Triage.Labels.First(label => label.Ticket.ShortDescription == ticket.ShortDescription).Label;
        _rig.Say(_rig.Triage, 400);
        await _rig.LoadAsync();

        var training = await _rig.TrainAsync();

        Assert.Equal(TriageTrainingState.Rejected, training.State);
        Assert.DoesNotContain("use head", _rig.Mortal.Done);
        Assert.Equal(1, training.ChampionAccuracy);
    }

    [Fact]
    public async Task Training_FewLabels_IsSkippedAndSaysWhy()
    {
        _rig.Say(_rig.Triage, 40);
        await _rig.LoadAsync();

        var training = await _rig.TrainAsync();

        Assert.Equal(TriageTrainingState.Skipped, training.State);
        Assert.Contains("40 tickets", training.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("set aside", training.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_OnePersonSaysEverything_IsSkippedAndSaysWhatHelps()
    {
        _rig.Say(_rig.Triage, 100);
        for (var i = 0; i < _rig.Triage.Labels.Count; i++)
        {
            _rig.Triage.Labels[i] = _rig.Triage.Labels[i] with { By = "u-ada", DecidedLabel = null };
        }

        await _rig.LoadAsync();

        var training = await _rig.TrainAsync();

        Assert.Equal((TriageTrainingState.Skipped, 100), (training.State, training.SetAside));
        Assert.Contains("100 labels were set aside, each said by one person alone: import", training.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_KilledAnywhere_GoesOnAndTakesOverOnce()
    {
        var (number, wasKilled) = (0, true);
        while (wasKilled)
        {
            number++;
            foreach (var afterwards in new[] { false, true })
            {
                using var rig = new LearnerRig();
                rig.Say(rig.Triage, 300);
                rig.Mortal.DieAt(number, afterwards);
                var began = await SurviveAsync(rig, async () =>
                {
                    if (rig.State.Trainings.Count == 0)
                    {
                        await rig.Learner.BeginAsync(isAsked: true);
                    }

                    await rig.WorkAsync();
                });
                rig.Triage.Fare(rig.Triage.Canary!, 400, 250, 20);
                rig.Triage.All = (4000, 2500, 320);
                rig.Time.Advance(TimeSpan.FromHours(2));
                var took = await SurviveAsync(rig, rig.WorkAsync);

                wasKilled = began || took;
                var training = Assert.Single(rig.State.Trainings);
                Assert.Equal(TriageTrainingState.Promoted, training.State);
                Assert.Equal([training.HeadVersion], rig.Triage.Takeovers);
                Assert.Equal((training.HeadVersion, (string?)null), (rig.Triage.Current, rig.Triage.Canary));
            }
        }

        // Seven entries at least, a head that is added and two uses of it.
        Assert.InRange(number, 11, 30);
    }

    [Fact]
    public async Task Training_OneTenant_ReadsNoLabelOfAnother()
    {
        _rig.Say(_rig.Triage, 400);
        _rig.Say(_rig.OtherTriage, 400, "other");
        await _rig.LoadAsync();

        var training = await _rig.TrainAsync();

        Assert.Equal(TriageTrainingState.OnTrial, training.State);
        Assert.Equal([GrainKeys.Triage(LearnerRig.Tenant)], _rig.Asked);
        Assert.Equal(0, _rig.OtherTriage.Reads);
        var kept = Encoding.Latin1.GetString(_rig.Triage.Bytes(training.HeadVersion!)) + string.Concat(_rig.Journals.Entries(GrainKeys.TriageLearning(LearnerRig.Tenant)).Select(entry => Encoding.UTF8.GetString(entry.Payload.Span)));

        // Shorter ones stand in any bytes by chance.
        foreach (var word in _rig.Triage.Labels.SelectMany(label => label.Ticket.ShortDescription.Split(' ')).Where(word => word.Length > 3).Distinct())
        {
            Assert.DoesNotContain(word, kept, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Nights_NothingNew_AreSkippedAndTheNextOneIsPlanned()
    {
        _rig.Say(_rig.Triage, 300);
        _rig.Triage.Settings = new TriageSettings { TrainingHour = 3, TimeZone = "Europe/Berlin" };
        await _rig.LoadAsync();
        await _rig.Learner.PlanAsync(default);
        var first = _rig.State.Stand.NextAt!.Value;
        Assert.Equal(3, TimeZoneInfo.ConvertTime(first, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).Hour);
        Assert.Equal(first, _rig.Journals.Wakes[GrainKeys.TriageLearning(LearnerRig.Tenant)]);

        _rig.Time.Advance(first - _rig.Time.GetUtcNow() + TimeSpan.FromMinutes(1));
        await _rig.WorkAsync();
        Assert.Equal(TriageTrainingState.OnTrial, _rig.Last.State);
        await UseByAdminAsync(null);
        _rig.Time.Advance(TimeSpan.FromDays(1));
        await _rig.WorkAsync();
        _rig.Time.Advance(TimeSpan.FromDays(1));
        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.Skipped, _rig.Last.State);
        Assert.True(_rig.State.Stand.NextAt > _rig.Time.GetUtcNow());
    }

    [Fact]
    public async Task Night_MissedByHours_WaitsForTheNextOne()
    {
        _rig.Say(_rig.Triage, 300);
        await _rig.LoadAsync();
        await _rig.Learner.PlanAsync(default);
        _rig.Time.Advance(_rig.State.Stand.NextAt!.Value - _rig.Time.GetUtcNow() + TimeSpan.FromHours(4));

        await _rig.WorkAsync();

        Assert.Empty(_rig.State.Trainings);
        Assert.True(_rig.State.Stand.NextAt > _rig.Time.GetUtcNow());
    }

    [Fact]
    public async Task Training_WithVectors_ComputesEachTextOnceAcrossNights()
    {
        using var rig = new LearnerRig(new TriageLearningOptions());
        var labels = rig.Triage.Labels;
        rig.Say(rig.Triage, 300);
        rig.Encoder = text => labels.First(label => label.Ticket.ShortDescription == text).Label switch { "mail" => [1, 0, 0], "network" => [0, 1, 0], _ => [0, 0, 1] };
        await rig.LoadAsync();

        var training = await rig.TrainAsync();
        var first = rig.Embedded.Count;
        rig.Say(rig.Triage, 40);
        await rig.LoadAsync();
        await rig.TrainAsync();
        Fare(rig, training, 400, 250, 20, 3600, 300);
        rig.Time.Advance(TimeSpan.FromHours(2));
        await rig.WorkAsync();
        await rig.LoadAsync();
        await rig.TrainAsync();

        Assert.Contains("embedding", training.Reason, StringComparison.Ordinal);
        Assert.InRange(first, 290, 301);

        // What is new, and one text each time to learn which version answers.
        Assert.InRange(rig.Embedded.Count - first, 39, 46);
    }

    [Fact]
    public async Task Training_FailsAgainAndAgain_Ends()
    {
        _rig.Say(_rig.Triage, 300);
        await _rig.LoadAsync();
        await _rig.Learner.BeginAsync(isAsked: true);
        for (var i = 0; i < 6; i++)
        {
            await _rig.LoadAsync();
        }

        await _rig.WorkAsync();

        Assert.Equal(TriageTrainingState.Failed, _rig.Last.State);
        Assert.Null(_rig.State.Stand.Work);
    }

    [Fact]
    public async Task Health_AfterATraining_NamesHeldBackPeopleAndNoise()
    {
        _rig.Say(_rig.Triage, 400);
        var now = _rig.Time.GetUtcNow();
        foreach (var label in _rig.Triage.Labels.Where(label => label.Label == "network").ToList())
        {
            _rig.Triage.Labels.Add(label with { Sequence = _rig.Triage.Labels.Count + 1, Label = "mail", By = "u-mallory", At = now });
        }

        await _rig.LoadAsync();
        var training = await _rig.TrainAsync();

        Assert.Equal(["u-mallory"], _rig.State.Stand.Health!.HeldBackPeople);
        Assert.True(training.SetAside > 80, $"{training}");
        Assert.InRange(_rig.State.Stand.Health.LabelNoise!.Value, 0.03, 0.25);
    }

    public void Dispose() => _rig.Dispose();

    private static async Task<bool> SurviveAsync(LearnerRig rig, Func<Task> work)
    {
        try
        {
            await rig.LoadAsync();
            await work();
            return false;
        }
        catch (KilledException)
        {
            rig.Mortal.LiveAgain();
            await rig.LoadAsync();
            await work();
            return true;
        }
    }

    private async Task<TriageTraining> OnTrialAsync()
    {
        _rig.Say(_rig.Triage, 400);
        await _rig.LoadAsync();
        return await _rig.TrainAsync();
    }

    private Task UseByAdminAsync(string? version) =>
        (Task)_rig.Triage.Answer(typeof(ITriageGrain).GetMethod(nameof(ITriageGrain.UseHead))!, [new UseTriageHead { Version = version, Reason = "an admin wants it" }]);

    private void Fare(TriageTraining training, long routed, long said, long overridden, long others, long othersOverridden) => Fare(_rig, training, routed, said, overridden, others, othersOverridden);

    private static void Fare(LearnerRig rig, TriageTraining training, long routed, long said, long overridden, long others, long othersOverridden)
    {
        rig.Triage.Fare(training.HeadVersion!, routed, said, overridden);
        rig.Triage.All = (routed + others, said, overridden + othersOverridden);
    }
}
