using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Salesforce;

/// <summary>Queries and records.</summary>
internal sealed partial class SalesforceSystem
{
    private const int RememberedQueries = 100;
    private readonly Dictionary<string, (SoqlQuery Query, IReadOnlyList<Dictionary<string, JsonValue?>> Records)> cursors = [];
    private readonly Queue<string> cursorAge = new();

    private Reply Query(Call call)
    {
        var root = RootOf(call);
        SoqlQuery query;
        try
        {
            query = SoqlQuery.Parse(call.Query("q") ?? "", Org, call.Now);
        }
        catch (SoqlException e)
        {
            return Error(400, e.Code, e.Message);
        }

        var records = query.Run();
        if (query.Count)
        {
            return Reply.Ok(new JsonObject { ["totalSize"] = records.Count, ["done"] = true, ["records"] = new JsonArray() });
        }

        string? cursor = null;
        if (records.Count > World.Options.Limits.SalesforcePageSize)
        {
            cursor = World.Ids.Salesforce("01g", World.Ids.Fresh("cursor"));
            cursors[cursor] = (query, records);
            cursorAge.Enqueue(cursor);
            if (cursorAge.Count > RememberedQueries)
            {
                cursors.Remove(cursorAge.Dequeue());
            }
        }

        return Page(query, records, cursor, 0, root);
    }

