using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Benchmarks.Measuring;
using Steward.LocalPostgreSql;
using Steward.Storage;
using Steward.Storage.Vectors;
using Steward.Vectors;

namespace Steward.Benchmarks.Scenarios;

/// <summary>
/// <c>bench vectors</c>: what a search takes by the scan in the process, by comparing all rows in PostgreSQL with pgvector, and by its HNSW index, by size and by how many rows a filter lets pass; how much of what an exact search finds
/// each finds. On a private server that is gone with the benchmark.
/// </summary>
internal static class VectorsScenario
{
    private const int Dimensions = 256;
    private const int Queries = 60;
    private const int Top = 10;
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Each row has one of each: an owner and a kind. Kinds k1 to k4 are a hundredth, a twentieth, a quarter and two thirds of the rows, whatever their vectors are.
    private static readonly (string Name, string Kind)[] Filters = [("1 %", "k1"), ("5 %", "k2"), ("25 %", "k3"), ("69 %", "k4")];

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var sizes = new Option<int[]>("--sizes") { Description = "Rows of the collections.", DefaultValueFactory = _ => [5_000, 20_000, 100_000], AllowMultipleArgumentsPerToken = true };
        var command = new Command("vectors", "Searches of large collections of vectors: scan, pgvector comparing all, pgvector's index.") { sizes, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(sizes), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int[] sizes, bool check, string? json, CancellationToken cancellationToken)
    {
        await using var server = await PostgreSqlServer.StartAsync(new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "2GB" }, cancellationToken);
        var connectionString = await server.CreateDatabaseAsync("vectors", cancellationToken);
        await using var storage = new ServiceCollection().AddLogging().AddStewardStorage(options => (options.Provider, options.ConnectionString) = (StorageProvider.PostgreSql, connectionString)).BuildServiceProvider();
        await storage.GetRequiredService<StorageMigrator>().MigrateAsync(cancellationToken);
        var store = storage.GetRequiredService<IVectorStore>();
        var support = await store.GetSupportAsync(cancellationToken);
        Console.Out.WriteLine(Machine.Read());
        Console.Out.WriteLine(support.Summary);
        if (!support.CanIndex)
        {
            await Console.Error.WriteLineAsync("Install PostgreSQL's extension (Debian: postgresql-NN-pgvector), or name the programs of a server that has it in STEWARD_POSTGRESQL.");
            return 1;
        }

        var results = new List<VectorsResult>();
        foreach (var size in sizes)
        {
            results.AddRange(await MeasureAsync(store, storage, size, cancellationToken));
        }

        var targets = new List<Target>();
        foreach (var result in results)
        {
            Console.Out.WriteLine(
                $"{result.Rows,8} rows, {result.Filter,5} pass   scan p50 {result.Scan.P50,6:0.00} ms p99 {result.Scan.P99,6:0.00} {result.Scan.Recall:0.0000}   compared p50 {result.Compared.P50,6:0.00} ms p99 {result.Compared.P99,6:0.00} {result.Compared.Recall:0.0000}   "
                + $"index alone p50 {result.Index.P50,6:0.00} ms p99 {result.Index.P99,6:0.00} {result.Index.Recall:0.0000}   as served p50 {result.Served.P50,6:0.00} ms p99 {result.Served.P99,6:0.00} {result.Served.Recall:0.0000}   index built in {result.BuildSeconds:0.0} s");
            targets.Add(new($"scan of {result.Rows}, {result.Filter} pass: found of what exact finds", result.Scan.Recall, "", 0.99, AtLeast: true));
            targets.Add(new($"database with {result.Rows}, {result.Filter} pass: found of what exact finds", result.Served.Recall, "", 0.99, AtLeast: true));
        }

