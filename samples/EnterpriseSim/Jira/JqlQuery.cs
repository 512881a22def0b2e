using System.Globalization;
using System.Text.RegularExpressions;

namespace Steward.EnterpriseSim.Jira;

/// <summary>A useful part of JQL: comparisons of the common fields, <c>AND</c>, <c>OR</c>, <c>NOT</c>, parentheses, <c>ORDER BY</c>.</summary>
internal sealed partial class JqlQuery
{
    private const int DeepestNesting = 32;
    private const int MostTokens = 2_000;
    private static readonly string[] Fields =
        ["project", "key", "status", "statuscategory", "assignee", "reporter", "labels", "priority", "issuetype", "summary", "description", "text", "created", "updated", "resolution", "duedate"];

    private readonly JiraSite site;
    private readonly DateTimeOffset now;
    private readonly List<Token> tokens;
    private int position;
    private int depth;

    private JqlQuery(string text, JiraSite site, DateTimeOffset now)
    {
        this.site = site;
        this.now = now;
        tokens = Tokenize(text);
        if (tokens.Count > MostTokens)
        {
            throw new FormatException("Error in the JQL Query: The query is too long.");
        }
    }

    /// <summary>Whether the query restricts the result at all.</summary>
    public bool Bounded { get; private set; }

    public Func<JiraIssue, bool> Matches { get; private set; } = _ => true;

    public List<(string Field, bool Descending)> Order { get; } = [];

    /// <summary>Compiles a query.</summary>
    /// <exception cref="FormatException">The query is not valid; the message is the product's.</exception>
    public static JqlQuery Parse(string text, JiraSite site, DateTimeOffset now)
    {
        var query = new JqlQuery(text, site, now);
        if (query.tokens.Count > 0 && !query.Word("order"))
        {
            query.Bounded = true;
            query.Matches = query.Or();
        }

        if (query.TakeWord("order"))
        {
            query.Expect("by");
            do
            {
                var field = query.FieldName();
                var descending = query.TakeWord("desc");
                if (!descending)
                {
                    query.TakeWord("asc");
                }

                query.Order.Add((field, descending));
            }
            while (query.TakeSymbol(","));
        }

        return query.position == query.tokens.Count ? query : throw query.Unexpected("the end of the query");
    }

    /// <summary>The issues in the query's order; without one, the newest first.</summary>
    public IEnumerable<JiraIssue> Run()
    {
        var found = site.Issues.Where(Matches).Reverse().ToList();
        foreach (var (field, descending) in Enumerable.Reverse(Order))
        {
            found = descending ? [.. found.OrderByDescending(i => SortKey(i, field))] : [.. found.OrderBy(i => SortKey(i, field))];
        }

        return found;
    }

    private static IComparable SortKey(JiraIssue issue, string field) => field switch
    {
        "created" => issue.Created,
        "updated" => issue.Updated,
        "priority" => -int.Parse(issue.Priority.Id, CultureInfo.InvariantCulture),
        "key" => long.Parse(issue.Id, CultureInfo.InvariantCulture),
        _ => Values(issue, field).FirstOrDefault("").ToUpperInvariant(),
    };

    private Func<JiraIssue, bool> Or()
    {
        var left = And();
        while (TakeWord("or") || TakeSymbol("||"))
        {
            var (a, b) = (left, And());
            left = issue => a(issue) || b(issue);
        }

        return left;
    }

    private Func<JiraIssue, bool> And()
    {
        var left = Term();
        while (TakeWord("and") || TakeSymbol("&&"))
        {
            var (a, b) = (left, Term());
            left = issue => a(issue) && b(issue);
        }

        return left;
    }

    private Func<JiraIssue, bool> Term()
    {
        if (++depth > DeepestNesting)
        {
            throw new FormatException("Error in the JQL Query: The query is nested too deep.");
        }

        try
        {
            if (TakeWord("not") || TakeSymbol("!"))
            {
                var inner = Term();
                return issue => !inner(issue);
            }

            if (TakeSymbol("("))
            {
                var inner = Or();
                return TakeSymbol(")") ? inner : throw Unexpected("')'");
            }

            return Clause();
        }
        finally
        {
            depth--;
        }
    }

