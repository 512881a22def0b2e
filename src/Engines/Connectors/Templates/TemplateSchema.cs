using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace Steward.Engines.Connectors.Templates;

/// <summary>The JSON Schema of templates for editors, made from <see cref="ConnectorTemplate"/>. What goes beyond form is only checked by <see cref="TemplateRules"/>.</summary>
public static class TemplateSchema
{
    /// <summary>The schema (draft 2020-12), indented, with line feeds.</summary>
    public static string Text()
    {
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform };
        var schema = TemplateJson.Options.GetJsonSchemaAsNode(typeof(ConnectorTemplate), options).AsObject();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "Steward connector template");
        return schema.ToJsonString(new JsonSerializerOptions(TemplateJson.Options) { WriteIndented = true, NewLine = "\n" }) + "\n";
    }

    // The exporter cannot look into the converter of durations.
    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode node) =>
        (Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type) == typeof(TimeSpan)
            ? new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]{1,7}(ms|s|m|h|d)$" }
            : node;
}