        var report = new VectorsReport(Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench vectors --sizes {string.Join(' ', sizes)}", support.Summary,
            $"Clustered vectors of {Dimensions} dimensions in one collection for each size, {Queries} queries one after the other, the {Top} nearest; found is the share of what comparing all in 32-bit floats finds. Scan: in the process. Compared: every search compares all that its filter lets pass. Index alone: "
            + "every search with a filter that a twentieth or more pass asks the index. As served: as the store chooses by how many rows the filter lets pass. Server and client share the machine.", results);
        return await ResultOptions.FinishAsync(report, targets, check, json, cancellationToken);
    }

    private static async Task<List<VectorsResult>> MeasureAsync(IVectorStore store, ServiceProvider storage, int size, CancellationToken cancellationToken)
    {
        var data = new VectorsData(Dimensions, size);
        var space = new VectorSpace("t-bench", $"rows-{size}", "bench@1");
        foreach (var part in data.Vectors.Select((vector, i) => new VectorRow { Id = $"r{i}", Owner = VectorRow.Everyone, Kind = data.Kinds[i], Note = "A row of a benchmark", At = At, Vector = vector }).Chunk(1_000))
        {
            await store.WriteAsync(new VectorWrite { Space = space, Rows = part }, cancellationToken);
        }

        using var scan = new VectorCollections([store], Options.Create(new VectorOptions { IndexFromRows = 0, ScanMemoryBytes = long.MaxValue }), TimeProvider.System, NullLogger<VectorCollections>.Instance);
        var queries = Enumerable.Range(0, Queries).Select(_ => data.Query()).ToArray();
        var scanned = new List<Measured>();
        var exact = Filters.Prepend(("all", "")).Select(filter => Array.ConvertAll(queries, query => data.Nearest(query, filter.Item2, Top))).ToArray();
        foreach (var (_, kind) in Filters.Prepend(("all", "")))
        {
            scanned.Add(await TimeAsync(exact[scanned.Count], queries, kind, space, search => scan.SearchAsync(search, cancellationToken)));
        }

        var began = Stopwatch.GetTimestamp();
        await store.IndexAsync(space, cancellationToken);
        var built = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var state = (await store.ListAsync(space.TenantId, space.Collection, cancellationToken))[0];
        var database = storage.GetRequiredService<StorageBackend>().PostgreSql!;
        await using var compares = new PgvectorIndex(database, TimeProvider.System) { ComparedRows = int.MaxValue };
        await using var indexes = new PgvectorIndex(database, TimeProvider.System) { ComparedRows = 0 };
        var results = new List<VectorsResult>();
        foreach (var (name, kind) in Filters.Prepend(("100 %", "")))
        {
            results.Add(new VectorsResult(
                size, name, built, scanned[results.Count],
                await TimeAsync(exact[results.Count], queries, kind, space, search => compares.SearchAsync(search, state, VectorArguments.Stored(search.Vector.Span, Dimensions), cancellationToken)),
                await TimeAsync(exact[results.Count], queries, kind, space, search => indexes.SearchAsync(search, state, VectorArguments.Stored(search.Vector.Span, Dimensions), cancellationToken)),
                await TimeAsync(exact[results.Count], queries, kind, space, search => store.SearchAsync(search, cancellationToken))));
        }

        return results;
    }

    private static async Task<Measured> TimeAsync(IReadOnlySet<int>[] exact, float[][] queries, string kind, VectorSpace space, Func<VectorSearch, ValueTask<IReadOnlyList<VectorHit>>> ask)
    {
        var (times, found, wanted) = (new List<double>(), 0, 0);
        for (var round = 0; round < 2; round++)
        {
            // The first round warms both sides up.
            times.Clear();
            (found, wanted) = (0, 0);
            for (var i = 0; i < queries.Length; i++)
            {
                var search = new VectorSearch { Space = space, Reader = VectorReader.Everything, Kinds = kind.Length == 0 ? null : [kind], Vector = queries[i], Top = Top };
                var started = Stopwatch.GetTimestamp();
                var hits = await ask(search);
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                if (round == 1)
                {
                    found += hits.Count(hit => exact[i].Contains(int.Parse(hit.Id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)));
                    wanted += exact[i].Count;
                }
            }
        }

        times.Sort();
        return new Measured(times[times.Count / 2], times[times.Count * 99 / 100], (double)found / wanted);
    }
}

/// <summary>Figures of one way to search.</summary>
internal sealed record Measured(double P50, double P99, double Recall);

/// <summary>Figures of one size and filter.</summary>
internal sealed record VectorsResult(int Rows, string Filter, double BuildSeconds, Measured Scan, Measured Compared, Measured Index, Measured Served);

/// <summary>What <c>bench vectors</c> found.</summary>
internal sealed record VectorsReport(Machine Machine, DateTimeOffset At, string Command, string Server, string Method, IReadOnlyList<VectorsResult> Results);