    private Reply QueryMore(Call call)
    {
        var root = RootOf(call);
        var locator = call.Route("locator");
        var dash = locator.LastIndexOf('-');
        if (dash < 0 || !cursors.TryGetValue(locator[..dash], out var cursor)
            || !int.TryParse(locator.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var start) || start >= cursor.Records.Count)
        {
            throw Fail(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
        }

        return Page(cursor.Query, cursor.Records, locator[..dash], start, root);
    }

    private Reply Page(SoqlQuery query, IReadOnlyList<Dictionary<string, JsonValue?>> records, string? cursor, int start, string root)
    {
        var size = World.Options.Limits.SalesforcePageSize;
        var done = start + size >= records.Count;
        var body = new JsonObject { ["totalSize"] = records.Count, ["done"] = done };
        if (!done)
        {
            body["nextRecordsUrl"] = $"{root}/query/{cursor}-{(start + size).Plain()}";
        }

        body["records"] = new JsonArray([.. records.Skip(start).Take(size).Select(r => query.Render(r, root))]);
        return Reply.Ok(body);
    }

    private static Reply DescribeGlobal(Call call)
    {
        var root = RootOf(call);
        return Reply.Ok(new JsonObject
        {
            ["encoding"] = "UTF-8",
            ["maxBatchSize"] = 200,
            ["sobjects"] = new JsonArray([.. SalesforceSchema.All.Values.Select(s => new JsonObject
            {
                ["name"] = s.Name, ["label"] = s.Name, ["keyPrefix"] = s.Prefix, ["queryable"] = true, ["createable"] = true,
                ["urls"] = new JsonObject { ["sobject"] = $"{root}/sobjects/{s.Name}", ["describe"] = $"{root}/sobjects/{s.Name}/describe" },
            })]),
        });
    }

    private static Reply Describe(Call call)
    {
        var schema = SchemaOf(call);
        return Reply.Ok(new JsonObject
        {
            ["name"] = schema.Name,
            ["label"] = schema.Name,
            ["keyPrefix"] = schema.Prefix,
            ["fields"] = new JsonArray([.. schema.Fields.Values.Select(f => new JsonObject
            {
                ["name"] = f.Name,
                ["label"] = f.Name,
                ["type"] = f.Kind switch { FieldKind.Text => "string", FieldKind.Number => "double", var kind => kind.ToString().ToLowerInvariant() },
                ["length"] = f.Kind == FieldKind.Text ? f.MaxLength : 0,
                ["nillable"] = !f.Required,
                ["createable"] = !f.ReadOnly,
                ["updateable"] = !f.ReadOnly,
                ["externalId"] = f.ExternalId,
                ["relationshipName"] = f.Relationship,
                ["referenceTo"] = new JsonArray(f.Target is null ? [] : [f.Target]),
                ["picklistValues"] = new JsonArray([.. f.Values.Select(v => new JsonObject { ["value"] = v, ["label"] = v, ["active"] = true })]),
            })]),
        });
    }

    private Reply Create(Call call)
    {
        var schema = SchemaOf(call);
        var problems = new List<SalesforceProblem>();
        var record = Org.Insert(schema, ValuesOf(call), call.Caller, call.Now, problems);
        if (record is null)
        {
            return Error(problems);
        }

        call.Committed();
        Tell(schema, record, "created", call);
        var id = SalesforceOrg.IdOf(record);
        return new Reply(201, new JsonObject { ["id"] = id, ["success"] = true, ["errors"] = new JsonArray() })
            .With("Location", $"{RootOf(call)}/sobjects/{schema.Name}/{id}");
    }

    private Reply Retrieve(Call call) => Render(call, SchemaOf(call), RecordOf(call));

    private Reply RetrieveByExternalId(Call call)
    {
        var (schema, field) = ExternalIdOf(call);
        return Render(call, schema, Org.FindBy(schema, field.Name, call.Route("value")) ?? throw Fail(404, "NOT_FOUND", "The requested resource does not exist"));
    }

    private Reply Update(Call call)
    {
        var schema = SchemaOf(call);
        var problems = new List<SalesforceProblem>();
        var record = RecordOf(call);
        Org.Update(schema, record, ValuesOf(call), call.Now, problems);
        if (problems.Count > 0)
        {
            return Error(problems);
        }

        call.Committed();
        Tell(schema, record, "updated", call);
        return Reply.NoContent();
    }

    private Reply Delete(Call call)
    {
        var schema = SchemaOf(call);
        if (schema.Name == "User")
        {
            throw Fail(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id");
        }

        var record = RecordOf(call);
        Org.Delete(schema, SalesforceOrg.IdOf(record));
        call.Committed();
        Tell(schema, record, "deleted", call);
        return Reply.NoContent();
    }

    /// <summary>Creates or updates by external id: sending the same again changes the same record.</summary>
    private Reply Upsert(Call call)
    {
        var (schema, field) = ExternalIdOf(call);
        var values = ValuesOf(call);
        if (values.ContainsKey(field.Name))
        {
            throw Fail(400, "INVALID_FIELD", $"The {field.Name} field should not be specified in the sobject data.");
        }

        var problems = new List<SalesforceProblem>();
        var record = Org.FindBy(schema, field.Name, call.Route("value"));
        var created = record is null;
        if (record is null)
        {
            values[field.Name] = call.Route("value");
            record = Org.Insert(schema, values, call.Caller, call.Now, problems);
        }
        else
        {
            Org.Update(schema, record, values, call.Now, problems);
        }

        if (record is null || problems.Count > 0)
        {
            return Error(problems);
        }

        call.Committed();
        Tell(schema, record, created ? "created" : "updated", call);
        return new Reply(created ? 201 : 200, new JsonObject
        {
            ["id"] = SalesforceOrg.IdOf(record), ["success"] = true, ["errors"] = new JsonArray(), ["created"] = created,
        });
    }

    private static Reply Render(Call call, SalesforceSchema schema, Dictionary<string, JsonValue?> record)
    {
        var names = call.Query("fields") is { Length: > 0 } list
            ? list.Split(',', StringSplitOptions.TrimEntries).Select(n => schema.Fields.GetValueOrDefault(n)?.Name
                ?? throw Fail(400, "INVALID_FIELD", $"No such column '{n}' on entity '{schema.Name}'."))
            : schema.Fields.Values.Select(f => f.Name);
        var json = new JsonObject
        {
            ["attributes"] = new JsonObject { ["type"] = schema.Name, ["url"] = $"{RootOf(call)}/sobjects/{schema.Name}/{SalesforceOrg.IdOf(record)}" },
        };
        foreach (var name in names)
        {
            json[name] = record[name]?.DeepClone();
        }

        return Reply.Ok(json);
    }

    private Dictionary<string, JsonValue?> RecordOf(Call call)
    {
        var schema = SchemaOf(call);
        var id = call.Route("id");
        if (id.Length is not (15 or 18) || !id.StartsWith(schema.Prefix, StringComparison.Ordinal))
        {
            throw Fail(404, "NOT_FOUND", $"Provided external ID field does not exist or is not accessible: {id}");
        }

        return Org.Find(schema, id) ?? throw Fail(404, "NOT_FOUND", "The requested resource does not exist");
    }

    private static (SalesforceSchema Schema, SalesforceField Field) ExternalIdOf(Call call)
    {
        var schema = SchemaOf(call);
        return schema.Fields.TryGetValue(call.Route("field"), out var field) && field.ExternalId
            ? (schema, field)
            : throw Fail(404, "NOT_FOUND", $"Provided external ID field does not exist or is not accessible: {call.Route("field")}");
    }

    private static JsonObject ValuesOf(Call call) => call.Body as JsonObject
        ?? throw Fail(400, "JSON_PARSER_ERROR", "The request body must be a JSON object");
}
