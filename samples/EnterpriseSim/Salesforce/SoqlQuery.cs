using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Salesforce;

/// <summary>A query that the product would refuse.</summary>
internal sealed class SoqlException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>
/// A useful part of SOQL: <c>SELECT</c> of fields (also through one or more references) or <c>COUNT()</c>, <c>FROM</c> one object,
/// <c>WHERE</c> with comparisons, <c>LIKE</c>, <c>IN</c>, <c>AND</c>, <c>OR</c>, <c>NOT</c>, then <c>ORDER BY</c>, <c>LIMIT</c>, <c>OFFSET</c>.
/// </summary>
internal sealed partial class SoqlQuery
{
    private const int DeepestNesting = 32;
    private readonly SalesforceOrg org;
    private readonly DateTimeOffset now;
    private readonly List<string> tokens;
    private int position;
    private int depth;

    private SoqlQuery(string text, SalesforceOrg org, DateTimeOffset now)
    {
        this.org = org;
        this.now = now;
        tokens = Tokenize(text);
        Expect("SELECT");
        var selected = new List<string>();
        do
        {
            selected.Add(Next());
        }
        while (Take(","));
        if (selected is [var only] && only.Equals("COUNT", StringComparison.OrdinalIgnoreCase) && Take("("))
        {
            Expect(")");
            Count = true;
            selected.Clear();
        }

        Expect("FROM");
        var name = Next();
        Schema = SalesforceSchema.All.GetValueOrDefault(name)
            ?? throw new SoqlException("INVALID_TYPE", $"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name.");
        Fields = [.. selected.Select(f => Resolve(f).Path)];
        Matches = Take("WHERE") ? Or() : _ => true;
        if (Take("ORDER"))
        {
            Expect("BY");
            do
            {
                ReadOrder();
            }
            while (Take(","));
        }

        Limit = Take("LIMIT") ? Number() : null;
        Offset = Take("OFFSET") ? Number() : 0;
        if (position < tokens.Count)
        {
            throw Unexpected();
        }
    }

    public SalesforceSchema Schema { get; }

    /// <summary>Paths of the selected fields as the schema spells them.</summary>
    public IReadOnlyList<string> Fields { get; } = [];

    public bool Count { get; }

    public int? Limit { get; }

    public int Offset { get; }

    private Func<Dictionary<string, JsonValue?>, bool> Matches { get; }

    private List<(string Path, bool Descending, bool NullsLast)> Order { get; } = [];

    /// <summary>Compiles a query.</summary>
    /// <exception cref="SoqlException">The product would refuse it.</exception>
    public static SoqlQuery Parse(string text, SalesforceOrg org, DateTimeOffset now) => new(text, org, now);

    public IReadOnlyList<Dictionary<string, JsonValue?>> Run()
    {
        var found = org.All(Schema).Where(Matches).ToList();
        foreach (var (path, descending, nullsLast) in Enumerable.Reverse(Order))
        {
            var values = Comparer<JsonValue?>.Create((a, b) => (a, b) switch
            {
                (null, null) => 0,
                (null, _) => (nullsLast ? 1 : -1) * (descending ? -1 : 1),
                (_, null) => (nullsLast ? -1 : 1) * (descending ? -1 : 1),
                _ => Compare(a, b),
            });
            found = descending ? [.. found.OrderByDescending(r => Value(r, path), values)] : [.. found.OrderBy(r => Value(r, path), values)];
        }

        return [.. found.Skip(Offset).Take(Limit ?? int.MaxValue)];
    }

    /// <summary>The record as a query answers it; records behind references are nested.</summary>
    public JsonObject Render(Dictionary<string, JsonValue?> record, string root) => Render(Schema, record, Fields, root);

    private JsonObject Render(SalesforceSchema schema, Dictionary<string, JsonValue?> record, IReadOnlyList<string> paths, string root)
    {
        var json = new JsonObject
        {
            ["attributes"] = new JsonObject { ["type"] = schema.Name, ["url"] = $"{root}/sobjects/{schema.Name}/{SalesforceOrg.IdOf(record)}" },
        };
        foreach (var group in paths.GroupBy(p => p.Split('.')[0]))
        {
            if (!group.First().Contains('.', StringComparison.Ordinal))
            {
                json[group.Key] = record[group.Key]?.DeepClone();
                continue;
            }

            var field = schema.Fields[$"{group.Key}Id"];
            var target = SalesforceSchema.All[field.Target!];
            var referred = record[field.Name].AsText() is { } id ? org.Find(target, id) : null;
            json[group.Key] = referred is null ? null : Render(target, referred, [.. group.Select(p => p[(group.Key.Length + 1)..])], root);
        }

        return json;
    }

