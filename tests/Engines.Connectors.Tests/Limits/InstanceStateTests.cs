using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Limits;

public sealed class InstanceStateTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Scale_WhatWasUsedCountsOnAndTheVendorsNumberStillNarrows()
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromMinutes(1), Max = 2, Headers = new LimitHeaders { Limit = "X-Limit" } });
        Assert.Equal(2, Granted());
        state.Scale(2.5);
        Assert.Equal(3, Granted());
        state.Scale(1);
        Assert.Equal(0, Granted());

        _time.Advance(TimeSpan.FromMinutes(3));
        state.Scale(10);
        state.Leave(Ended(0) with { Limit = 7 });
        Assert.Equal(7, Granted());
        state.Scale(20);
        Assert.Equal(0, Granted());

        int Granted()
        {
            var granted = 0;
            for (; Ask(state) is { IsGranted: true } permit; granted++)
            {
                state.Leave(Ended(permit.Id));
            }

            return granted;
        }
    }

    [Fact]
    public void Scale_CallsAtOnce_AreMoreToo()
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromMinutes(1), Max = 100, MaxConcurrent = 1 });
        state.Scale(2);
        Ask(state);

        Assert.True(Ask(state).IsGranted);
        Assert.Equal("rate_limited", Ask(state).Refusal);
    }

    [Theory]
    [InlineData(LimitScope.Operation)]
    [InlineData(LimitScope.Resource)]
    public void Scale_WindowsThatComeLater_AreScaled(LimitScope scope)
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromMinutes(1), Max = 1, Scope = scope, Resource = "{id}" });
        state.Scale(2);

        Assert.True(state.Enter(new CallIntent("things.get", 1, "a", null, false)).IsGranted);
        Assert.True(state.Enter(new CallIntent("things.get", 1, "a", null, false)).IsGranted);
        Assert.Equal("rate_limited", state.Enter(new CallIntent("things.get", 1, "a", null, false)).Refusal);
    }

    [Fact]
    public void Enter_MoreThanMayRunAtOnce_IsRefusedUntilOneEnds()
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromHours(1), Max = 100, MaxConcurrent = 2 });
        var first = Ask(state);
        Ask(state);

        Assert.Equal("rate_limited", Ask(state).Refusal);
        state.Leave(Ended(first.Id));

        Assert.True(Ask(state).IsGranted);
    }

    [Fact]
    public void Enter_CallersThatNeverReport_LoseTheirPlaceAfterTheCallsTimeLimit()
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromMinutes(1), Max = 100, MaxConcurrent = 1 });
        Ask(state);
        _time.Advance(TimeSpan.FromSeconds(89));
        Assert.False(Ask(state).IsGranted);

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.True(Ask(state).IsGranted);
        Assert.Equal(1, state.CallsUnderWay);
    }

    [Fact]
    public void Leave_CallOfTheOwnerBefore_DoesNotEndOneOfThisOwners()
    {
        var limit = new LimitSpec { Window = TimeSpan.FromMinutes(1), Max = 100, MaxConcurrent = 1 };
        var before = Ask(With(limit));
        _time.Advance(TimeSpan.FromSeconds(1));
        var state = With(limit);
        Ask(state);

        state.Leave(Ended(before.Id));

        Assert.Equal(1, state.CallsUnderWay);
        Assert.False(Ask(state).IsGranted);
    }

    [Fact]
    public void Leave_SystemSaysNothingIsLeft_WaitsForItsReset()
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromHours(1), Max = 100, Headers = new LimitHeaders { Remaining = "R" } });
        state.Leave(Ended(Ask(state).Id) with { Remaining = 0, ResetAfter = TimeSpan.FromSeconds(30) });

        Assert.Equal(TimeSpan.FromSeconds(30), Ask(state).RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(Ask(state).IsGranted);
    }

    [Fact]
    public void Leave_SystemSaysTwoAreLeft_LetsTwoThrough()
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromHours(1), Max = 100, Headers = new LimitHeaders { Remaining = "R" } });
        state.Leave(Ended(Ask(state).Id) with { Remaining = 2, ResetAfter = TimeSpan.FromSeconds(30) });

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => Ask(state).IsGranted));
    }

    [Fact]
    public void Leave_OlderAnswerArrivesLate_DoesNotGiveBackWhatWasUsed()
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromHours(1), Max = 100, Headers = new LimitHeaders { Remaining = "R" } });
        var (slow, fast) = (Ask(state), Ask(state));
        state.Leave(Ended(fast.Id) with { Remaining = 2, ResetAfter = TimeSpan.FromSeconds(30) });
        state.Leave(Ended(slow.Id) with { Remaining = 3, ResetAfter = TimeSpan.FromSeconds(30) });

        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => Ask(state).IsGranted));
    }

    [Fact]
    public void Leave_SystemNamesALowerLimit_HoldsThat()
    {
        var state = With(new LimitSpec { Window = TimeSpan.FromHours(1), Max = 100, Headers = new LimitHeaders { Limit = "L" } });
        state.Leave(Ended(Ask(state).Id) with { Limit = 3 });

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => Ask(state).IsGranted));
    }

    [Fact]
    public void Leave_SystemNamesTheLimitOfOneOperation_OthersKeepTheirs()
    {
        var state = With(
            new LimitSpec { Window = TimeSpan.FromHours(1), Max = 5000, Headers = new LimitHeaders { Limit = "L", Remaining = "R" } },
            new LimitSpec { Scope = LimitScope.Operation, Operations = ["things.find"], Window = TimeSpan.FromMinutes(1), Max = 100 });
        var search = state.Enter(new CallIntent("things.find", 1, null, null, false));
        state.Leave(Ended(search.Id) with { OperationId = "things.find", Limit = 30, Remaining = 0, ResetAfter = TimeSpan.FromSeconds(30) });

        Assert.False(state.Enter(new CallIntent("things.find", 1, null, null, false)).IsGranted);
        Assert.Equal(50, Enumerable.Range(0, 50).Count(_ => Ask(state).IsGranted));
    }

    [Fact]
    public void Leave_RefusedForTooManyCalls_PausesEverybodyAndOpensNoBreaker()
    {
        var state = With();
        var calls = Enumerable.Range(0, 10).Select(_ => Ask(state).Id).ToList();
        foreach (var id in calls)
        {
            state.Leave(Ended(id) with { Outcome = "rate_limited", Status = 429, RetryAfter = TimeSpan.FromMinutes(10) });
        }

        var refused = Ask(state);

        Assert.Equal(("rate_limited", TimeSpan.FromMinutes(10), BreakerPhase.Closed), (refused.Refusal, refused.RetryAfter, state.Breaker));
    }

    [Fact]
    public void Leave_RefusedWithoutATime_PausesLongerWithEachRefusal()
    {
        var state = With();
        var waits = new List<double>();
        for (var i = 0; i < 4; i++)
        {
            state.Leave(Ended(Ask(state).Id) with { Outcome = "rate_limited", Status = 429 });
            var wait = Ask(state).RetryAfter!.Value;
            waits.Add(wait.TotalSeconds);
            _time.Advance(wait);
        }

        Assert.All(waits.Zip([1d, 2, 4, 8]), wait => Assert.InRange(wait.First, wait.Second, 1.5 * wait.Second));
    }

    [Fact]
    public void Leave_SucceededWithoutAStatus_EndsThePauses()
    {
        var state = With();
        for (var i = 0; i < 5; i++)
        {
            state.Leave(Ended(Ask(state).Id) with { Outcome = "rate_limited", Status = null });
            var wait = Ask(state).RetryAfter!.Value;
            Assert.InRange(wait.TotalSeconds, 1, 1.5);
            _time.Advance(wait);
            state.Leave(Ended(Ask(state).Id) with { Status = null });
        }
    }

    [Fact]
    public void Leave_SucceededWithoutAStatus_EndsTheRowOfFailures()
    {
        var state = With();
        for (var i = 0; i < 10; i++)
        {
            state.Leave(Ended(Ask(state).Id) with { Outcome = "unavailable", Status = null, IsFailure = true });
            for (var good = 0; good < 20; good++)
            {
                state.Leave(Ended(Ask(state).Id) with { Status = null });
            }
        }

        Assert.Equal(BreakerPhase.Closed, state.Breaker);
    }

    [Fact]
    public void Leave_ProbesSucceedWithoutAStatus_CloseTheBreaker()
    {
        var state = With();
        for (var i = 0; i < 3; i++)
        {
            state.Leave(Ended(Ask(state).Id) with { Outcome = "unavailable", Status = null, IsFailure = true });
        }

        _time.Advance(Ask(state).RetryAfter!.Value);
        for (var i = 0; i < 3; i++)
        {
            state.Leave(Ended(Ask(state).Id) with { Status = null });
        }

        Assert.Equal(BreakerPhase.Closed, state.Breaker);
    }

    [Fact]
    public void Enter_OneOperationRefused_LeavesOthersAlone()
    {
        var template = TestTemplate.Of() with { Limits = [new LimitSpec { Scope = LimitScope.Operation, Operations = ["things.find"], Window = TimeSpan.FromMinutes(1), Max = 10 }] };
        var state = new InstanceState(template, _time, new Random(1));
        var find = state.Enter(new CallIntent("things.find", 1, null, null, false));
        state.Leave(Ended(find.Id) with { OperationId = "things.find", Outcome = "rate_limited", Status = 429, RetryAfter = TimeSpan.FromMinutes(1) });

        Assert.False(state.Enter(new CallIntent("things.find", 1, null, null, false)).IsGranted);
        Assert.True(Ask(state).IsGranted);
    }

    [Fact]
    public void Enter_FailuresInARow_StopCallsAndSayUntilWhen()
    {
        var state = With();
        for (var i = 0; i < 3; i++)
        {
            state.Leave(Ended(Ask(state).Id) with { Outcome = "unavailable", IsFailure = true, Status = 503 });
        }

        var refused = Ask(state);

        Assert.Equal(("unavailable", TimeSpan.FromSeconds(60), 0d), (refused.Refusal, refused.RetryAfter, state.Health));
    }

    [Fact]
    public void Enter_MoreUnderWayThanAnyInstanceMayHave_IsRefused()
    {
        var state = With();
        for (var i = 0; i < InstanceState.MaxUnderWay; i++)
        {
            Assert.True(Ask(state).IsGranted);
        }

        Assert.Equal("rate_limited", Ask(state).Refusal);
    }

    [Fact]
    public void Enter_Repetitions_StayWithinATenthAndAFloor()
    {
        var state = With();
        var repeated = 0;
        for (var i = 0; i < 2000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            state.Leave(Ended(Ask(state).Id));
            for (var again = 0; again < 3; again++)
            {
                var permit = state.Enter(new CallIntent("things.get", 1, null, null, IsRetry: true));
                repeated += permit.IsGranted ? 1 : 0;
                state.Leave(Ended(permit.Id));
            }
        }

        // A tenth of 2,000 calls, and three that are there at the beginning; two seconds add no more than one.
        Assert.InRange(repeated, 195, 204);
    }

    private static CallPermit Ask(InstanceState state) => state.Enter(new CallIntent("things.get", 1, null, null, IsRetry: false));

    private static CallReport Ended(long permitId) =>
        new() { PermitId = permitId, OperationId = "things.get", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = TimeSpan.FromMilliseconds(20) };

    private InstanceState With(params LimitSpec[] limits) => new(TestTemplate.Of() with { Limits = limits }, _time, new Random(1));
}
