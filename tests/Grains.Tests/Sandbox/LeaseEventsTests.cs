using Steward.Sandbox;

namespace Steward.Grains.Tests.Sandbox;

public sealed class LeaseEventsTests
{
    [Fact]
    public void Text_LetterByLetter_IsToldWholeInABoundedNumberOfEvents()
    {
        var events = new LeaseEvents();
        var text = string.Concat(Enumerable.Range(0, 300_000).Select(number => (char)('a' + (number % 26))));

        foreach (var letter in text)
        {
            events.Text(letter.ToString());
        }

        events.Flush();
        events.End(SandboxState.Finished);

        var seen = new List<SandboxEvent>();
        while (events.After(seen.Count) is { } next)
        {
            seen.Add(next);
        }

        Assert.Equal(text, string.Concat(seen.Select(next => next.Text)));
        Assert.InRange(seen.Count, 2, 2_200);
        Assert.Equal(Enumerable.Range(1, seen.Count).Select(number => (long)number), seen.Select(next => next.Sequence));
    }

    [Fact]
    public void End_AfterIt_NothingFollows()
    {
        var events = new LeaseEvents();
        events.End(SandboxState.Failed);

        events.Text("late");
        events.Started("late");

        Assert.Equal(1, events.Last);
    }

    [Fact]
    public async Task WhenChanged_WhoWaits_HearsOfTheNextEvent()
    {
        var events = new LeaseEvents();
        var waiting = events.WhenChangedAsync(0, default);
        Assert.False(waiting.IsCompleted);

        events.Enter(SandboxState.Granted);

        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(SandboxState.Granted, events.After(0)!.State);
    }
}
