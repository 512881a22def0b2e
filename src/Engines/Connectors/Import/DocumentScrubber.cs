using System.Text.Json.Nodes;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// Takes out of a document what must not reach the reader of OpenAPI: references to other files and addresses, which are never followed, references that lead
/// nowhere or only to one another, and what is large and of no use, such as examples.
/// </summary>
internal sealed class DocumentScrubber(JsonObject root, ImportWarnings warnings)
{
    private const int MaxChain = 64;

    private static readonly HashSet<string> Maps = new(StringComparer.Ordinal)
    {
        "paths", "webhooks", "schemas", "definitions", "properties", "patternProperties", "$defs", "dependentSchemas", "responses", "requestBodies", "headers",
        "securitySchemes", "securityDefinitions", "callbacks", "pathItems", "links", "content", "encoding", "variables", "scopes", "mapping",
    };

    private static readonly HashSet<string> Dropped = new(StringComparer.Ordinal) { "example", "examples", "x-examples", "xml", "x-codeSamples", "x-code-samples", "x-readme" };

    private readonly List<(JsonObject Holder, string Target, string Where)> _references = [];

    /// <summary>The references to other documents.</summary>
    public int RemoteReferences { get; private set; }

    /// <summary>Changes the document.</summary>
    public void Run()
    {
        Walk(root, isMap: false, "", inComponents: false);
        foreach (var (holder, target, where) in _references)
        {
            if (Fault(holder, target) is { } fault)
            {
                holder.Remove("$ref");
                warnings.Add(where, fault);
            }
        }
    }

    private void Walk(JsonNode? node, bool isMap, string pointer, bool inComponents)
    {
        if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                Walk(items[i], isMap: false, $"{pointer}/{i}", inComponents: false);
            }

            return;
        }

        if (node is not JsonObject members)
        {
            return;
        }

        if (!isMap)
        {
            foreach (var name in Dropped)
            {
                members.Remove(name);
            }

            Reference(members, pointer);
        }

        foreach (var (name, value) in members)
        {
            if (value is JsonObject or JsonArray && (isMap || name is not ("default" or "enum" or "const")))
            {
                // Under components and at the root of Swagger 2.0, parameters are a map; in operations they are a list.
                var map = !isMap && (Maps.Contains(name) || (name == "parameters" && (inComponents || pointer.Length == 0)));
                Walk(value, map, $"{pointer}/{LocatedDocument.Escape(name)}", inComponents: pointer.Length == 0 && name == "components");
            }
        }
    }

    private void Reference(JsonObject members, string pointer)
    {
        if (!members.TryGetPropertyValue("$ref", out var reference))
        {
            return;
        }

        if (reference is not JsonValue value || !value.TryGetValue<string>(out var target))
        {
            members.Remove("$ref");
            warnings.Add(pointer, "$ref must be a text; it is left out.");
        }
        else if (target is ['#', ..])
        {
            _references.Add((members, target, pointer));
        }
        else
        {
            members.Remove("$ref");
            RemoteReferences++;
            warnings.Add(pointer, "references to other documents are never followed; what it refers to is left out. Bundle the document into one file first.");
        }
    }

    // The reader of OpenAPI looks references up by name, and follows those that lead to references without an end.
    private string? Fault(JsonObject holder, string target)
    {
        var seen = new HashSet<JsonNode>(ReferenceEqualityComparer.Instance) { holder };
        for (var i = 0; i < MaxChain; i++)
        {
            if (Find(target) is not { } found)
            {
                return $"the reference {ImportText.Trim(target, 120)} leads nowhere; it is left out.";
            }

            if (!seen.Add(found))
            {
                return $"the reference {ImportText.Trim(target, 120)} leads back to itself; it is left out.";
            }

            if (found is not JsonObject next || next["$ref"] is not JsonValue further || !further.TryGetValue<string>(out var text) || text is not ['#', ..])
            {
                return null;
            }

            target = text;
        }

        return $"more than {MaxChain} references in a row; it is left out.";
    }

    private JsonNode? Find(string target)
    {
        JsonNode? node = root;
        if (target == "#")
        {
            return node;
        }

        if (!target.StartsWith("#/", StringComparison.Ordinal) || target.Length > 2_000)
        {
            return null;
        }

        foreach (var part in target[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node switch
            {
                JsonObject members => members[name] ?? (name == part ? null : members[part]),
                JsonArray items when int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index) && index < items.Count => items[index],
                _ => null,
            };
            if (node is null)
            {
                return null;
            }
        }

        return node;
    }
}