    private Func<JiraIssue, bool> Clause()
    {
        var field = FieldName();
        if (TakeWord("is"))
        {
            var not = TakeWord("not");
            if (!TakeWord("empty") && !TakeWord("null"))
            {
                throw Unexpected("EMPTY");
            }

            return issue => Values(issue, field).Any() == not;
        }

        var negated = TakeWord("not");
        if (TakeWord("in"))
        {
            if (!TakeSymbol("("))
            {
                throw Unexpected("'('");
            }

            var set = new List<string>();
            do
            {
                set.Add(Value(field));
            }
            while (TakeSymbol(","));
            return TakeSymbol(")") ? issue => Values(issue, field).Any(v => set.Exists(s => Same(v, s))) != negated : throw Unexpected("')'");
        }

        var op = position < tokens.Count && tokens[position] is { Quoted: false } token ? token.Text : "";
        position++;
        if (negated || op is not ("=" or "!=" or "~" or "!~" or ">" or ">=" or "<" or "<="))
        {
            position--;
            throw Unexpected("an operator");
        }

        if (op is "~" or "!~" != (field is "summary" or "description" or "text"))
        {
            throw new FormatException($"The operator '{op}' is not supported by the '{field}' field.");
        }

        if (op is "~" or "!~")
        {
            var terms = Words().Matches(Raw()).Select(m => m.Value).ToList();
            return issue => Contains(issue, field, terms) == (op == "~");
        }

        if (field is "created" or "updated" or "duedate" || op is not ("=" or "!="))
        {
            return Ordered(field, op);
        }

        var value = Value(field);
        return issue => Values(issue, field).Any(v => Same(v, value)) == (op == "=");
    }

