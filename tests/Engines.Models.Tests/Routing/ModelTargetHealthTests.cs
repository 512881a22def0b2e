using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Providers;
using Steward.Engines.Models.Routing;
using Steward.Engines.Resilience;

namespace Steward.Engines.Models.Tests.Routing;

/// <summary>What a model's breaker makes of the word of other processes.</summary>
public sealed class ModelTargetHealthTests
{
    private readonly Clock _time = new();
    private readonly ModelTarget _target;

    public ModelTargetHealthTests() =>
        _target = new ModelTarget("a", "m", [new Lazy<IModelEndpoint>(FakeEndpoint.Saying("x"))], new BreakerSpec { Open = TimeSpan.FromSeconds(30) }, _time);

    [Fact]
    public void Health_IsThatOfOwnCallsAlone()
    {
        Assert.Null(_target.Health);
        Call(failed: false);
        Assert.Equal(new ModelTargetHealth("a/m", null), _target.Health);
        Call(failed: true, times: 3);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(new ModelTargetHealth("a/m", TimeSpan.FromSeconds(20)), _target.Health);
    }

    [Fact]
    public void Learn_AnotherLeavesItAlone_OneFailureIsEnough()
    {
        Call(failed: false);
        _target.Learn(new ModelTargetElsewhere("a/m", 3, 1, TimeSpan.FromSeconds(20)));
        Assert.Equal(BreakerPhase.Closed, _target.Phase);
        Call(failed: true);
        Assert.Equal(BreakerPhase.Open, _target.Phase);
    }

    [Fact]
    public void Learn_NothingBadAnyMore_ThreeFailuresAreNeededAgain()
    {
        _target.Learn(new ModelTargetElsewhere("a/m", 3, 1, TimeSpan.FromSeconds(20)));
        _target.Learn(null);
        Call(failed: true, times: 2);

        Assert.Equal(BreakerPhase.Closed, _target.Phase);
    }

    [Fact]
    public void Learn_HalfOfTheOthersLeaveItAlone_IsLeftAloneUntilTheFirstTriesAgainAndNotSaidAgain()
    {
        Call(failed: false);
        _time.Advance(TimeSpan.FromSeconds(11));
        _target.Learn(new ModelTargetElsewhere("a/m", 4, 2, TimeSpan.FromSeconds(5)));

        Assert.Equal(BreakerPhase.Open, _target.Phase);
        Assert.Null(_target.TryEnter(false, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(5), wait);
        Assert.Equal(new ModelTargetHealth("a/m", null), _target.Health);
        _time.Advance(TimeSpan.FromSeconds(5));
        Call(failed: false, times: 3);
        Assert.Equal(BreakerPhase.Closed, _target.Phase);
    }

    [Theory]
    [InlineData(5, 2, 11)] // Fewer than half.
    [InlineData(1, 1, 11)] // One alone may have its own trouble.
    [InlineData(4, 4, 9)] // A call from here went well a moment ago.
    public void Learn_TooFewOrAgainstOwnWord_ItStaysInUse(int processes, int open, int secondsSinceSuccess)
    {
        Call(failed: false);
        _time.Advance(TimeSpan.FromSeconds(secondsSinceSuccess));
        _target.Learn(new ModelTargetElsewhere("a/m", processes, open, TimeSpan.FromSeconds(5)));

        Assert.Equal(BreakerPhase.Closed, _target.Phase);
    }

    private void Call(bool failed, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _target.TryEnter(false, out _)!.Leave(failed);
        }
    }

    private sealed class Clock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
