using Steward.Engines.Triage.Routing;

namespace Steward.Engines.Triage.Tests.Routing;

public class GroupAnswerTests
{
    private static readonly BandThresholds Thresholds = BandThresholds.Default;

    [Fact]
    public void Of_LabelIsAGroup_KeepsAnswerAndBand()
    {
        var answer = GroupAnswer.Of(Answer("a", 0.97, ("a", 0.97), ("b", 0.02), ("c", 0.005), ("d", 0.005)), Same, Thresholds);

        Assert.Equal(("a", 0.97, RoutingBand.AutoRoute), (answer.Label, answer.Confidence, answer.Band));
        Assert.Equal(["a", "b", "c"], answer.Top.Select(share => share.Label));
    }

    [Fact]
    public void Of_SeveralLabelsMeanOneGroup_TheirProbabilitiesAddUp()
    {
        var answer = GroupAnswer.Of(Answer("a", 0.5, ("a", 0.5), ("b", 0.46), ("c", 0.04)), label => new GroupMatch(label == "c" ? "other" : "desk", true), Thresholds);

        Assert.Equal("desk", answer.Label);
        Assert.Equal(0.96, answer.Confidence, 0.0001);
        Assert.Equal(RoutingBand.AutoRoute, answer.Band);
    }

    [Fact]
    public void Of_OnlyNamesAreAlike_IsNeverRoutedAlone() =>
        Assert.Equal(RoutingBand.Review, GroupAnswer.Of(Answer("a", 0.99, ("a", 0.99)), _ => new GroupMatch("desk", false), Thresholds).Band);

    [Fact]
    public void Of_BestLabelMeansNoGroup_GoesToAPerson()
    {
        var answer = GroupAnswer.Of(Answer("a", 0.97, ("a", 0.97), ("b", 0.03)), label => label == "b" ? new GroupMatch("desk", true) : null, Thresholds);

        Assert.Equal(("desk", 0.03, RoutingBand.Human), (answer.Label, answer.Confidence, answer.Band));
        Assert.False(answer.IsOutOfScope);
    }

    [Fact]
    public void Of_NoLabelMeansAGroup_IsOutOfScope()
    {
        var answer = GroupAnswer.Of(Answer("a", 0.97, ("a", 0.97)), _ => null, Thresholds);

        Assert.Equal((GroupAnswer.OutOfScope, true, RoutingBand.Human), (answer.Label, answer.IsOutOfScope, answer.Band));
        Assert.Empty(answer.Top);
    }

    [Fact]
    public void Of_OutOfScope_IsForAPersonWithTheNextGroups()
    {
        var answer = GroupAnswer.Of(new LabelAnswer("oos", 0.99, true, [new LabelShare("oos", 0.99), new LabelShare("a", 0.01)]), Same, Thresholds);

        Assert.Equal((GroupAnswer.OutOfScope, true, RoutingBand.Human), (answer.Label, answer.IsOutOfScope, answer.Band));
        Assert.Equal("a", Assert.Single(answer.Top).Label);
    }

    [Fact]
    public void Of_AHeadLearntOutOfScope_IsForAPerson()
    {
        var answer = GroupAnswer.Of(Answer(GroupAnswer.OutOfScope, 0.99, (GroupAnswer.OutOfScope, 0.99), ("a", 0.01)), Same, Thresholds);

        Assert.Equal((true, RoutingBand.Human), (answer.IsOutOfScope, answer.Band));
    }

    private static GroupMatch? Same(string label) => new GroupMatch(label, true);

    private static LabelAnswer Answer(string label, double confidence, params (string Label, double Probability)[] shares) =>
        new(label, confidence, false, [.. shares.Select(share => new LabelShare(share.Label, share.Probability))]);
}
