using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;
using Xunit.Abstractions;

namespace Steward.Engines.Connectors.Tests.Limits;

/// <summary>The forecast against simulated systems: some get worse until the breaker opens, the others only look as if they might.</summary>
public sealed class HealthTests(ITestOutputHelper output)
{
    private const int Traces = 400;

    private enum Course
    {
        Steady,
        Noisy,
        Bump,
        Slow,
        Growing,
        Accelerating,
    }

    [Fact]
    public void Forecast_SimulatedFailures_WarnsBeforeMostAndSeldomInVain()
    {
        int hits = 0, vain = 0, missed = 0, quiet = 0;
        var leads = new List<double>();
        var missedBy = new Dictionary<Course, int>();
        var vainBy = new Dictionary<Course, int>();
        for (var seed = 0; seed < Traces; seed++)
        {
            // Half of the systems fail in the end.
            var course = (seed % 2, seed / 2 % 4) switch { (0, var kind) => (Course)kind, (_, 0 or 1) => Course.Growing, _ => Course.Accelerating };
            var (warnedAt, openedAt) = Run(course, new Random(1_000_000 + seed));
            // A warning counts when the breaker opens within half an hour of it; one that comes with the failure warns nobody.
            if (warnedAt is { } warned && openedAt is { } opened && opened - warned is var lead && lead >= TimeSpan.FromSeconds(20) && lead <= TimeSpan.FromMinutes(30))
            {
                hits++;
                leads.Add(lead.TotalMinutes);
            }
            else if (warnedAt is not null && (openedAt is null || openedAt - warnedAt > TimeSpan.FromMinutes(30)))
            {
                vain++;
                vainBy[course] = vainBy.GetValueOrDefault(course) + 1;
            }
            else if (openedAt is not null)
            {
                missed++;
                missedBy[course] = missedBy.GetValueOrDefault(course) + 1;
            }
            else
            {
                quiet++;
            }
        }

        var precision = (double)hits / (hits + vain);
        var recall = (double)hits / (hits + missed);
        leads.Sort();
        output.WriteLine($"{Traces} traces: precision {precision:0.00}, recall {recall:0.00}, median lead {leads[leads.Count / 2]:0.0} min (hits {hits}, in vain {vain}, missed {missed}, quiet {quiet}).");
        output.WriteLine($"Missed: {string.Join(", ", missedBy)}; in vain: {string.Join(", ", vainBy)}.");
        Assert.True(precision >= 0.8, $"precision {precision:0.00}");
        Assert.True(recall >= 0.75, $"recall {recall:0.00}");
    }

    [Fact]
    public void Score_SystemThatFails_FallsAndRecovers()
    {
        var health = new InstanceHealth(0.1);
        Assert.Equal(1, health.Score);
        Observe(health, 0, 30, failed: false, 0.1);
        var well = health.Score;
        Observe(health, 300, 30, failed: true, 0.1);
        var ill = health.Score;
        Observe(health, 600, 120, failed: false, 0.1);

        Assert.Equal(1, well);
        Assert.True(ill < 0.3, $"{ill}");
        Assert.True(health.Score > 0.9, $"{health.Score}");
    }

    [Fact]
    public void Score_SystemThatSlowsDownTenfold_Falls()
    {
        var health = new InstanceHealth(0.1);
        Observe(health, 0, 60, failed: false, 0.1);
        Observe(health, 600, 20, failed: false, 1.2);

        Assert.InRange(health.Score, 0.7, 0.9);
    }

    private static void Observe(InstanceHealth health, int from, int steps, bool failed, double seconds)
    {
        for (var i = 0; i < steps * 5; i++)
        {
            health.Observe(failed, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(from + (i * 2)));
        }
    }

    // One hour of calls, some each second; when the forecast first spoke, and when the breaker opened.
    private static (TimeSpan? Warned, TimeSpan? Opened) Run(Course course, Random random)
    {
        var breaker = new CircuitBreaker(new BreakerSpec());
        var health = new InstanceHealth(new BreakerSpec().FailureRatio);
        var rate = random.Next(4, 20);
        var begins = random.Next(600, 1800);
        var takes = random.Next(300, 1200);
        TimeSpan? warned = null;
        for (var second = 0; second < 3600; second++)
        {
            var now = TimeSpan.FromSeconds(second);
            var into = Math.Clamp((double)(second - begins) / takes, 0, 1.5);
            var chance = course switch
            {
                Course.Noisy => 0.01,
                Course.Bump => 0.002 + (into is > 0 and < 1 ? 0.02 * Math.Sin(Math.PI * into) : 0),
                Course.Growing => 0.003 + (0.3 * into),
                Course.Accelerating => 0.003 + (0.4 * into * into),
                _ => 0.002,
            };
            for (var call = 0; call < rate; call++)
            {
                var failed = random.NextDouble() < chance;
                var latency = 0.1 * (1 + random.NextDouble()) * (course == Course.Slow ? 1 + (4 * into) : 1);
                health.Observe(failed, TimeSpan.FromSeconds(latency), now);
                breaker.Leave(breaker.Epoch, failed, now);
            }

            if (breaker.Phase == BreakerPhase.Open)
            {
                return (warned, now);
            }

            warned ??= health.Forecast is not null ? now : null;
        }

        return (warned, null);
    }
}
