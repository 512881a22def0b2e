using Steward.Notifications;

namespace Steward.Grains.Tests.Notifications;

public sealed class SendingRulesTests
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Retries_LongestWaits_AddUpToTheTime()
    {
        var sum = TimeSpan.FromSeconds(Enumerable.Range(1, SendRetries.Most).Sum(retry => SendRetries.Longest(retry).TotalSeconds));
        Assert.InRange(sum, SendRetries.Within - TimeSpan.FromMinutes(1), SendRetries.Within);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(0.5, 200)]
    [InlineData(1, 300)]
    public void Retries_First_IsWithin100To300Milliseconds(double draw, double milliseconds) => Assert.Equal(milliseconds, new SendRetries(() => draw).After(1, null)!.Value.TotalMilliseconds, 3);

    [Fact]
    public void Retries_AfterTheLast_IsNever()
    {
        var retries = new SendRetries(() => 0.5);
        Assert.NotNull(retries.After(SendRetries.Most, null));
        Assert.Null(retries.After(SendRetries.Most + 1, null));
        Assert.Null(retries.After(SendRetries.Most + 1, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Retries_ChannelAsks_IsAtLeastThat() => Assert.Equal(TimeSpan.FromSeconds(90), new SendRetries(() => 0.5).After(1, TimeSpan.FromSeconds(90)));

    [Theory]
    [InlineData(0.1, 10)]
    [InlineData(0.5, 2)]
    [InlineData(2.5, 0.8)]
    [InlineData(100, 1)]
    public void Rate_AnyStretch_HoldsNoMoreThanItMay(double perSecond, double stretch)
    {
        var rate = new SendRate();
        rate.Set(perSecond);
        List<DateTimeOffset> passed = [];
        for (var now = Begin; now < Begin.AddSeconds(30); now = now.AddMilliseconds(7))
        {
            while (rate.NextAt(now) <= now)
            {
                rate.Take(now);
                passed.Add(now);
            }
        }

        var most = Math.Max(1, (int)perSecond);
        Assert.All(passed.Skip(most).Zip(passed), pair => Assert.True((pair.First - pair.Second).TotalSeconds >= stretch - 0.001));
        Assert.InRange(passed.Count, (30 * perSecond * 0.9) - 1, (30 * perSecond) + most);
    }

    [Fact]
    public void Circuit_FailuresInARow_OpenItAndOneAtATimeFindsOut()
    {
        var circuit = new ChannelCircuit(() => 1);
        for (var i = 0; i < ChannelCircuit.OpensAfter; i++)
        {
            Assert.True(circuit.TryEnter(Begin));
            circuit.Failed(Begin);
        }

        Assert.False(circuit.TryEnter(Begin));
        var then = circuit.OpenUntil!.Value;
        Assert.True(circuit.TryEnter(then));
        Assert.False(circuit.TryEnter(then));
        circuit.Failed(then);
        Assert.True(circuit.OpenUntil - then > then - Begin);
        Assert.True(circuit.TryEnter(circuit.OpenUntil!.Value));
        circuit.Succeeded();
        Assert.True(circuit.TryEnter(Begin));
        Assert.Null(circuit.OpenUntil);
    }

    [Fact]
    public void Circuit_SuccessesInBetween_StaysClosed()
    {
        var circuit = new ChannelCircuit(() => 1);
        for (var i = 0; i < 100; i++)
        {
            circuit.Failed(Begin);
            if (i % 5 == 0)
            {
                circuit.Succeeded();
            }
        }

        Assert.Null(circuit.OpenUntil);
    }
}
