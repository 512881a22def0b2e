using Steward.Errors;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Learning;

/// <summary>What a training waits for, for how long, and what it leaves to others meanwhile.</summary>
public sealed class LearnerWaitTests : IDisposable
{
    private readonly LearnerRig _rig = new(new TriageLearningOptions());

    [Fact]
    public async Task Comparing_BaseIsAwayAndTheHeadItselfAnswers_WaitsAndIsNotComparedWithItself()
    {
        _rig.Say(_rig.Triage, 400);
        await _rig.LoadAsync();
        _rig.Triage.BaseVersion = "head-0123456789abcdef";
        await _rig.TrainAsync();
        Assert.Equal(TrainingPhase.Comparing, _rig.State.Stand.Work?.Phase);

        _rig.Triage.BaseVersion = "base:it-topic:1";
        await LaterAsync();

        Assert.Equal(TriageTrainingState.OnTrial, _rig.Last.State);
    }

    [Fact]
    public async Task Comparing_NothingAnswers_Waits()
    {
        _rig.Say(_rig.Triage, 400);
        await _rig.LoadAsync();
        _rig.Triage.Base = _ => throw new StewardException(ErrorCodes.Unavailable, "No model answers now.");
        await _rig.TrainAsync();
        Assert.Equal((TrainingPhase.Comparing, 0), (_rig.State.Stand.Work!.Phase, _rig.State.Stand.Work.Attempts));

        _rig.Triage.Base = _ => "mail";
        await LaterAsync();

        Assert.Equal(TriageTrainingState.OnTrial, _rig.Last.State);
    }

    [Fact]
    public async Task Comparing_NoBaseForAnHour_IsComparedWithTheCommonestGroup()
    {
        _rig.Say(_rig.Triage, 400);
        await _rig.LoadAsync();
        _rig.Triage.BaseVersion = "head-0123456789abcdef";
        await _rig.TrainAsync();

        var began = _rig.Time.GetUtcNow();
        while (_rig.State.Stand.Work is { Phase: TrainingPhase.Comparing } work)
        {
            Assert.Equal((0, _rig.Learner.NextAt), (work.Attempts, _rig.Journals.Wakes[GrainKeys.TriageLearning(LearnerRig.Tenant)]));
            Assert.InRange(_rig.Time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromMinutes(61));

            // Also where the silo is lost each time.
            await _rig.LoadAsync();
            await LaterAsync();
        }

        Assert.Equal(TriageTrainingState.OnTrial, _rig.Last.State);
        Assert.InRange(_rig.Last.ChampionAccuracy!.Value, 0.2, 0.6);
    }

    [Fact]
    public async Task Comparing_WhatTheChampionReadsTextsWithIsAway_WaitsAndIsComparedWithIt()
    {
        await TakeOverAsync();
        var encoder = _rig.Encoder;
        _rig.Encoder = null;
        _rig.Say(_rig.Triage, 40);
        await _rig.TrainAsync();
        Assert.Equal(TrainingPhase.Comparing, _rig.State.Stand.Work?.Phase);

        _rig.Encoder = encoder;
        await LaterAsync();

        Assert.Equal(TriageTrainingState.Rejected, _rig.Last.State);
        Assert.InRange(_rig.Last.ChampionAccuracy!.Value, 0.95, 1);
    }

    [Fact]
    public async Task Comparing_WhatTheChampionReadsTextsWithIsAwayForAnHour_IsComparedWithTheCommonestGroup()
    {
        await TakeOverAsync();
        _rig.Encoder = null;
        _rig.Say(_rig.Triage, 40);
        await _rig.TrainAsync();
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(TrainingPhase.Comparing, _rig.State.Stand.Work?.Phase);
            await LaterAsync();
        }

