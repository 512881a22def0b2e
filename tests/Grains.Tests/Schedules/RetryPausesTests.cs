using Steward.Schedules;

namespace Steward.Grains.Tests.Schedules;

public sealed class RetryPausesTests
{
    [Fact]
    public void Next_AgainAndAgain_DoublesUpToTheLongestAndBeginsAnewAfterASuccess()
    {
        var pauses = new RetryPauses(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(2));

        Assert.Equal([10, 20, 40, 80, 120, 120], Enumerable.Range(0, 6).Select(_ => pauses.Next().TotalSeconds));
        pauses.Reset();
        Assert.Equal(10, pauses.Next().TotalSeconds);
    }
}
