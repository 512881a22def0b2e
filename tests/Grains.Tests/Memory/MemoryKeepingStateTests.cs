using System.Text;
using Steward.Memory;
using Steward.Storage;

namespace Steward.Grains.Tests.Memory;

/// <summary>Journals of a tenant's keeping as earlier releases wrote them.</summary>
public class MemoryKeepingStateTests
{
    // What an earlier release wrote when a key was destroyed was done in the call: what has come since must not be erased.
    [Fact]
    public void Apply_ADestructionOfAnEarlierRelease_LeavesNothingToDo()
    {
        var state = new MemoryKeepingState();
        const string Destroyed = """{"destroyed":{"at":"2026-11-20T09:00:00+00:00","by":"u-root","holdsEverywhereAt":"2026-11-20T09:10:00+00:00","vectorsRemoved":7},"nextAt":"2026-11-20T09:15:00+00:00"}""";

        state.Apply(new JournalEntry { Sequence = 1, Type = "keeping.key_destroyed", Payload = Encoding.UTF8.GetBytes(Destroyed), At = DateTimeOffset.UnixEpoch });

        Assert.Equal((7, false, null), (state.KeyDestroyed!.VectorsRemoved, state.IsKeyPending, state.ErasesVectorsBefore));
        Assert.Equal(new DateTimeOffset(2026, 11, 20, 9, 15, 0, TimeSpan.Zero), state.NextAt);
    }
}
