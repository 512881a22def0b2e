using System.Text;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Tests.Import;
using Xunit.Abstractions;

namespace Steward.Engines.Connectors.Tests.Schemas;

public class SpecificationDriftTests(ITestOutputHelper output)
{
    [Fact]
    public void Compare_TwoVersions_NamesOperationsSchemasAndWhoUsesThem()
    {
        var after = Documents.Desk31.Replace("\"/me\":", "\"/you\":", StringComparison.Ordinal).Replace("\"maxLength\": 200, ", "", StringComparison.Ordinal).Replace("\"state\": { \"type\": \"string\", \"enum\": [ \"open\", \"closed\" ] }", "\"status\": { \"type\": \"string\" }", StringComparison.Ordinal);

        var drift = SpecificationDrift.Compare(Encoding.UTF8.GetBytes(Documents.Desk31), Encoding.UTF8.GetBytes(after));

        Assert.Equal(["GET /you"], drift.OperationsAdded);
        Assert.Equal(["GET /me"], drift.OperationsRemoved);
        var schema = Assert.Single(drift.SchemasChanged);
        Assert.Equal([SchemaChangeKind.BoundWidened, SchemaChangeKind.Removed, SchemaChangeKind.OptionalAdded], schema.Changes.Select(change => change.Kind));
        Assert.Contains("GET /tickets", schema.Operations);
        Assert.Equal(1, drift.SchemasBroken);
    }

    [Fact]
    public void Compare_OktasSpecifications_FindsWhatCameBetweenThem()
    {
        if (Corpus.DriftFolder is not { } folder)
        {
            return;
        }

        var drift = SpecificationDrift.Compare(File.ReadAllBytes(Path.Combine(folder, "okta-2025.10.0.yaml")), File.ReadAllBytes(Path.Combine(folder, "okta-2026.06.3.yaml")));

        output.WriteLine($"operations +{drift.OperationsAdded.Count} -{drift.OperationsRemoved.Count}; schemas +{drift.SchemasAdded.Count} -{drift.SchemasRemoved.Count}, edited {drift.SchemasEdited}, changed in more than words {drift.SchemasChanged.Count}, of these with a breaking change {drift.SchemasBroken}; {drift.Elapsed.TotalSeconds:0.00} s");
        Assert.Equal(38, drift.OperationsAdded.Count - drift.OperationsRemoved.Count);
        Assert.Equal(421, drift.SchemasEdited);
    }
}
