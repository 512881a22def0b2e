using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Salesforce;

/// <summary>What is wrong with a write.</summary>
internal sealed record SalesforceProblem(string Code, string Message, params string[] Fields);

/// <summary>All records with the rules that clients rely on. Callers hold the system's lock.</summary>
internal sealed class SalesforceOrg(SimWorld world)
{
    private static readonly Dictionary<string, int> Probabilities = new()
    {
        ["Prospecting"] = 10, ["Qualification"] = 20, ["Proposal/Price Quote"] = 60, ["Negotiation/Review"] = 80, ["Closed Won"] = 100, ["Closed Lost"] = 0,
    };

    private readonly Dictionary<string, Dictionary<string, Dictionary<string, JsonValue?>>> records =
        SalesforceSchema.All.Keys.ToDictionary(name => name, _ => new Dictionary<string, Dictionary<string, JsonValue?>>());

    private int lastCase = 1_000;

    public IReadOnlyCollection<Dictionary<string, JsonValue?>> All(SalesforceSchema schema) => records[schema.Name].Values;

    /// <summary>Finds a record by its 15- or 18-character id.</summary>
    public Dictionary<string, JsonValue?>? Find(SalesforceSchema schema, string id) =>
        records[schema.Name].GetValueOrDefault(id.Length == 15 && id.All(char.IsAsciiLetterOrDigit) ? SimIds.WithCheck(id) : id);

    public Dictionary<string, JsonValue?>? FindBy(SalesforceSchema schema, string field, string value) =>
        records[schema.Name].Values.FirstOrDefault(r => value.Equals(r[field].AsText(), StringComparison.OrdinalIgnoreCase));

    public static string IdOf(Dictionary<string, JsonValue?> record) => record["Id"].AsText()!;

    /// <summary>Adds a record; gives null and the problems if the product would refuse it.</summary>
    public Dictionary<string, JsonValue?>? Insert(SalesforceSchema schema, JsonObject values, string owner, DateTimeOffset now, List<SalesforceProblem> problems, string? seedName = null)
    {
        var record = schema.Fields.Values.ToDictionary(f => f.Name, f => f.Kind == FieldKind.Boolean ? JsonValue.Create(false) : (JsonValue?)null, StringComparer.OrdinalIgnoreCase);
        record["Id"] = JsonValue.Create(world.Ids.Salesforce(schema.Prefix, seedName ?? world.Ids.Fresh(schema.Name)));
        if (schema.Fields.ContainsKey("OwnerId"))
        {
            record["OwnerId"] = JsonValue.Create(owner);
        }

        if (schema.Fields.ContainsKey("CreatedById"))
        {
            record["CreatedById"] = JsonValue.Create(owner);
        }

        if (schema.Name == "Case")
        {
            record["Status"] = JsonValue.Create("New");
            record["Priority"] = JsonValue.Create("Medium");
        }
        else if (schema.Name == "User")
        {
            record["IsActive"] = JsonValue.Create(true);
        }

        Assign(schema, record, values, problems);
        var missing = schema.Fields.Values.Where(f => f.Required && string.IsNullOrWhiteSpace(record[f.Name].AsText())).Select(f => f.Name).ToArray();
        if (missing.Length > 0)
        {
            problems.Add(new SalesforceProblem("REQUIRED_FIELD_MISSING", $"Required fields are missing: [{string.Join(", ", missing)}]", missing));
        }

        if (schema.Name == "PermissionSetAssignment" && records[schema.Name].Values.Any(r =>
            r["AssigneeId"].AsText() == record["AssigneeId"].AsText() && r["PermissionSetId"].AsText() == record["PermissionSetId"].AsText()))
        {
            problems.Add(new SalesforceProblem("DUPLICATE_VALUE", "duplicate value found: <unknown> duplicates value on record with id: <unknown>"));
        }

        if (problems.Count > 0)
        {
            return null;
        }

        if (schema.Name == "Case")
        {
            record["CaseNumber"] = JsonValue.Create((++lastCase).ToString("D8", CultureInfo.InvariantCulture));
        }

        record["CreatedDate"] = JsonValue.Create(Stamp(now));
        Derive(schema, record, now);
        records[schema.Name][IdOf(record)] = record;
        return record;
    }

    /// <summary>Changes a record; it stays as it was if there are problems.</summary>
    public void Update(SalesforceSchema schema, Dictionary<string, JsonValue?> record, JsonObject values, DateTimeOffset now, List<SalesforceProblem> problems)
    {
        var changed = new Dictionary<string, JsonValue?>(record, StringComparer.OrdinalIgnoreCase);
        Assign(schema, changed, values, problems);
        var missing = schema.Fields.Values.Where(f => f.Required && string.IsNullOrWhiteSpace(changed[f.Name].AsText())).Select(f => f.Name).ToArray();
        if (missing.Length > 0)
        {
            problems.Add(new SalesforceProblem("REQUIRED_FIELD_MISSING", $"Required fields are missing: [{string.Join(", ", missing)}]", missing));
        }

        if (problems.Count == 0)
        {
            Derive(schema, changed, now);
            foreach (var (name, value) in changed)
            {
                record[name] = value;
            }
        }
    }

