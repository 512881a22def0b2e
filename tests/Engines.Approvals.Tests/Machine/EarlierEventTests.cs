using Steward.Engines.Approvals.Machine;

namespace Steward.Engines.Approvals.Tests.Machine;

/// <summary>Journals hold what earlier releases wrote.</summary>
public class EarlierEventTests
{
    [Fact]
    public void Deserialize_LevelOpenedBeforeDelegationsWereNoted_HasNone()
    {
        var read = ApprovalEvents.Deserialize("approval.level_opened", """{"level":1,"name":"Manager","seats":[],"required":1,"warnings":[],"remindAt":[],"at":"2026-11-20T08:00:00Z"}"""u8);

        var opened = Assert.IsType<LevelOpened>(read);
        Assert.Empty(opened.Delegations);
        Assert.Null(opened.DelegationsAt);
    }

    [Fact]
    public void Deserialize_DelegationsChangedBeforeTheyWereNoted_HasNone()
    {
        var read = ApprovalEvents.Deserialize("approval.delegations_changed", """{"level":1,"added":[],"removed":[],"warnings":[],"at":"2026-11-20T08:00:00Z"}"""u8);

        Assert.Empty(Assert.IsType<DelegationsChanged>(read).Delegations);
    }
}
