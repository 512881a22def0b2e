using System.Diagnostics;
using System.Text.Json;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;
using Xunit.Abstractions;

namespace Steward.Engines.Connectors.Tests.Import;

/// <summary>Imports real specifications.</summary>
public class CorpusTests(ITestOutputHelper output)
{
    // Refused for a reason: not JSON as published; nothing but references to other files.
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["fire-BROKEN-json.json"] = "not valid JSON",
        ["conjur-secrets.json"] = "Bundle the document",
    };

    [CorpusFact]
    public void Import_RealSpecifications_AllThatAreValidBecomeTemplatesThatRoundTrip()
    {
        foreach (var file in Corpus.Files)
        {
            var name = Path.GetFileName(file);
            var bytes = File.ReadAllBytes(file);
            if (Refused.TryGetValue(name, out var reason))
            {
                Assert.Contains(reason, Assert.Throws<DefinitionException>(() => new OpenApiImporter().Import(bytes, name)).Message, StringComparison.Ordinal);
                continue;
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            var result = new OpenApiImporter().Import(bytes, name);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            var started = Stopwatch.GetTimestamp();
            var yaml = TemplateWriter.Write(result.Template);
            var read = TemplateReader.Read(yaml, name + ".yaml");
            output.WriteLine($"{name,-34} {result.Figures.Operations,4} of {result.Figures.OperationsInDocument,4} operations {result.Figures.Elapsed.TotalSeconds,6:0.00} s {allocated / 1048576,5} MB {result.Figures.Warnings,5} warnings {result.Gaps.Count,3} gaps, {yaml.Length / 1024} KiB, round trip {Stopwatch.GetElapsedTime(started).TotalSeconds:0.00} s; verify {result.Template.Verify.Operation}; {result.Template.Connection.BaseUrl}; {string.Join(',', result.Template.Auth.Select(auth => auth.Kind))}");
            if (Environment.GetEnvironmentVariable("STEWARD_CORPUS_OUT") is { } folder)
            {
                File.WriteAllText(Path.Combine(folder, name + ".yaml"), yaml);
                File.WriteAllLines(Path.Combine(folder, name + ".txt"), result.Warnings.Select(warning => warning.ToString()).Concat(result.Gaps.Select(gap => $"{gap.Area} {gap.Message} {gap.OperationCount} {gap.Guess}")));
            }

            Assert.True(JsonElement.DeepEquals(TemplateWriter.ToElement(result.Template), TemplateWriter.ToElement(read)), $"{name} is not the same after being written and read");
            Assert.NotEmpty(result.Template.Operations);
            Assert.All(result.Template.Operations.Where(operation => operation.Input is not null), operation => JsonSchema.Parse(operation.Input!.Value));
        }
    }
}
