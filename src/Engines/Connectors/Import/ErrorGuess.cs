using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Where a system's errors have a text for people, from the schemas of its error answers.</summary>
internal static class ErrorGuess
{
    private const int Looked = 200;

    private static readonly string[] Names = ["message", "errorSummary", "error_description", "errorMessage", "error_message", "detail", "description", "title", "msg", "reason"];

    /// <summary>The guess, which is a gap.</summary>
    public static ErrorSpec Of(IEnumerable<OpenApiOperation> operations, GapReport gaps)
    {
        var paths = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var response in operations.Take(Looked).SelectMany(operation => operation.Responses?.Where(response => response.Key is ['4' or '5', ..] or "default").Select(response => response.Value) ?? []))
        {
            var schema = SchemaConverter.Resolve((response?.Content?.Values ?? []).FirstOrDefault()?.Schema);
            if (Find(schema, 0) is { } path)
            {
                paths[path] = paths.GetValueOrDefault(path) + 1;
            }
        }

        IReadOnlyList<string> found = [.. paths.OrderByDescending(path => path.Value).ThenBy(path => path.Key, StringComparer.Ordinal).Take(4).Select(path => path.Key)];
        gaps.Add(
            GapArea.Errors,
            found.Count == 0 ? "The document does not say what errors look like." : "Where errors have their text is guessed.",
            "Check errors.messagePaths, and whether errors also come with a status of success (errors.inSuccess).",
            found.Count == 0 ? null : GapReport.Json(found),
            applied: found.Count > 0);
        return new ErrorSpec { MessagePaths = found };
    }

    private static string? Find(IOpenApiSchema? schema, int depth)
    {
        if (schema is null || depth > 2)
        {
            return null;
        }

        if (schema.Properties is { Count: > 0 } properties)
        {
            if (Names.FirstOrDefault(properties.ContainsKey) is { } name)
            {
                return name;
            }

            foreach (var member in new[] { "error", "errors", "status" })
            {
                if (properties.TryGetValue(member, out var inner) && SchemaConverter.Resolve(inner) is { } resolved)
                {
                    var isList = resolved.Items is not null;
                    if (Find(isList ? SchemaConverter.Resolve(resolved.Items) : resolved, depth + 1) is { } below)
                    {
                        return isList ? $"{member}.0.{below}" : $"{member}.{below}";
                    }

                    if (!isList && resolved.Type is { } type && type.HasFlag(JsonSchemaType.String))
                    {
                        return member;
                    }
                }
            }
        }

        return (schema.AllOf ?? []).Select(part => Find(SchemaConverter.Resolve(part), depth + 1)).FirstOrDefault(path => path is not null);
    }
}
