using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Engines.Connectors.Tests.Import;

/// <summary>Of a large document a draft with a few operations.</summary>
public sealed class DraftSelectionTests
{
    private readonly ConnectorTemplate _template = Documents.Import(Documents.Power20).Template;

    [Fact]
    public void Keep_SomeOperations_KeepsTheirChoicesAndTheVerification()
    {
        var kept = DraftSelection.Keep(_template, ["create_record"]);

        Assert.Equal(["create_record", "get_lists"], kept.Operations.Select(operation => operation.Id).Order());
        Assert.Equal("get_lists", kept.Verify.Operation);
        Assert.Equal(kept.Operations.Count, TemplateReader.Read(TemplateWriter.Write(kept), "draft").Operations.Count);
    }

    [Fact]
    public void Keep_None_KeepsAll() => Assert.Same(_template, DraftSelection.Keep(_template, []));

    [Fact]
    public void Keep_UnknownOperation_SaysWhichAreNear()
    {
        var refused = Assert.Throws<DefinitionException>(() => DraftSelection.Keep(_template, ["send_forms"]));

        Assert.Contains("the draft has no 'send_forms'", refused.Message, StringComparison.Ordinal);
    }
}