    private (string Path, SalesforceField Field) Resolve(string path)
    {
        var schema = Schema;
        var spelled = new List<string>();
        var parts = path.Split('.');
        foreach (var part in parts[..^1])
        {
            var reference = schema.Fields.Values.FirstOrDefault(f => part.Equals(f.Relationship, StringComparison.OrdinalIgnoreCase))
                ?? throw new SoqlException("INVALID_FIELD", $"Didn't understand relationship '{part}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name.");
            spelled.Add(reference.Relationship!);
            schema = SalesforceSchema.All[reference.Target!];
        }

        var field = schema.Fields.GetValueOrDefault(parts[^1])
            ?? throw new SoqlException("INVALID_FIELD", $"No such column '{parts[^1]}' on entity '{schema.Name}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name.");
        spelled.Add(field.Name);
        return (string.Join('.', spelled), field);
    }

    private JsonValue? Value(Dictionary<string, JsonValue?> record, string path)
    {
        var (schema, current) = (Schema, record);
        var parts = path.Split('.');
        foreach (var part in parts[..^1])
        {
            var target = SalesforceSchema.All[schema.Fields[$"{part}Id"].Target!];
            if (current[$"{part}Id"].AsText() is not { } id || org.Find(target, id) is not { } next)
            {
                return null;
            }

            (schema, current) = (target, next);
        }

        return current[parts[^1]];
    }

    private Func<Dictionary<string, JsonValue?>, bool> Or()
    {
        var left = And();
        while (Take("OR"))
        {
            var (a, b) = (left, And());
            left = r => a(r) || b(r);
        }

        return left;
    }

    private Func<Dictionary<string, JsonValue?>, bool> And()
    {
        var left = Term();
        while (Take("AND"))
        {
            var (a, b) = (left, Term());
            left = r => a(r) && b(r);
        }

        return left;
    }

    private Func<Dictionary<string, JsonValue?>, bool> Term()
    {
        if (++depth > DeepestNesting)
        {
            throw new SoqlException("MALFORMED_QUERY", "The query is nested too deep.");
        }

        try
        {
            if (Take("NOT"))
            {
                var inner = Term();
                return r => !inner(r);
            }

            if (Take("("))
            {
                var inner = Or();
                Expect(")");
                return inner;
            }

            return Comparison();
        }
        finally
        {
            depth--;
        }
    }

    private Func<Dictionary<string, JsonValue?>, bool> Comparison()
    {
        var (path, field) = Resolve(Next());
        var negated = Take("NOT");
        var op = Next().ToUpperInvariant();
        if (op == "IN")
        {
            Expect("(");
            var set = new List<JsonValue?>();
            do
            {
                set.Add(Literal(field));
            }
            while (Take(","));
            Expect(")");
            return r => set.Exists(s => Same(Value(r, path), s)) != negated;
        }

        if (negated)
        {
            throw Unexpected();
        }

        var literal = Literal(field);
        switch (op)
        {
            case "=": return r => Same(Value(r, path), literal);
            case "!=" or "<>": return r => !Same(Value(r, path), literal);
            case "LIKE":
                var pattern = new Regex(LikePattern(literal.AsText() ?? ""), RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.NonBacktracking);
                return r => Value(r, path).AsText() is { } text && pattern.IsMatch(text);
            case ">": return r => Value(r, path) is { } v && literal is not null && Compare(v, literal) > 0;
            case ">=": return r => Value(r, path) is { } v && literal is not null && Compare(v, literal) >= 0;
            case "<": return r => Value(r, path) is { } v && literal is not null && Compare(v, literal) < 0;
            case "<=": return r => Value(r, path) is { } v && literal is not null && Compare(v, literal) <= 0;
            default: throw new SoqlException("MALFORMED_QUERY", $"unexpected token: '{op}'");
        }
    }

