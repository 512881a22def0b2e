using Steward.Engines.Orchestration.Admission;

namespace Steward.Engines.Orchestration.Tests.Admission;

public sealed class ProcessorGuardTests
{
    private static readonly TimeSpan Target = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(4);
    private readonly ProcessorGuard _guard = new(Target);

    [Fact]
    public void Next_OneTenant_DoesNotLimitHoweverSlowItIs() =>
        Assert.Equal(double.PositiveInfinity, _guard.Next(Slow, 0.9, Load(tenants: 1)));

    [Fact]
    public void Next_ProcessorTakenByOthers_DoesNotLimit() =>
        Assert.Equal(double.PositiveInfinity, _guard.Next(Slow, 0.05, Load()));

    [Fact]
    public void Next_Short_LimitsToLessThanTheLargestTenantHas() =>
        Assert.Equal(80, _guard.Next(Slow, 0.9, Load(largest: 100)), 6);

    [Fact]
    public void Next_ShortAndRunsStillLeaving_WaitsForThemBeforeItLimitsMore()
    {
        _guard.Next(Slow, 0.9, Load(largest: 100));

        Assert.Equal(80, _guard.Next(Slow, 0.9, Load(largest: 95)), 6);
        Assert.Equal(64, _guard.Next(Slow, 0.9, Load(largest: 80)), 6);
    }

    [Fact]
    public void Next_ShortForEver_LeavesEveryTenantOneSlot()
    {
        for (var i = 0; i < 200; i++)
        {
            _guard.Next(Slow, 0.9, Load(largest: _guard.Limit is var limit && double.IsFinite(limit) ? limit : 100));
        }

        Assert.Equal(1, _guard.Limit);
    }

    [Fact]
    public void Next_ShortageOver_GivesBackWhileRunsWaitForIt()
    {
        var before = _guard.Next(Slow, 0.9, Load(largest: 100));

        Assert.Equal(before, _guard.Next(TimeSpan.Zero, 0.5, Load(isBound: false)));
        Assert.True(_guard.Next(TimeSpan.Zero, 0.5, Load(isBound: true)) > before);
    }

    [Fact]
    public void Next_OtherTenantGone_LiftsTheLimit()
    {
        _guard.Next(Slow, 0.9, Load());

        Assert.Equal(double.PositiveInfinity, _guard.Next(Slow, 0.9, Load(tenants: 1)));
    }

    private static AdmissionLoad Load(int tenants = 2, double largest = 100, bool isBound = true) => new(120, 50, tenants, largest, isBound);
}
