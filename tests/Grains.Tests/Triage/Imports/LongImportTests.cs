using System.Diagnostics;
using System.Globalization;
using System.Text;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Triage;
using Xunit.Abstractions;

namespace Steward.Grains.Tests.Triage.Imports;

/// <summary>A long file with bad rows is read in bounded memory. <c>STEWARD_IMPORT_ROWS</c> sets how long, for figures.</summary>
[Collection(AloneGroup.Name)]
public class LongImportTests(ImportCluster cluster, ITestOutputHelper output)
{
    [Fact]
    public async Task Import_ManyRowsWithBadOnes_ReadsTheRestInBoundedMemory()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("STEWARD_IMPORT_ROWS"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 100_000;
        cluster.Labels.Keeps = false;
        cluster.SignIn("t-long", "u-admin", WellKnownRoles.Admin);
        var import = cluster.Import("t-long", "m-long");
        var sent = Stopwatch.GetTimestamp();
        var (part, text) = (0, new StringBuilder("text,category,label\n"));
        for (var row = 0; row < count; row++)
        {
            text.Append(row % 10 == 9 ? "a row without a label,network,\n" : string.Create(CultureInfo.InvariantCulture, $"\"My laptop does not connect to the office network, although it did yesterday; ticket {row}\",network,L{row % 20}\n"));
            if (text.Length > 1_000_000)
            {
                await import.AddPart(part++, Encoding.UTF8.GetBytes(text.ToString()), isLast: false);
                text.Clear();
            }
        }

        await import.AddPart(part, Encoding.UTF8.GetBytes(text.ToString()), isLast: true);
        var sending = Stopwatch.GetElapsedTime(sent);
        text.Clear();
        var began = Stopwatch.GetTimestamp();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        TriageImport now;
        do
        {
            await Task.Delay(250);
            now = (await import.Get())!;
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
        while (now.EndedAt is null);

        var reading = Stopwatch.GetElapsedTime(began);
        output.WriteLine($"{count} rows, {now.Bytes >> 20} MiB: sent in {sending.TotalSeconds:0.0} s; read in {reading.TotalSeconds:0.0} s, {count / reading.TotalSeconds:0} rows/s; {most >> 20} MiB more at most");
        Assert.Equal((TriageImportState.Done, (long)(count - (count / 10)), (long)(count / 10)), (now.State, now.Rows, now.BadRows));
        Assert.Equal(100, now.Problems.Count);
        Assert.InRange(most, long.MinValue, 48L * 1024 * 1024);
    }
}

/// <summary>What measures the memory of the process runs when nothing else does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneGroup : ICollectionFixture<ImportCluster>
{
    public const string Name = "alone";
}
