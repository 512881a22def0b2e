using System.Text.Json;
using Steward.Engines.Orchestration;
using Steward.Runs;
using Steward.Storage;

namespace Steward.Grains.Tests.Runs;

public class RunLifeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private readonly RunSnapshot _snapshot = new();
    private readonly RunLife _life = new(_ => false);

    [Fact]
    public void Marks_Waiting_ClosesAndWakesAtTheEarliestExpiry()
    {
        Record(Ask("d1"));

        Assert.Equal((false, new JournalWake(Now.AddHours(1))), _life.Marks([Wait("d1")], _snapshot));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Marks_WaitingThatOthersHaveToBeToldOf_StaysOpenUntilTheyAre(bool background, bool hasHook)
    {
        var life = new RunLife(_ => hasHook);
        life.TakeOwn(RunOrigin.Type, JsonSerializer.SerializeToUtf8Bytes(new RunOrigin { SessionKey = "t-a/u-a/s-1", UserId = "u-a", Background = background }, RunRecordJson.Default.RunOrigin), Now);
        Record(Ask("d1"));
        var marks = life.Marks([Wait("d1")], _snapshot);
        life.Take(Wait("d1"));
        Record(Wait("d1"));
        var untold = life.Untold(_snapshot);
        life.TakeOwn(RunTold.Type, JsonSerializer.SerializeToUtf8Bytes(new RunTold { Occasion = untold! }, RunRecordJson.Default.RunTold), Now);
        var afterwards = life.Untold(_snapshot);

        // What it waits for next is another occasion.
        Record(Made("d1"), Ask("d2"), Wait("d2"));
        life.Take(Wait("d2"));

        Assert.Equal((true, new JournalWake(Now.AddHours(1))), marks);
        Assert.Equal(RunLife.InterimId(_snapshot), life.Untold(_snapshot));
        Assert.NotNull(untold);
        Assert.Null(afterwards);
    }

    [Fact]
    public void Marks_SecondWaitOfARunThatItsSessionWentOnWithout_StaysOpenUntilItIsTold()
    {
        Record(Ask("d1"), Wait("d1"));
        Assert.Null(_life.Untold(_snapshot));
        Record(Made("d1"), Ask("d2"));

        Assert.Equal((true, new JournalWake(Now.AddHours(1))), _life.Marks([Wait("d2")], _snapshot));
    }

    [Fact]
    public void Marks_AskedAndWaitingInOneAppend_Closes()
    {
        Assert.Equal((false, new JournalWake(Now.AddHours(1))), _life.Marks([Ask("d1"), Wait("d1")], _snapshot));
    }

    [Fact]
    public void Marks_WaitingForWhatWasDecidedMeanwhile_LeavesItOpen()
    {
        Record(Ask("d1"), Made("d1"));

        Assert.Equal((null, null), _life.Marks([Wait("d1")], _snapshot));
    }

    [Fact]
    public void Marks_WaitingAfterTheWishToStop_LeavesItOpen()
    {
        Record(Ask("d1"), new CancelRequested());

        Assert.Equal((null, null), _life.Marks([Wait("d1")], _snapshot));
    }

    [Fact]
    public void Marks_DecisionOrWishToStopWhileWaiting_OpensAndTakesTheWakeTimeAway()
    {
        Record(Ask("d1"), Wait("d1"));

        Assert.Equal((true, JournalWake.Never), _life.Marks([Made("d1")], _snapshot));
        Assert.Equal((true, JournalWake.Never), _life.Marks([new CancelRequested()], _snapshot));
    }

    [Fact]
    public void Marks_DecisionWhileRunning_ChangesNothing()
    {
        Record(Ask("d1"));

        Assert.Equal((null, null), _life.Marks([Made("d1")], _snapshot));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void Marks_End_StaysOpenWhileSomebodyHasToBeTold(bool wasDetached, bool isTechnical, bool open)
    {
        if (wasDetached)
        {
            Record(new DeadlineReached { Open = [], Until = Now });
        }

        Assert.Equal(open, _life.Marks([new RunEnded { Phase = RunPhase.Failed, IsTechnical = isTechnical }], _snapshot).Open);
    }

    [Fact]
    public void Take_ReplayAfterADeadLetter_HasToBeSettledAnew()
    {
        Record(new RunEnded { Phase = RunPhase.Failed, IsTechnical = true }, new RunDeadLettered { Code = "internal" });
        var settled = _life.IsSettled;

        Record(new RunReplayed { By = "u-root", Attempt = 2 });

        Assert.True(settled);
        Assert.Equal((2, false, false, true), (_life.Attempt, _life.IsTechnical, _life.IsSettled, _life.MustSettle));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(61, false)]
    public void StandsStill_Waiting_UntilTheFirstRequestLapses(int minutes, bool standsStill)
    {
        Record(Ask("d1"), Wait("d1"));

        Assert.Equal(standsStill, RunLife.StandsStill(_snapshot, Now.AddMinutes(minutes)));
    }

    [Fact]
    public void InterimId_OfTwoWaits_Differs()
    {
        Record(Ask("d1"), Wait("d1"));
        var first = RunLife.InterimId(_snapshot);
        Record(Made("d1"), Ask("d2"), Wait("d2"));

        Assert.NotNull(first);
        Assert.NotEqual(first, RunLife.InterimId(_snapshot));
    }

    private static DecisionRequested Ask(string id) => new()
    {
        RequestId = id,
        Kind = DecisionKind.Approval,
        Summary = "Pay",
        SubjectHash = "hash",
        Options = ["approve", "reject"],
        Deciders = ["role:approver"],
        ExpiresAt = Now.AddHours(1),
    };

    private static RunWaiting Wait(params string[] ids) => new() { RequestIds = ids, Summary = "Waits", ExpiresAt = Now.AddHours(1) };

    private static DecisionMade Made(string id) => new() { RequestId = id, Decision = "approve", By = "u-boss" };

    private void Record(params RunFact[] facts)
    {
        foreach (var fact in facts)
        {
            _life.Take(fact);
            _snapshot.Apply(fact, Now);
        }
    }
}
