using Steward.Engines.Experiments.Assignment;

namespace Steward.Engines.Experiments.Tests;

public class AssignmentTests
{
    [Fact]
    public void Choose_SameUnit_IsTheSame() =>
        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(VariantAssignment.Choose("s", $"c-{i}", [0.3, 0.3]), VariantAssignment.Choose("s", $"c-{i}", [0.3, 0.3])));

    // Sequential ids, random ids and short ones: 20 classes of 20,000, χ² of 19 degrees of freedom is below 43.8 in 999 of 1,000.
    [Theory]
    [InlineData("t-acme/u-7/s-{0}")]
    [InlineData("{0}")]
    [InlineData("t-acme/u-{0}/s-0192a1b2c3d4e5f60718293a4b5c6d7e")]
    public void Choose_ManyUnits_AreUniform(string format)
    {
        var shares = Enumerable.Repeat(0.05, 20).ToArray();
        var counts = new int[20];
        for (var i = 0; i < 20_000; i++)
        {
            counts[VariantAssignment.Choose("salt-1", string.Format(System.Globalization.CultureInfo.InvariantCulture, format, i), shares) ?? 19]++;
        }

        var distance = counts.Sum(count => (count - 1_000d) * (count - 1_000d) / 1_000);
        Assert.True(distance < 43.8, $"{distance}");
    }

    [Fact]
    public void Choose_TwoExperiments_AreIndependent()
    {
        var both = Enumerable.Range(0, 20_000).Count(i => VariantAssignment.Choose("a", $"c-{i}", [0.5]) is 0 && VariantAssignment.Choose("b", $"c-{i}", [0.5]) is 0);

        Assert.InRange(both, 4_750, 5_250);
    }

    [Fact]
    public void Choose_GrowingShare_KeepsWhoHadIt()
    {
        var units = Enumerable.Range(0, 5_000).Select(i => $"c-{i}").ToList();
        var small = units.Where(unit => VariantAssignment.Choose("s", unit, [0.05, 0.95]) == 0).ToList();

        Assert.InRange(small.Count, 180, 320);
        Assert.All(small, unit => Assert.Equal(0, VariantAssignment.Choose("s", unit, [0.25, 0.75])));
    }

    [Fact]
    public void Choose_SharesThatLeaveSomeOver_GiveThoseNothing()
    {
        var none = Enumerable.Range(0, 10_000).Count(i => VariantAssignment.Choose("s", $"c-{i}", [0.1, 0.1]) is null);

        Assert.InRange(none, 7_800, 8_200);
    }
}
