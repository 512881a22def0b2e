using Steward.Engines.Triage.Learning;

namespace Steward.Engines.Triage.Tests.Learning;

public class OverrideEvidenceTests
{
    [Fact]
    public void Beside_SameRate_SeldomEverReachesEnough() => Assert.InRange(Alarms(600, 0.10, 0.10, beside: true), 0, 0.05);

    [Fact]
    public void Beside_ThriceTheRate_ReachesEnough() => Assert.InRange(Alarms(200, 0.10, 0.30, beside: true), 0.9, 1);

    [Fact]
    public void Alone_SameRate_SeldomEverReachesEnough() => Assert.InRange(Alarms(600, 0.10, 0.10, beside: false), 0, 0.05);

    [Fact]
    public void Alone_TwiceTheRate_ReachesEnough() => Assert.InRange(Alarms(200, 0.10, 0.20, beside: false), 0.9, 1);

    [Fact]
    public void Beside_AHeadThatIsBetter_LosesEvidence() => Assert.True(new OverrideEvidence().Beside(0, 40, 0.3).Value < 0.5);

    // Looked at every hour for two weeks; what counts is whether it ever reached enough.
    private static double Alarms(int trials, double before, double after, bool beside)
    {
        var alarms = 0;
        var random = new Random(7);
        for (var trial = 0; trial < trials; trial++)
        {
            var evidence = new OverrideEvidence();
            var highest = 0d;
            for (var hour = 0; hour < 336; hour++)
            {
                var (canary, others, overridden, otherOverridden) = (0, 0, 0, 0);
                for (var i = 0; i < 20; i++)
                {
                    var isCanary = random.NextDouble() < 0.1;
                    var isOverridden = random.NextDouble() < (isCanary ? after : before);
                    (canary, others) = isCanary ? (canary + 1, others) : (canary, others + 1);
                    overridden += isOverridden && isCanary ? 1 : 0;
                    otherOverridden += isOverridden && !isCanary ? 1 : 0;
                }

                evidence = beside ? evidence.Beside(overridden, otherOverridden, 0.1) : evidence.Alone(canary, overridden, before);
                highest = Math.Max(highest, evidence.Value);
            }

            alarms += highest >= OverrideEvidence.Enough ? 1 : 0;
        }

        return alarms / (double)trials;
    }
}
