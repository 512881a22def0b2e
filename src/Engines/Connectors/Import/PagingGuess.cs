using System.Text.Json;
using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>
/// How a list is probably paged, from the names of parameters, of headers and of members of the result. Taken over only where both ends of the way are seen: where the
/// next page is named and how it is asked for.
/// </summary>
internal static class PagingGuess
{
    private static readonly string[] SizeNames = ["limit", "per_page", "perPage", "page_size", "pageSize", "maxResults", "max_results", "$top", "PageSize", "page[size]", "size", "count", "top", "pagesize", "max"];
    private static readonly string[] CursorNames = ["cursor", "after", "page_token", "pageToken", "nextPageToken", "next_token", "nextToken", "continuationToken", "continuation_token", "continuation", "starting_after", "page[after]", "pagination_token", "PageToken", "offset", "bookmark", "next_cursor"];
    private static readonly string[] OffsetNames = ["offset", "startAt", "skip", "$skip", "start", "start_index", "startIndex", "sysparm_offset"];
    private static readonly string[] PageNames = ["page", "pageNumber", "page_number", "page[number]", "pageNum", "Page", "pagenumber"];
    private static readonly string[] NextNames = ["next_cursor", "nextCursor", "next_page_token", "nextPageToken", "next_token", "nextToken", "continuationToken", "continuation_token", "endCursor", "after_cursor", "cursor", "after", "next"];
    private static readonly string[] NextUrlNames = ["@odata.nextLink", "odata.nextLink", "nextLink", "next_link", "next_page_url", "next_page_uri", "next_page", "nextPage", "next_url", "nextUrl", "next_uri", "nextRecordsUrl", "next"];
    private static readonly string[] Envelopes = ["response_metadata", "meta", "metadata", "paging", "pagination", "page", "page_info", "pageInfo", "links", "_links", "next_page", "cursors"];
    private static readonly string[] ItemNames = ["items", "data", "results", "result", "value", "values", "records", "entries", "list", "members", "resources", "elements"];

    /// <summary>The guess; null where nothing is seen.</summary>
    public static PaginationSpec? Of(OperationConverter.Call call, OpenApiOperation source, OutputSpec output, IReadOnlyCollection<string> headers, GapReport gaps)
    {
        var items = Items(output, call.Path);
        if (items is null && !output.List)
        {
            return null;
        }

        var size = SizeNames.FirstOrDefault(call.QueryArguments.ContainsKey);
        var spec = Guess(call, source, output, headers, items);
        if (spec is null)
        {
            if (call.QueryArguments.Keys.Any(name => CursorNames.Contains(name) || PageNames.Contains(name)) || size is not null)
            {
                gaps.Add(GapArea.Pagination, "Lists take parameters for paging, but where the next page is named is not seen.", "Look it up and set pagination; until then one page is read, and the parameters are arguments.", operation: call.Id);
            }

            return null;
        }

        spec = spec with { SizeParameter = size == spec.Parameter ? null : size, PageSize = size is null ? spec.PageSize : PageSize(call, size) };
        gaps.Add(GapArea.Pagination, $"Paging is guessed to be by {JsonNamingPolicy.SnakeCaseLower.ConvertName(spec.Kind.ToString())}.", "Check it with a list of more than one page.", GapReport.Json(spec), applied: true, operation: call.Id);
        return spec;
    }

    /// <summary>Takes the parameters that paging fills in out of the arguments.</summary>
    public static void TakeOver(OperationConverter.Call call, PaginationSpec spec)
    {
        foreach (var name in new[] { spec.Parameter, spec.SizeParameter })
        {
            if (name is not null && call.QueryArguments.Remove(name, out var argument))
            {
                call.Query.Remove(name);
                call.Properties.Remove(argument);
                call.Required.Remove(argument);
                call.Choices.Remove(argument);
            }
        }
    }

