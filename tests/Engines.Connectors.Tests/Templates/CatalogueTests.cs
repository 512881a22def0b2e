using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Templates;

/// <summary>Every template that ships is complete.</summary>
public sealed class CatalogueTests
{
    private static readonly string[] Deep =
    [
        "box", "confluence", "datadog", "docusign", "entra-id", "github", "gitlab", "google-workspace", "hubspot", "jira", "okta", "pagerduty", "salesforce",
        "sap-s4hana", "servicenow", "slack", "teams", "workday", "zendesk", "zoom",
    ];

    public static TheoryData<string> Ids => [.. TemplateCatalog.Ids];

    public static TheoryData<string> DeepIds => [.. Deep];

    [Fact]
    public void Ids_Catalogue_HoldsAtLeast110Products() => Assert.True(TemplateCatalog.Ids.Count >= 110, $"There are {TemplateCatalog.Ids.Count} templates.");

    [Theory]
    [MemberData(nameof(Ids))]
    public void Find_Template_IsComplete(string id)
    {
        var template = TemplateCatalog.Find(id)!.Template;

        Assert.Equal(id, template.Id);
        Assert.True(template.Operations.Count >= 3 || template.Kind == TemplateKind.Mcp, "There are fewer than three operations.");
        Assert.All(template.Operations, operation => Assert.EndsWith(".", operation.Summary, StringComparison.Ordinal));
        Assert.Equal(template.Operations.Count, template.Operations.Select(operation => operation.Summary).Distinct().Count());
        Assert.EndsWith(".", template.Description, StringComparison.Ordinal);
        Assert.True(template.Connection.SelfHosted || template.Connection.BaseUrl.StartsWith("https://", StringComparison.Ordinal));
        Assert.Contains(template.Auth, auth => auth.Kind != AuthKind.None || template.DataClass == DataClass.Public || template.Kind == TemplateKind.Mcp);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Find_Template_SaysWhatEachArgumentIsAndHowLong(string id)
    {
        var template = TemplateCatalog.Find(id)!.Template;

        foreach (var operation in template.Operations)
        {
            foreach (var (name, argument) in InputSchema.Arguments(operation))
            {
                var where = $"{operation.Id}: {name}";
                Assert.True(argument.TryGetProperty("description", out _), $"{where} has no description.");
                Assert.True(IsBounded(argument), $"{where} has no bounds: texts need maxLength, enum, const or format, numbers a minimum, lists maxItems.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Find_Template_SharesNoTextWithAnother(string id)
    {
        var template = TemplateCatalog.Find(id)!.Template;
        var same = TemplateCatalog.Ids.Where(other => other != id && TemplateCatalog.Find(other)!.Template is var its && (its.Description == template.Description || its.Name == template.Name));

        Assert.Empty(same);
    }

    [Theory]
    [MemberData(nameof(DeepIds))]
    public void Find_DeepTemplate_CoversWhatMatters(string id)
    {
        var template = TemplateCatalog.Find(id)?.Template;

        Assert.NotNull(template);
        Assert.Equal(TemplateDepth.Deep, template.Depth);
        Assert.InRange(template.Operations.Count, 8, 40);
        Assert.NotEmpty(template.Limits);
        Assert.NotEmpty(template.Errors.MessagePaths);
        Assert.NotEmpty(template.Redact);
        Assert.Contains(template.Operations, operation => operation.Effect != OperationEffect.Read);
        Assert.True(template.Fixtures.Count >= 2, "There are fewer than two fixtures.");
        Assert.Contains(template.Fixtures, fixture => fixture.Error is not null);
        Assert.Contains(template.Fixtures, fixture => fixture.Result is not null);
        Assert.All(template.Operations.Where(operation => operation.Output.List && !operation.Code), operation => Assert.NotNull(operation.Pagination ?? template.Pagination));
    }

    // Only what sends no events over HTTP by itself is without a webhook.
    [Theory]
    [MemberData(nameof(DeepIds))]
    public void Find_DeepTemplate_HasWebhooks(string id) => Assert.NotEmpty(TemplateCatalog.Find(id)!.Template.Webhooks);

    [Fact]
    public void Find_UnknownId_IsNull() => Assert.Null(TemplateCatalog.Find("no-such-product"));

    private static bool IsBounded(JsonElement schema)
    {
        if (schema.TryGetProperty("enum", out _) || schema.TryGetProperty("const", out _) || schema.TryGetProperty("format", out _) || !schema.TryGetProperty("type", out var type) ||
            type.ValueKind != JsonValueKind.String)
        {
            return true;
        }

        return type.GetString() switch
        {
            "string" => schema.TryGetProperty("maxLength", out _),
            "integer" or "number" => schema.TryGetProperty("minimum", out _),
            "array" => schema.TryGetProperty("maxItems", out _) && (!schema.TryGetProperty("items", out var items) || IsBounded(items)),
            _ => true,
        };
    }
}
