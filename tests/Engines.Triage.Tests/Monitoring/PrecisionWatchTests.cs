using Steward.Engines.Triage.Monitoring;

namespace Steward.Engines.Triage.Tests.Monitoring;

public class PrecisionWatchTests
{
    [Fact]
    public void Below_MoreMisroutesThanChanceExplains_NamesTheGroup() => Assert.Equal(
        ["erp"], PrecisionWatch.Below([new("mail", 200, 12), new("erp", 100, 18), new("network", 3, 1), new("accounts", 0, 0)], 0.95));
}