    private static PaginationSpec? Guess(OperationConverter.Call call, OpenApiOperation source, OutputSpec output, IReadOnlyCollection<string> headers, string? items)
    {
        if (PowerPlatform.Node(source.Extensions, "x-ms-pageable") is System.Text.Json.Nodes.JsonObject pageable && pageable["nextLinkName"] is System.Text.Json.Nodes.JsonValue link && link.TryGetValue<string>(out var next) && next.Length is > 0 and <= 100)
        {
            return new PaginationSpec { Kind = PaginationKind.NextUrl, Items = items, NextPath = Escape(next) };
        }

        if (headers.Any(header => header.Equals("Link", StringComparison.OrdinalIgnoreCase)))
        {
            return new PaginationSpec { Kind = PaginationKind.Link, Items = items, Parameter = CursorNames.FirstOrDefault(name => name is "after" or "cursor" && call.QueryArguments.ContainsKey(name)) };
        }

        if (output.Schema is { } schema)
        {
            if (CursorNames.FirstOrDefault(name => name != "offset" && call.QueryArguments.ContainsKey(name)) is { } cursor && Find(schema, NextNames, cursor) is { } nextCursor)
            {
                return new PaginationSpec { Kind = PaginationKind.Cursor, Items = items, Parameter = cursor, NextPath = nextCursor };
            }

            if (Find(schema, NextUrlNames, null) is { } url)
            {
                return new PaginationSpec { Kind = PaginationKind.NextUrl, Items = items, NextPath = url };
            }
        }

        if (OffsetNames.FirstOrDefault(call.QueryArguments.ContainsKey) is { } offset && IsNumber(call, offset) && SizeNames.Any(call.QueryArguments.ContainsKey))
        {
            return new PaginationSpec { Kind = PaginationKind.Offset, Items = items, Parameter = offset };
        }

        return PageNames.FirstOrDefault(call.QueryArguments.ContainsKey) is { } page && IsNumber(call, page)
            ? new PaginationSpec { Kind = PaginationKind.Page, Items = items, Parameter = page, FirstPage = Number(call, page, "minimum") == 0 ? 0 : 1 }
            : null;
    }

    // The only list among the members, or the one with a usual name or the path's.
    private static string? Items(OutputSpec output, string path)
    {
        if (output.List || Properties(output.Schema) is not { } properties)
        {
            return null;
        }

        var lists = properties.EnumerateObject().Where(member => TypeIs(member.Value, "array")).Select(member => member.Name).ToList();
        var last = path.Split('/').LastOrDefault(part => part.Length > 0 && !part.Contains('{', StringComparison.Ordinal));
        var found = lists is [var only] ? only : lists.Find(name => string.Equals(name, last, StringComparison.OrdinalIgnoreCase)) ?? ItemNames.FirstOrDefault(lists.Contains);
        return found is null ? null : Escape(found);
    }

    private static string? Find(JsonElement schema, string[] names, string? cursor)
    {
        if (Properties(schema) is not { } properties)
        {
            return null;
        }

        foreach (var name in names)
        {
            // A member with the parameter's own name usually repeats what was asked for.
            if (name != cursor && properties.TryGetProperty(name, out var member) && IsText(member))
            {
                return Escape(name);
            }
        }

        foreach (var envelope in Envelopes)
        {
            if (properties.TryGetProperty(envelope, out var inner) && Properties(inner) is { } members)
            {
                foreach (var name in names.Append("uri").Append("after"))
                {
                    if (members.TryGetProperty(name, out var member) && IsText(member) && (name != "uri" || envelope == "next_page"))
                    {
                        return Escape(envelope) + "." + Escape(name);
                    }
                }
            }
        }

        return null;
    }

    private static JsonElement? Properties(JsonElement? schema) =>
        schema is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object ? properties : null;

    private static bool IsText(JsonElement schema) => TypeIs(schema, "string") || (schema.ValueKind == JsonValueKind.Object && !schema.TryGetProperty("type", out _) && !schema.TryGetProperty("properties", out _));

    private static bool TypeIs(JsonElement schema, string type) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var types)
        && (types.ValueKind == JsonValueKind.Array ? types.EnumerateArray().Any(item => item.ValueEquals(type)) : types.ValueKind == JsonValueKind.String && types.ValueEquals(type));

    private static bool IsNumber(OperationConverter.Call call, string parameter) =>
        call.Properties[call.QueryArguments[parameter]] is System.Text.Json.Nodes.JsonObject schema && schema["type"]?.ToJsonString() is var type && type is not null && (type.Contains("integer", StringComparison.Ordinal) || type.Contains("number", StringComparison.Ordinal));

    private static int? Number(OperationConverter.Call call, string parameter, string keyword) =>
        call.Properties[call.QueryArguments[parameter]]?[keyword] is System.Text.Json.Nodes.JsonValue value && decimal.TryParse(value.ToJsonString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) && number is >= 0 and < 100_000 ? (int)number : null;

    private static int PageSize(OperationConverter.Call call, string size) => Math.Clamp(Number(call, size, "maximum") ?? 100, 1, 100);

    private static string Escape(string name) => name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal);
}
