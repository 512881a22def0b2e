using System.Text.Json;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using Steward.Storage;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

/// <summary>The record of who read or changed a memory has an end.</summary>
[Collection(GrainClusterGroup.Name)]
public class AccessTrailTests(GrainCluster cluster)
{
    private readonly string _key = GrainKeys.MemoryAccesses(GrainKeys.UserMemory("t-acme", NewUser()));

    [Fact]
    public async Task Add_MoreThanAreKept_LeavesTheLastInOneEntry()
    {
        await AppendAsync(0, AccessTrail.Kept - 1);
        using (var trail = new AccessTrail(cluster.Journals, _key, cluster.Time))
        {
            await trail.AddAsync("u-1", $"n-{AccessTrail.Kept}");
            await trail.AddAsync("u-1", $"n-{AccessTrail.Kept + 1}", [7]);
        }

        Assert.Equal(2, (await cluster.Journals.ReadAsync(_key, 0, 5_000)).Count);
        await ExpectAsync(AccessTrail.Kept + 1, AccessTrail.Kept + 1);

        // And so on: what was kept goes with those that came behind it.
        var head = (await cluster.Journals.GetHeadAsync(_key))!.Sequence;
        await AppendAsync((int)head, (2 * AccessTrail.Kept) - (int)head - 1);
        using (var trail = new AccessTrail(cluster.Journals, _key, cluster.Time))
        {
            await trail.AddAsync("u-1", "last but one");
            Assert.Single(await cluster.Journals.ReadAsync(_key, 0, 5_000));
            await trail.AddAsync("u-1", "last");
            var read = await trail.ReadAsync(5_000, default);
            Assert.Equal(AccessTrail.Kept + 1, read.Count);
            Assert.Equal(["last", "last but one"], read.Take(2).Select(access => access.Action));
            Assert.Equal(["last", "last but one"], (await trail.ReadAsync(2, default)).Select(access => access.Action));
        }
    }

    [Fact]
    public async Task Add_ShorteningFails_IsNotedAllTheSame()
    {
        await AppendAsync(0, AccessTrail.Kept - 1);
        cluster.Faults.LosePurges(_key, 1);
        using var trail = new AccessTrail(cluster.Faults, _key, cluster.Time);

        await trail.AddAsync("u-1", $"n-{AccessTrail.Kept}");
        await trail.AddAsync("u-1", $"n-{AccessTrail.Kept + 1}");

        await ExpectAsync(AccessTrail.Kept + 1, AccessTrail.Kept + 1);
    }

    // A release that knows no others in it reads the last access.
    [Fact]
    public void Kept_ReadAsOneAccess_IsTheLast()
    {
        var kept = new KeptAccesses { At = DateTimeOffset.UnixEpoch, By = "u-1", Action = "list", MemoryIds = [3], Earlier = [new MemoryAccess { At = DateTimeOffset.UnixEpoch, By = "u-2", Action = "export", MemoryIds = [] }] };

        var read = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(kept, MemoryJson.Default.KeptAccesses), MemoryJson.Default.MemoryAccess)!;

        Assert.Equal(("u-1", "list"), (read.By, read.Action));
    }

    private async Task AppendAsync(int after, int count) => Assert.IsType<JournalAppended>(await cluster.Journals.AppendAsync(new JournalAppend
    {
        Journal = _key,
        ExpectedSequence = after,
        Records = [.. Enumerable.Range(after + 1, count).Select(number => new JournalRecord
        {
            Type = "memory.access",
            At = cluster.Time.GetUtcNow(),
            Payload = JsonSerializer.SerializeToUtf8Bytes(new MemoryAccess { At = cluster.Time.GetUtcNow(), By = "u-1", Action = $"n-{number}", MemoryIds = [] }, MemoryJson.Default.MemoryAccess),
        })],
    }));

    private async Task ExpectAsync(int count, int last)
    {
        using var trail = new AccessTrail(cluster.Journals, _key, cluster.Time);
        var read = await trail.ReadAsync(5_000, default);
        Assert.Equal(Enumerable.Range(last - count + 1, count).Reverse().Select(number => $"n-{number}"), read.Select(access => access.Action));
        Assert.Equal(read.Take(200).Select(access => access.Action), (await trail.ReadAsync(200, default)).Select(access => access.Action));
    }
}