    private Func<JiraIssue, bool> Ordered(string field, string op)
    {
        if (field is not ("created" or "updated" or "duedate"))
        {
            throw new FormatException($"The operator '{op}' is not supported by the '{field}' field.");
        }

        var limit = Date(Raw(), field);
        return issue =>
        {
            DateTimeOffset? actual = field switch
            {
                "created" => issue.Created,
                "updated" => issue.Updated,
                _ => issue.DueDate is { } due ? DateTimeOffset.Parse(due, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null,
            };
            return actual is { } time && op switch { ">" => time > limit, ">=" => time >= limit, "<" => time < limit, "<=" => time <= limit, "=" => time == limit, _ => time != limit };
        };
    }

    /// <summary>A value that exists for the field, as people and projects are named in more than one way.</summary>
    private string Value(string field)
    {
        var raw = Raw();
        var unknown = new FormatException($"The value '{raw}' does not exist for the field '{field}'.");
        switch (field)
        {
            case "project": return site.Project(raw)?.Key ?? throw unknown;
            case "key": return site.Find(raw)?.Key ?? throw new FormatException($"An issue with key '{raw}' does not exist for field 'key'.");
            case "status": return JiraSite.Statuses.Concat(JiraSite.ApprovalStatuses).FirstOrDefault(s => Same(s.Name, raw) || s.Id == raw)?.Name ?? throw unknown;
            case "priority": return JiraSite.Priorities.FirstOrDefault(p => Same(p.Name, raw) || p.Id == raw)?.Name ?? throw unknown;
            case "issuetype": return site.Projects.SelectMany(p => p.Types).FirstOrDefault(t => Same(t.Name, raw) || t.Id == raw)?.Name ?? throw unknown;
            case "assignee" or "reporter":
                return raw == "currentUser()" ? site.Integration.Id
                    : site.Accounts.Find(a => a.Id == raw || Same(a.Email, raw) || Same(a.Name, raw))?.Id ?? throw unknown;
            default: return raw;
        }
    }

    private static IEnumerable<string> Values(JiraIssue issue, string field) => field switch
    {
        "project" => [issue.Project.Key],
        "key" => [issue.Key],
        "status" => [issue.Status.Name],
        "statuscategory" => [issue.Status.CategoryName],
        "priority" => [issue.Priority.Name],
        "issuetype" => [issue.Type.Name],
        "assignee" => issue.Assignee is { } assignee ? [assignee.Id] : [],
        "reporter" => [issue.Reporter.Id],
        "labels" => issue.Labels,
        "summary" => [issue.Summary],
        "description" => issue.Description is { } description ? [JiraText.Plain(description)] : [],
        "resolution" => issue.Resolved is null ? [] : ["Done"],
        "duedate" => issue.DueDate is { } due ? [due] : [],
        "text" => [issue.Summary, JiraText.Plain(issue.Description), .. issue.Comments.Select(c => JiraText.Plain(c.Body))],
        _ => [],
    };

    /// <summary>Text search by words: every term must occur, a trailing star stands for any ending.</summary>
    private static bool Contains(JiraIssue issue, string field, List<string> terms)
    {
        var words = Values(issue, field).SelectMany(v => Words().Matches(v)).Select(m => m.Value).ToList();
        return terms.TrueForAll(term => words.Exists(word => term.EndsWith('*')
            ? word.StartsWith(term[..^1], StringComparison.OrdinalIgnoreCase)
            : Same(Stem(word), Stem(term))));
    }

    private static string Stem(string word) => word.Length > 3 ? word.TrimEnd('s', 'S') : word;

    private DateTimeOffset Date(string raw, string field)
    {
        if (raw == "now()")
        {
            return now;
        }

        if (raw == "startOfDay()")
        {
            return new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        }

        if (RelativeDate().Match(raw) is { Success: true } match && int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var amount) && Math.Abs(amount) < 100_000)
        {
            return match.Groups[2].Value switch
            {
                "m" => now.AddMinutes(amount),
                "h" => now.AddHours(amount),
                "d" => now.AddDays(amount),
                _ => now.AddDays(7 * amount),
            };
        }

        string[] formats = ["yyyy-MM-dd", "yyyy/MM/dd", "yyyy-MM-dd HH:mm", "yyyy/MM/dd HH:mm"];
        return DateTimeOffset.TryParseExact(raw, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date
            : throw new FormatException($"Date value '{raw}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.");
    }

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private string FieldName()
    {
        if (position >= tokens.Count)
        {
            throw Unexpected("a field name");
        }

        var raw = tokens[position++].Text;
        var name = raw.ToLowerInvariant() switch { "issuekey" or "issue" or "id" => "key", "type" => "issuetype", "label" => "labels", "due" => "duedate", var other => other };
        return Fields.Contains(name) ? name : throw new FormatException($"Field '{raw}' does not exist or you do not have permission to view it.");
    }

    private string Raw()
    {
        if (position >= tokens.Count || tokens[position] is { Quoted: false, Text: "(" or ")" or "," or "=" or "~" })
        {
            throw Unexpected("a value");
        }

        var text = tokens[position++] is var token && token.Quoted ? token.Text : token.Text;
        if (!token.Quoted && position + 1 < tokens.Count && tokens[position] is { Quoted: false, Text: "(" } && tokens[position + 1] is { Quoted: false, Text: ")" })
        {
            position += 2;
            return $"{text}()";
        }

        return text;
    }

    private bool Word(string word) => position < tokens.Count && tokens[position] is { Quoted: false } token && Same(token.Text, word);

    private bool TakeWord(string word)
    {
        var taken = Word(word);
        position += taken ? 1 : 0;
        return taken;
    }

    private bool TakeSymbol(string symbol) => TakeWord(symbol);

    private void Expect(string word)
    {
        if (!TakeWord(word))
        {
            throw Unexpected($"'{word}'");
        }
    }

    private FormatException Unexpected(string expected) => position < tokens.Count
        ? new FormatException($"Error in the JQL Query: Expecting {expected} but got '{tokens[position].Text}'.")
        : new FormatException($"Error in the JQL Query: Expecting {expected} before the end of the query.");

    private static List<Token> Tokenize(string text)
    {
        var tokens = new List<Token>();
        var at = 0;
        while (at < text.Length)
        {
            var match = Lexeme().Match(text, at);
            if (!match.Success)
            {
                throw new FormatException($"Error in the JQL Query: The character '{text[at]}' is not allowed here.");
            }

            at += match.Length;
            if (match.Groups["quoted"].Success)
            {
                tokens.Add(new Token(Escape().Replace(match.Value[1..^1], "$1"), true));
            }
            else if (!string.IsNullOrWhiteSpace(match.Value))
            {
                tokens.Add(new Token(match.Value, false));
            }
        }

        return tokens;
    }

    [GeneratedRegex("""\G(?:\s+|(?<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|!=|!~|>=|<=|&&|\|\||[=~<>!(),]|[^\s"'=~<>!(),&|]+)""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Lexeme();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escape();

    [GeneratedRegex(@"[\p{L}\p{N}]+\*?")]
    private static partial Regex Words();

    [GeneratedRegex(@"^([+-]?\d+)([mhdw])$")]
    private static partial Regex RelativeDate();

    private readonly record struct Token(string Text, bool Quoted);
}
