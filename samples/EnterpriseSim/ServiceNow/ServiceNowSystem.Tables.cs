using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.ServiceNow;

/// <summary>The Table API.</summary>
internal sealed partial class ServiceNowSystem
{
    private const int DefaultLimit = 10_000;

    private Reply List(Call call)
    {
        var table = TableOf(call);
        EncodedQuery query;
        try
        {
            query = EncodedQuery.Parse(call.Query("sysparm_query") ?? "");
        }
        catch (FormatException e)
        {
            throw Fail(400, "Invalid query", e.Message);
        }

        // Parameters that are no sysparm are conditions too: ?state=1&active=true.
        var conditions = call.Http.Request.Query.Where(p => !p.Key.StartsWith("sysparm_", StringComparison.Ordinal) && TableStore.KindOf(table, p.Key) is not null).ToList();
        var rows = Store.Candidates(table, query).Where(row => query.Matches(path => TableStore.KindOf(table, path), path => Store.Value(table, row, path))
            && conditions.TrueForAll(c => Store.Value(table, row, c.Key) == c.Value.ToString()));
        var ordered = rows.ToList();
        foreach (var (column, descending) in Enumerable.Reverse(query.Order))
        {
            if (TableStore.KindOf(table, column) is { } kind)
            {
                var comparer = Comparer<string>.Create((a, b) => EncodedQuery.Compare(kind, a, b));
                ordered = descending
                    ? [.. ordered.OrderByDescending(r => Store.Value(table, r, column), comparer)]
                    : [.. ordered.OrderBy(r => Store.Value(table, r, column), comparer)];
            }
        }

        if (call.QueryNumber("sysparm_limit", DefaultLimit) is not ({ } limit and > 0) || call.QueryNumber("sysparm_offset", 0) is not ({ } offset and >= 0))
        {
            throw Fail(400, "Invalid parameter", "sysparm_limit must be a positive and sysparm_offset a non-negative whole number");
        }

        var result = new JsonArray([.. ordered.Skip(offset).Take(limit).Select(row => Render(call, table, row))]);
        var reply = Reply.Ok(new JsonObject { ["result"] = result });
        if (call.Query("sysparm_no_count") != "true")
        {
            reply.With("X-Total-Count", ordered.Count.Plain());
        }

        if (call.Query("sysparm_suppress_pagination_header") != "true")
        {
            reply.With("Link", string.Join(',', Links(call, ordered.Count, limit, offset)));
        }

        return reply;
    }

    private static IEnumerable<string> Links(Call call, int total, int limit, int offset)
    {
        yield return Link(0, "first");
        if (offset > 0)
        {
            yield return Link(Math.Max(0, offset - limit), "prev");
        }

        if (offset + limit < total)
        {
            yield return Link(offset + limit, "next");
        }

        yield return Link(Math.Max(0, (total - 1) / limit * limit), "last");

        string Link(int at, string relation) =>
            $"<{call.UrlWith(("sysparm_limit", limit.Plain()), ("sysparm_offset", at.Plain()))}>;rel=\"{relation}\"";
    }

    private Reply Get(Call call)
    {
        var table = TableOf(call);
        return Reply.Ok(new JsonObject { ["result"] = Render(call, table, RowOf(call, table)) });
    }

    private Reply Create(Call call)
    {
        var table = TableOf(call);
        var row = Store.Insert(table, Values(call), call.Caller, call.Now);
        call.Committed();
        Tell(table, row, "inserted", call.Now);
        return new Reply(201, new JsonObject { ["result"] = Render(call, table, row) })
            .With("Location", $"{call.BaseUrl}/api/now/table/{table}/{row["sys_id"]}");
    }

    private Reply Update(Call call)
    {
        var table = TableOf(call);
        var row = RowOf(call, table);
        if (!Store.Update(table, row, Values(call), call.Caller, call.Now))
        {
            throw Fail(403, "Operation Failed", "Data Policy Exception: The following fields are mandatory: Resolution code, Resolution notes");
        }

        call.Committed();
        Tell(table, row, "updated", call.Now);
        return Reply.Ok(new JsonObject { ["result"] = Render(call, table, row) });
    }

    private Reply Delete(Call call)
    {
        var table = TableOf(call);
        var row = RowOf(call, table);
        Store.Delete(table, row);
        call.Committed();
        return Reply.NoContent();
    }

    private static string TableOf(Call call) => TableSchema.All.ContainsKey(call.Route("table"))
        ? call.Route("table")
        : throw Fail(400, $"Invalid table {call.Route("table")}", null);

    private Dictionary<string, string> RowOf(Call call, string table) => Store.Find(table, call.Route("id"))
        ?? throw Fail(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval");

    private static Dictionary<string, string> Values(Call call)
    {
        if (call.Body is not (null or JsonObject))
        {
            throw Fail(400, "Exception while reading request", "The payload must be a JSON object");
        }

        // A reference may come back in the form in which it was read.
        return call.Json.ToDictionary(p => p.Key, p => p.Value is JsonObject reference ? reference.Text("value") ?? "" : p.Value.AsText() ?? "");
    }

    private JsonObject Render(Call call, string table, Dictionary<string, string> row)
    {
        var display = call.Query("sysparm_display_value") ?? "false";
        var plain = call.Query("sysparm_exclude_reference_link") == "true";
        var wanted = call.Query("sysparm_fields") is { Length: > 0 } list
            ? list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()
            : TableSchema.All[table].Columns.Keys.AsEnumerable();
        var json = new JsonObject();
        foreach (var path in wanted)
        {
            if (Store.Walk(table, row, path) is not { } step)
            {
                continue;
            }

            var value = step.Row?[step.Column.Name] ?? "";
            var shown = value.Length == 0 ? "" : Store.Display(step.Table, step.Column, value);
            if (step.Column.Kind == ColumnKind.Journal)
            {
                value = "";
            }

            var link = step.Column.Reference is { } target && value.Length > 0 && !plain ? $"{call.BaseUrl}/api/now/table/{target}/{value}" : null;
            json[path] = (display, link) switch
            {
                ("all", null) => new JsonObject { ["display_value"] = shown, ["value"] = value },
                ("all", _) => new JsonObject { ["display_value"] = shown, ["link"] = link, ["value"] = value },
                ("true", null) => shown,
                ("true", _) => new JsonObject { ["display_value"] = shown, ["link"] = link },
                (_, null) => value,
                _ => new JsonObject { ["link"] = link, ["value"] = value },
            };
        }

        return json;
    }
}
