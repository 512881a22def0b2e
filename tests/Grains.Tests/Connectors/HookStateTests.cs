using System.Text.Json;
using Steward.Connectors;
using Steward.Storage;

namespace Steward.Grains.Tests.Connectors;

public sealed class HookStateTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Apply_ManyEvents_RemembersTheLastOnesOnly()
    {
        var state = new HookState();
        for (var i = 1; i <= HookState.MaxRecent + 10; i++)
        {
            state.Apply(Received(i, Start.AddSeconds(i)));
        }

        Assert.Equal(HookState.MaxRecent, state.Recent.Count);
        Assert.False(state.HasSeen("e10"));
        Assert.True(state.HasSeen("e11"));
        Assert.True(state.HasSeen($"e{HookState.MaxRecent + 10}"));
    }

    [Fact]
    public void Apply_DaysLater_ForgetsIds()
    {
        var state = new HookState();
        state.Apply(Received(1, Start));
        Assert.True(state.HasSeen("e1"));

        state.Apply(Received(2, Start.AddDays(4)));

        Assert.False(state.HasSeen("e1"));
        Assert.True(state.HasSeen("e2"));
    }

    [Fact]
    public void Apply_Snapshot_KeepsWhatIsKnown()
    {
        var state = new HookState();
        state.Apply(Received(1, Start));
        state.Apply(Entry(2, HookRecordTypes.Published, new HookPublished { Number = 1, OpenFor = ["alpha"], NextAt = Start.AddMinutes(1) }));

        var loaded = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(state, HookJson.Default.HookState), HookJson.Default.HookState)!;

        Assert.True(loaded.HasSeen("e1"));
        Assert.Equal(Start.AddMinutes(1), loaded.NextAt);
        Assert.Equal(["alpha"], loaded.FindWaiting(1)!.OpenFor!);
        Assert.Equal(1, loaded.LastNumber);
    }

    private static JournalEntry Received(int number, DateTimeOffset at) => Entry(
        number, HookRecordTypes.Received, new HookReceived { Webhook = "w", Events = [new HookReceivedEvent { Id = $"e{number}", Type = "t", Payload = "{}" }] }, at);

    private static JournalEntry Entry<T>(long sequence, string type, T content, DateTimeOffset? at = null) => new()
    {
        Sequence = sequence,
        Type = type,
        Payload = JsonSerializer.SerializeToUtf8Bytes(content, HookJson.Default.GetTypeInfo(typeof(T))!),
        At = at ?? Start,
    };
}
