namespace Steward.Engines.Inference.Tests;

/// <summary>Counts what the whole process allocates, and so runs with no other test beside it.</summary>
[Collection("alone")]
public sealed class AllocationTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    [NativeFact]
    public async Task Classify_ManyRequests_AllocatesLittleAndNothingLarge()
    {
        for (var i = 0; i < 200; i++)
        {
            await _engine.ClassifyAsync("please mend the printer toner");
        }

        var before = GC.GetTotalAllocatedBytes(precise: true);
        var largeBefore = LargeObjects();
        for (var i = 0; i < 2_000; i++)
        {
            await _engine.ClassifyAsync("please mend the printer toner");
        }

        var each = (GC.GetTotalAllocatedBytes(precise: true) - before) / 2_000;
        Assert.InRange(each, 1, 6_000);
        Assert.Equal(largeBefore, LargeObjects());
    }

    public void Dispose() => _engine.Dispose();

    // Sizes of the heaps for large and pinned objects, after a collection that frees what is free.
    private static (long Large, long Pinned) LargeObjects()
    {
        GC.Collect();
        var info = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        return (info.GenerationInfo[3].SizeAfterBytes, info.GenerationInfo[4].SizeAfterBytes);
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