        Assert.Equal(TriageTrainingState.OnTrial, _rig.Last.State);
        Assert.InRange(_rig.Last.ChampionAccuracy!.Value, 0.2, 0.6);
    }

    [Fact]
    public async Task Comparing_ChampionReadsVectorsOfAnotherVersion_CannotAnswer()
    {
        var encoder = await TakeOverAsync();
        _rig.EncoderVersion = "v2";
        _rig.Encoder = text => [.. encoder(text).Reverse()];
        _rig.Say(_rig.Triage, 40);

        var training = await _rig.TrainAsync();

        Assert.Equal((TriageTrainingState.OnTrial, null), (training.State, training.ChampionAccuracy));
    }

    [Fact]
    public async Task Comparing_ChampionOfAnEarlierRelease_IsComparedByWhatWasKeptAwayFromIt()
    {
        _rig.Say(_rig.Triage, 2_400);
        _rig.Triage.Base = _ => "nothing of all this";
        await _rig.LoadAsync();
        var first = await _rig.TrainAsync();
        Promote(first);
        await LaterAsync(TimeSpan.FromHours(2));
        _rig.Triage.MakeOld(first.HeadVersion!);
        _rig.Say(_rig.Triage, 40);

        var second = await _rig.TrainAsync();

        Assert.True(second.FrozenTickets > 300, $"{second}");
        Assert.Matches(" on (3[0-9]|[4-9][0-9]) tickets", second.Reason);
    }

    [Fact]
    public async Task Training_HeadIsRefused_EndsAndSaysWhy()
    {
        _rig.Say(_rig.Triage, 400);
        await _rig.LoadAsync();
        _rig.Triage.Refusal = StewardException.Invalid("bytes", "must be 1 to 16777216 bytes.");

        var training = await _rig.TrainAsync();

        Assert.Equal((TriageTrainingState.Failed, "The head was refused: bytes: must be 1 to 16777216 bytes."), (training.State, training.Reason));
    }

    [Fact]
    public async Task Training_LabelsOfAnotherTenantAreHeld_WaitsUntilTheyAreNot()
    {
        _rig.Say(_rig.Triage, 400);
        await _rig.LoadAsync();
        var other = await _rig.Room.HoldLabelsAsync(default);
        var training = _rig.TrainAsync();
        Assert.Equal(0, _rig.Triage.Reads);

        other.Dispose();
        await training.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(TriageTrainingState.OnTrial, _rig.Last.State);
        Assert.True(_rig.Room.HoldLabelsAsync(default).IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Training_WaitsOrFails_HoldsNoLabels(bool fails)
    {
        _rig.Say(_rig.Triage, 400);
        await _rig.LoadAsync();
        _rig.Triage.Base = _ => throw new StewardException(fails ? ErrorCodes.Internal : ErrorCodes.Unavailable, "It does not work.");
        var failure = await Record.ExceptionAsync(_rig.TrainAsync);

        Assert.Equal(fails, failure is not null);
        Assert.Equal(TrainingPhase.Comparing, _rig.State.Stand.Work?.Phase);
        Assert.True(_rig.Room.HoldLabelsAsync(default).IsCompletedSuccessfully);
    }

    public void Dispose() => _rig.Dispose();

    private Task LaterAsync(TimeSpan? after = null)
    {
        _rig.Time.Advance(after ?? TimeSpan.FromMinutes(10));
        return _rig.WorkAsync();
    }

    private void Promote(TriageTraining training)
    {
        _rig.Triage.Fare(training.HeadVersion!, 400, 250, 20);
        _rig.Triage.All = (4000, 250, 320);
    }

    // A head that reads vectors answers.
    private async Task<Func<string, float[]>> TakeOverAsync()
    {
        _rig.Say(_rig.Triage, 400);
        Func<string, float[]> encoder = text => _rig.Triage.Labels.First(label => label.Ticket.ShortDescription == text).Label switch { "mail" => [1, 0, 0], "network" => [0, 1, 0], _ => [0, 0, 1] };
        _rig.Encoder = encoder;
        await _rig.LoadAsync();
        var training = await _rig.TrainAsync();
        Assert.Contains("embedding", training.Reason, StringComparison.Ordinal);
        Promote(training);
        await LaterAsync(TimeSpan.FromHours(2));
        Assert.Equal(TriageTrainingState.Promoted, _rig.Last.State);
        return encoder;
    }
}
