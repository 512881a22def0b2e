using Steward.Engines.Triage.Routing;

namespace Steward.Engines.Triage.Tests.Routing;

public class GroupMappingTests
{
    [Fact]
    public void Find_TheTenantSaidSo_IsSure()
    {
        var mapping = GroupMapping.Of([Group("Front Desk", null, "Access", "hardware"), Group("Hardware")], ["Access", "Hardware"]);

        Assert.Equal(new GroupMatch("Front Desk", true), mapping.Find("Access"));
        Assert.Equal(new GroupMatch("Front Desk", true), mapping.Find("Hardware"));
    }

    [Fact]
    public void Find_SameName_IsSureWhateverItsCaseAndSigns() =>
        Assert.Equal(new GroupMatch("hr-support", true), GroupMapping.Of([Group("hr-support"), Group("IT")], ["HR Support"]).Find("HR Support"));

    [Fact]
    public void Find_WordsInCommon_IsAGuess() =>
        Assert.Equal(
            new GroupMatch("Devices", false),
            GroupMapping.Of([Group("Devices", "Laptops, phones and other hardware"), Group("Networks", "VPN and WiFi")], ["Hardware"]).Find("Hardware"));

    [Fact]
    public void Find_TwoGroupsAreAsAlike_IsNone() =>
        Assert.Null(GroupMapping.Of([Group("Hardware North"), Group("Hardware South")], ["Hardware"]).Find("Hardware"));

    [Fact]
    public void Find_NothingAlike_IsNone() => Assert.Null(GroupMapping.Of([Group("Payroll")], ["Storage"]).Find("Storage"));

    [Fact]
    public void Find_VectorsAreAlike_IsAGuessAndComesBeforeWords()
    {
        var mapping = GroupMapping.Of([Group("Disks"), Group("Storage of Goods", "storage")], ["Storage"], (_, group) => group.Name == "Disks" ? 0.9 : 0.2);

        Assert.Equal(new GroupMatch("Disks", false), mapping.Find("Storage"));
    }

    [Fact]
    public void Find_GroupWithItsOwnLabels_IsNotFoundByItsName() =>
        Assert.Null(GroupMapping.Of([Group("Storage", null, "Hardware")], ["Storage"]).Find("Storage"));

    private static RoutingGroup Group(string name, string? description = null, params string[] labels) => new(name, description, labels);
}