    /// <summary>The value after an operator; it must be of the field's kind, as the product checks.</summary>
    private JsonValue? Literal(SalesforceField field)
    {
        var token = Next();
        if (token.Equals("null", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (token.StartsWith('\''))
        {
            var text = Unescape(token[1..^1]);
            return field.Kind is FieldKind.Number or FieldKind.Boolean or FieldKind.Date or FieldKind.DateTime
                ? throw WrongKind(field, token)
                : JsonValue.Create(field.Kind is FieldKind.Id or FieldKind.Reference && text.Length == 15 ? SimIds.WithCheck(text) : text);
        }

        switch (field.Kind)
        {
            case FieldKind.Boolean when bool.TryParse(token, out var flag): return JsonValue.Create(flag);
            case FieldKind.Number when double.TryParse(token, CultureInfo.InvariantCulture, out var number): return JsonValue.Create(number);
            case FieldKind.Date or FieldKind.DateTime when Moment(token) is { } moment:
                return JsonValue.Create(field.Kind == FieldKind.Date ? moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : SalesforceOrg.Stamp(moment));
            default: throw WrongKind(field, token);
        }
    }

    private DateTimeOffset? Moment(string token)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var name = token.ToUpperInvariant();
        return name switch
        {
            "TODAY" => today,
            "YESTERDAY" => today.AddDays(-1),
            "TOMORROW" => today.AddDays(1),
            "THIS_MONTH" => today.AddDays(1 - today.Day),
            _ when name.StartsWith("LAST_N_DAYS:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(12), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n < 100_000 => today.AddDays(-n),
            _ when char.IsAsciiDigit(name[0]) && DateTimeOffset.TryParse(name, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) => moment,
            _ => null,
        };
    }

    private static SoqlException WrongKind(SalesforceField field, string token) =>
        new("INVALID_FIELD", $"value of filter criterion for field '{field.Name}' must be of type {field.Kind.ToString().ToLowerInvariant()} and should {(token.StartsWith('\'') ? "not be" : "be")} enclosed in quotes");

    private void ReadOrder()
    {
        var (path, _) = Resolve(Next());
        var descending = Take("DESC");
        if (!descending)
        {
            Take("ASC");
        }

        var last = false;
        if (Take("NULLS"))
        {
            last = Take("LAST");
            if (!last)
            {
                Expect("FIRST");
            }
        }

        Order.Add((path, descending, last));
    }

    private static bool Same(JsonValue? a, JsonValue? b) => (a, b) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        _ => Compare(a, b) == 0,
    };

    private static int Compare(JsonValue a, JsonValue b) =>
        double.TryParse(a.AsText(), CultureInfo.InvariantCulture, out var x) && double.TryParse(b.AsText(), CultureInfo.InvariantCulture, out var y)
        && a.GetValueKind() == System.Text.Json.JsonValueKind.Number
            ? x.CompareTo(y)
            : string.Compare(a.AsText(), b.AsText(), StringComparison.OrdinalIgnoreCase);

    private static string LikePattern(string like)
    {
        var pattern = new StringBuilder("^");
        for (var i = 0; i < like.Length; i++)
        {
            if (like[i] == '\\' && i + 1 < like.Length)
            {
                pattern.Append(Regex.Escape(like[++i].ToString()));
            }
            else
            {
                pattern.Append(like[i] switch { '%' => ".*", '_' => ".", var c => Regex.Escape(c.ToString()) });
            }
        }

        return pattern.Append('$').ToString();
    }

    /// <summary>Undoes the escapes of a string but leaves those of LIKE's wildcards to LIKE.</summary>
    private static string Unescape(string text) => Escapes().Replace(text, m => m.Groups[1].Value switch { "n" => "\n", "r" => "\r", "t" => "\t", "%" => "\\%", "_" => "\\_", var c => c });

    private int Number() => int.TryParse(Next(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Unexpected();

    private bool Take(string token)
    {
        var taken = position < tokens.Count && tokens[position].Equals(token, StringComparison.OrdinalIgnoreCase);
        position += taken ? 1 : 0;
        return taken;
    }

    private void Expect(string token)
    {
        if (!Take(token))
        {
            throw Unexpected();
        }
    }

    private string Next() => position < tokens.Count ? tokens[position++] : throw new SoqlException("MALFORMED_QUERY", "unexpected token: '<EOF>'");

    private SoqlException Unexpected() => new("MALFORMED_QUERY", position < tokens.Count ? $"unexpected token: '{tokens[position]}'" : "unexpected token: '<EOF>'");

    private static List<string> Tokenize(string text)
    {
        var tokens = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var match = Lexeme().Match(text, at);
            if (!match.Success)
            {
                throw new SoqlException("MALFORMED_QUERY", $"line 1:{at.Plain()} no viable alternative at character '{text[at]}'");
            }

            at += match.Length;
            if (!string.IsNullOrWhiteSpace(match.Value))
            {
                tokens.Add(match.Value);
            }
        }

        return tokens;
    }

    [GeneratedRegex(@"\G(?:\s+|'(?:[^'\\]|\\.)*'|!=|<>|>=|<=|[=<>(),]|[A-Za-z0-9_.:+\-]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Lexeme();

    [GeneratedRegex(@"\\(.)", RegexOptions.Singleline)]
    private static partial Regex Escapes();
}
