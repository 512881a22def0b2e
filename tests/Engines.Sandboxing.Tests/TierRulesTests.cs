namespace Steward.Engines.Sandboxing.Tests;

/// <summary>Where code has to run: by tenant, by risk, and by what the job says itself.</summary>
public sealed class TierRulesTests
{
    [Theory]
    [InlineData(null, null, false, true, null, null)]
    [InlineData(SandboxTier.Remote, null, false, true, null, SandboxTier.Remote)]
    [InlineData(null, SandboxTier.GVisor, false, true, null, null)]
    [InlineData(null, SandboxTier.GVisor, true, true, null, SandboxTier.GVisor)]
    [InlineData(null, SandboxTier.GVisor, false, false, null, SandboxTier.GVisor)]
    [InlineData(SandboxTier.Namespaces, SandboxTier.GVisor, true, true, null, SandboxTier.GVisor)]
    [InlineData(SandboxTier.Remote, SandboxTier.GVisor, true, true, null, SandboxTier.Remote)]
    [InlineData(null, SandboxTier.GVisor, false, true, true, null)]
    [InlineData(null, SandboxTier.GVisor, false, true, false, SandboxTier.GVisor)]
    public void For_TenantAndRisk_TakesTheStronger(SandboxTier? ofTenant, SandboxTier? ofRisk, bool shell, bool validate, bool? isReviewed, SandboxTier? expected)
    {
        var options = new SandboxOptions { RiskTier = ofRisk, Risks = SandboxRisks.Shell | SandboxRisks.Unvalidated | SandboxRisks.Unreviewed };
        if (ofTenant is { } tier)
        {
            options.TenantTiers["t-acme"] = tier;
        }

        Assert.Equal(expected, TierRules.For(Sandboxes.Job("x", shell ? SandboxProfile.Shell : SandboxProfile.Python, validate), options, isReviewed));
    }

    [Fact]
    public void For_JobWithATierOfItsOwn_TakesThat() =>
        Assert.Equal(SandboxTier.Namespaces, TierRules.For(Sandboxes.Job("x") with { Tier = SandboxTier.Namespaces }, new SandboxOptions { RiskTier = SandboxTier.GVisor }, isReviewed: false));

    [Fact]
    public void For_RiskThatIsNotNamed_MakesNoDifference() =>
        Assert.Null(TierRules.For(Sandboxes.Job("x", SandboxProfile.Shell), new SandboxOptions { RiskTier = SandboxTier.GVisor, Risks = SandboxRisks.None }, isReviewed: false));
}
