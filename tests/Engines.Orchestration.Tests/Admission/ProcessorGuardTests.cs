using Steward.Engines.Orchestration.Admission;

namespace Steward.Engines.Orchestration.Tests.Admission;

public sealed class ProcessorGuardTests
{
    private static readonly TimeSpan Target = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(4);
    private readonly ProcessorGuard _guard = new(Target);

    [Fact]
    public void Next_OneTenant_DoesNotLimitHoweverSlowItIs() =>
        Assert.Equal(double.PositiveInfinity, _guard.Next(Slow, 0.9, Load(100)));

    [Fact]
    public void Next_ProcessorTakenByOthers_DoesNotLimit() =>
        Assert.Equal(double.PositiveInfinity, _guard.Next(Slow, 0.05, Load(100, 5)));

    [Fact]
    public void Next_Short_HalvesTheLargestTenant() =>
        Assert.Equal(50, _guard.Next(Slow, 0.9, Load(100, 5)), 6);

    [Theory]
    [InlineData(20, 30)]
    [InlineData(0.2, 1)]
    public void Next_ShortForEver_LeavesTheNoisyOfTwoHalfAsMuchAgainAsTheOtherHas(double quiet, double noisy) =>
        Assert.Equal(noisy, Play(rounds: 200, quiet), 1);

    [Fact]
    public void Next_ShortForEverWithManyTenants_LeavesTheNoisyOneMoreThanTheOthersHave() =>
        Assert.Equal(15, Play(rounds: 200, [.. Enumerable.Repeat(10.0, 20)]), 1);

    [Fact]
    public void Next_TwoNoisyTenants_NeitherKeepsTheLimitUpForTheOther()
    {
        for (var i = 0; i < 200; i++)
        {
            var noisy = Math.Min(200, _guard.Limit);
            _guard.Next(Slow, 0.9, Load(noisy, noisy, 20));
        }

        Assert.Equal(30, _guard.Limit, 1);
    }

    [Fact]
    public void Next_LimitFoundWhileTheOtherHadNothingToDo_MakesRoomWhenItComes()
    {
        Play(rounds: 50, 0.2);
        Assert.Equal(1, _guard.Limit, 1);

        // The processor is no longer short. By a second of rest and the growth after it alone there would be 5.
        for (var i = 0; i < 18; i++)
        {
            _guard.Next(TimeSpan.Zero, 0.5, Load(_guard.Limit, Math.Min(20, _guard.Limit)));
        }

        Assert.True(_guard.Limit > 20);
    }

    [Fact]
    public void Next_EverybodyAtTheLimit_RaisesItAlthoughTheProcessorIsShort()
    {
        Play(rounds: 50, 5);
        var before = _guard.Limit;

        for (var i = 0; i < 10; i++)
        {
            _guard.Next(Slow, 0.9, Load(_guard.Limit, _guard.Limit));
        }

        Assert.True(_guard.Limit > before * 2);
    }

    [Fact]
    public void Next_ShortageOver_GivesBackAfterASecondWhileRunsWaitForIt()
    {
        var before = _guard.Next(Slow, 0.9, Load(100, 5));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(before, _guard.Next(TimeSpan.Zero, 0.5, Load(100, 5)));
        }

        Assert.Equal(before, _guard.Next(TimeSpan.Zero, 0.5, Load(100, 5) with { IsBound = false }));
        Assert.True(_guard.Next(TimeSpan.Zero, 0.5, Load(100, 5)) > before);
    }

    [Fact]
    public void Next_OtherTenantGone_LiftsTheLimit()
    {
        _guard.Next(Slow, 0.9, Load(100, 5));

        Assert.Equal(double.PositiveInfinity, _guard.Next(Slow, 0.9, Load(100)));
    }

    /// <summary>One tenant that takes whatever it gets beside others that do not.</summary>
    private double Play(int rounds, params double[] others)
    {
        for (var i = 0; i < rounds; i++)
        {
            _guard.Next(Slow, 0.9, Load([Math.Min(200, _guard.Limit), .. others]));
        }

        return _guard.Limit;
    }

    /// <summary>Tenants of which those at the limit would have more.</summary>
    private AdmissionLoad Load(params double[] shares) =>
        new((int)shares.Sum(), 50, shares.Length, shares.Max(), shares.Where(share => share < _guard.Limit).DefaultIfEmpty(shares.Average()).Average(), true);
}
