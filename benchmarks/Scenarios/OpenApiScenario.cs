using System.CommandLine;
using System.Diagnostics;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench openapi</c>: imports a folder of real specifications, searches all their operations, and compares two versions of one.</summary>
internal static class OpenApiScenario
{
    private const int Searches = 1_000;

    private static readonly string[] Queries = ["find a user by email", "create a ticket", "list open issues of a project", "delete a group", "send a message to a channel", "list containers", "update an employee", "who am I"];

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var folder = new Option<string>("--folder") { Description = "Folder with specifications.", DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "openapi") };
        var drift = new Option<string>("--drift") { Description = "Folder with two versions of one specification.", DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "openapi_drift") };
        var command = new Command("openapi", "Time and memory of importing real OpenAPI specifications, of searching their operations, and of comparing two versions.") { folder, drift, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(folder), parsed.GetRequiredValue(drift), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string folder, string drift, bool check, string? json, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
        {
            await Console.Error.WriteLineAsync($"There is no folder {folder}; name one with --folder.");
            return 1;
        }

        var (imports, templates) = (new List<Imported>(), new List<KeyValuePair<string, ConnectorTemplate>>());
        foreach (var file in Directory.GetFiles(folder).Where(file => Path.GetExtension(file) is ".json" or ".yaml").Order(StringComparer.Ordinal))
        {
            var (name, bytes) = (Path.GetFileName(file), await File.ReadAllBytesAsync(file, cancellationToken));
            var imported = Import(name, bytes, templates);
            imports.Add(imported);
            Console.Out.WriteLine(imported.Refused is null
                ? $"{name,-32} {imported.MegaBytes,5:0.0} MB {imported.Operations,4} of {imported.OperationsInDocument,4} operations {imported.Seconds,6:0.00} s {imported.AllocatedMegaBytes,5:0} MB allocated {imported.Warnings,4} warnings {imported.Gaps,3} gaps"
                : $"{name,-32} {imported.MegaBytes,5:0.0} MB refused in {imported.Seconds:0.00} s: {imported.Refused}");
        }

        var search = Search(templates);
        Console.Out.WriteLine($"search over {search.Operations} operations: p50 {search.P50Milliseconds:0.00} ms, p99 {search.P99Milliseconds:0.00} ms, index built in {search.IndexMilliseconds:0} ms");
        var compared = await DriftAsync(drift, cancellationToken);
        if (compared is not null)
        {
            Console.Out.WriteLine($"drift {compared.Before} to {compared.After}: operations +{compared.OperationsAdded} -{compared.OperationsRemoved}, schemas +{compared.SchemasAdded} -{compared.SchemasRemoved}, {compared.SchemasEdited} edited, {compared.SchemasChanged} of them in more than words, {compared.SchemasBroken} with a breaking change, {compared.Seconds:0.00} s");
        }

        var result = new OpenApiResult(Machine.Read(), TimeProvider.System.GetUtcNow(), "steward bench openapi",
            "Each specification imported twice in one process, the second time measured, on one thread; allocations of that thread.", imports, search, compared);
        return await ResultOptions.FinishAsync(result, [new Target("search for operations, p99", search.P99Milliseconds, "ms", 10, AtLeast: false)], check, json, cancellationToken);
    }

    private static Imported Import(string name, byte[] bytes, List<KeyValuePair<string, ConnectorTemplate>> templates)
    {
        var megaBytes = bytes.Length / 1048576.0;
        var importer = new OpenApiImporter();
        var started = Stopwatch.GetTimestamp();
        try
        {
            importer.Import(bytes, name);
            var before = GC.GetAllocatedBytesForCurrentThread();
            started = Stopwatch.GetTimestamp();
            var result = importer.Import(bytes, name);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            templates.Add(new(name, result.Template));
            return new Imported(name, megaBytes, result.Figures.OperationsInDocument, result.Figures.Operations, seconds, (GC.GetAllocatedBytesForCurrentThread() - before) / 1048576.0, result.Figures.Warnings, result.Gaps.Count, null);
        }
        catch (DefinitionException exception)
        {
            return new Imported(name, megaBytes, 0, 0, Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 0, 0, exception.Message);
        }
    }

    private static Searched Search(List<KeyValuePair<string, ConnectorTemplate>> templates)
    {
        var started = Stopwatch.GetTimestamp();
        var search = new OperationSearch(templates);
        var built = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        foreach (var query in Queries)
        {
            search.Find(query, 10);
        }

        var times = new List<double>(Searches);
        for (var i = 0; i < Searches; i++)
        {
            started = Stopwatch.GetTimestamp();
            search.Find(Queries[i % Queries.Length], 10);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        return new Searched(search.Count, built, times[Searches / 2], times[Searches * 99 / 100]);
    }

    private static async Task<Compared?> DriftAsync(string folder, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder) || Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).ToList() is not [var before, var after])
        {
            return null;
        }

        var drift = SpecificationDrift.Compare(await File.ReadAllBytesAsync(before, cancellationToken), await File.ReadAllBytesAsync(after, cancellationToken));
        return new Compared(Path.GetFileName(before), Path.GetFileName(after), drift.OperationsAdded.Count, drift.OperationsRemoved.Count, drift.SchemasAdded.Count, drift.SchemasRemoved.Count,
            drift.SchemasEdited, drift.SchemasChanged.Count, drift.SchemasBroken, drift.Elapsed.TotalSeconds);
    }

    private sealed record Imported(string File, double MegaBytes, int OperationsInDocument, int Operations, double Seconds, double AllocatedMegaBytes, int Warnings, int Gaps, string? Refused);

    private sealed record Searched(int Operations, double IndexMilliseconds, double P50Milliseconds, double P99Milliseconds);

    private sealed record Compared(string Before, string After, int OperationsAdded, int OperationsRemoved, int SchemasAdded, int SchemasRemoved, int SchemasEdited, int SchemasChanged, int SchemasBroken, double Seconds);

    private sealed record OpenApiResult(Machine Machine, DateTimeOffset At, string Command, string Method, IReadOnlyList<Imported> Imports, Searched Search, Compared? Drift);
}