    public bool Delete(SalesforceSchema schema, string id) => records[schema.Name].Remove(id);

    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0000'", CultureInfo.InvariantCulture);

    private void Assign(SalesforceSchema schema, Dictionary<string, JsonValue?> record, JsonObject values, List<SalesforceProblem> problems)
    {
        foreach (var (name, node) in values)
        {
            if (name == "attributes")
            {
                continue;
            }

            if (!schema.Fields.TryGetValue(name, out var field))
            {
                problems.Add(new SalesforceProblem("INVALID_FIELD", $"No such column '{name}' on sobject of type {schema.Name}"));
            }
            else if (field.ReadOnly)
            {
                problems.Add(new SalesforceProblem("INVALID_FIELD_FOR_INSERT_UPDATE", $"Unable to create/update fields: {field.Name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.", field.Name));
            }
            else if (node is null)
            {
                record[field.Name] = field.Kind == FieldKind.Boolean ? JsonValue.Create(false) : null;
            }
            else if (Check(schema, record, field, node) is { } problem)
            {
                problems.Add(problem);
            }
            else
            {
                record[field.Name] = field.Kind == FieldKind.Reference && node.AsText() is { Length: 15 } id
                    ? JsonValue.Create(SimIds.WithCheck(id))
                    : (JsonValue)node.DeepClone();
            }
        }
    }

    private SalesforceProblem? Check(SalesforceSchema schema, Dictionary<string, JsonValue?> record, SalesforceField field, JsonNode node)
    {
        var kind = node.GetValueKind();
        var text = node.AsText();
        var fits = field.Kind switch
        {
            FieldKind.Boolean => kind is JsonValueKind.True or JsonValueKind.False,
            FieldKind.Number => kind == JsonValueKind.Number,
            FieldKind.Date => kind == JsonValueKind.String && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            FieldKind.DateTime => kind == JsonValueKind.String && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
            _ => text is not null,
        };
        if (!fits)
        {
            return new SalesforceProblem("JSON_PARSER_ERROR", $"Cannot deserialize instance of {field.Kind.ToString().ToLowerInvariant()} from {kind} value or request may be missing a required field", field.Name);
        }

        if (field.Kind == FieldKind.Text && text!.Length > field.MaxLength)
        {
            return new SalesforceProblem("STRING_TOO_LONG", $"{field.Name}: data value too large: {text[..32]}... (max length={field.MaxLength.Plain()})", field.Name);
        }

        if (field.Kind == FieldKind.Picklist && !field.Values.Contains(text))
        {
            return new SalesforceProblem("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", $"{field.Name}: bad value for restricted picklist field: {text}", field.Name);
        }

        if (field.Target is { } target && Find(SalesforceSchema.All[target], text!) is null)
        {
            return new SalesforceProblem("MALFORMED_ID", $"{field.Name}: id value of incorrect type: {text}", field.Name);
        }

        return field.ExternalId && FindBy(schema, field.Name, text!) is { } other && IdOf(other) != IdOf(record)
            ? new SalesforceProblem("DUPLICATE_VALUE", $"duplicate value found: {field.Name} duplicates value on record with id: {IdOf(other)}")
            : null;
    }

    private static void Derive(SalesforceSchema schema, Dictionary<string, JsonValue?> record, DateTimeOffset now)
    {
        record["LastModifiedDate"] = record["SystemModstamp"] = JsonValue.Create(Stamp(now));
        switch (schema.Name)
        {
            case "Contact" or "User":
                record["Name"] = JsonValue.Create($"{record["FirstName"].AsText()} {record["LastName"].AsText()}".Trim());
                break;
            case "Case":
                var closed = record["Status"].AsText() == "Closed";
                record["IsClosed"] = JsonValue.Create(closed);
                record["ClosedDate"] = closed ? record["ClosedDate"] ?? JsonValue.Create(Stamp(now)) : null;
                break;
            case "Opportunity":
                var stage = record["StageName"].AsText() ?? "";
                record["IsClosed"] = JsonValue.Create(stage.StartsWith("Closed", StringComparison.Ordinal));
                record["IsWon"] = JsonValue.Create(stage == "Closed Won");
                record["Probability"] = JsonValue.Create(Probabilities.GetValueOrDefault(stage));
                break;
            default:
                break;
        }
    }
}
