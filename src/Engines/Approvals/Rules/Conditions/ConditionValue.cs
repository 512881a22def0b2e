using System.Globalization;
using System.Text;

namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>A value of a request, or a literal. Everything but texts is kept as a number in the order of its kind.</summary>
internal readonly record struct ConditionValue
{
    /// <summary>The longest text that counts as known: it bounds the time of every comparison.</summary>
    public const int MaxTextLength = 8_192;

    private const int ShownLength = 60;

    private static readonly string[] Risks = ["low", "medium", "high", "critical"];
    private static readonly string[] Weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

    private ConditionValue(ConditionKind kind, decimal number, string? text, IReadOnlyList<string>? texts)
    {
        (Kind, Number, Text, Texts, IsKnown) = (kind, number, text, texts, true);
    }

    /// <summary>There is none, or it is not of the kind that it should be.</summary>
    public static ConditionValue Unknown => default;

    public ConditionKind Kind { get; }

    public bool IsKnown { get; }

    public decimal Number { get; }

    public string? Text { get; }

    public IReadOnlyList<string>? Texts { get; }

    public static ConditionValue OfText(string? text) => text is null || text.Length > MaxTextLength ? Unknown : new(ConditionKind.Text, 0, text, null);

    public static ConditionValue OfTexts(IReadOnlyList<string> texts) => new(ConditionKind.Texts, 0, null, texts);

    public static ConditionValue Of(ConditionKind kind, decimal number) => new(kind, number, null, null);

    public static ConditionValue OfNumber(decimal number) => Of(ConditionKind.Number, number);

    public static ConditionValue OfBoolean(bool value) => Of(ConditionKind.Boolean, value ? 1 : 0);

    public static ConditionValue OfDuration(TimeSpan value) => Of(ConditionKind.Duration, value.Ticks);

    public static ConditionValue OfTime(TimeSpan value) => Of(ConditionKind.Time, value.Ticks);

    public static ConditionValue OfDate(DateOnly value) => Of(ConditionKind.Date, value.DayNumber);

    public static ConditionValue OfRisk(RiskLevel value) => (int)value >= 0 && (int)value < Risks.Length ? Of(ConditionKind.Risk, (int)value) : Unknown;

    public static ConditionValue OfWeekday(DayOfWeek value) => Of(ConditionKind.Weekday, ((int)value + 6) % 7);

    /// <summary>The names that a kind of named values has; none for others.</summary>
    public static IReadOnlyList<string> NamesOf(ConditionKind kind) => kind switch
    {
        ConditionKind.Risk => Risks,
        ConditionKind.Weekday => Weekdays,
        _ => [],
    };

    /// <summary>Reads the text of a value of a kind; unknown when it is none.</summary>
    public static ConditionValue Read(ConditionKind kind, string text)
    {
        var plain = text.Length > MaxTextLength ? "" : text.Trim();
        switch (kind)
        {
            case ConditionKind.Text:
                return OfText(text);
            case ConditionKind.Number:
                return decimal.TryParse(plain, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? OfNumber(number) : Unknown;
            case ConditionKind.Boolean:
                return bool.TryParse(plain, out var boolean) ? OfBoolean(boolean) : Unknown;
            case ConditionKind.Duration:
                return DefinitionDuration.TryParse(plain, out var duration) ? OfDuration(duration) : Unknown;
            case ConditionKind.Time:
                return TimeOnly.TryParseExact(plain, ["HH:mm", "HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? OfTime(time.ToTimeSpan()) : Unknown;
            case ConditionKind.Date:
                // Of a date with a time the date as it is written.
                var date = plain.Length > 10 && plain[10] is 'T' or ' ' ? plain[..10] : plain;
                return DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? OfDate(day) : Unknown;
            case ConditionKind.Risk or ConditionKind.Weekday:
                var index = IndexOf(NamesOf(kind), plain);
                return index < 0 ? Unknown : Of(kind, index);
            default:
                return Unknown;
        }
    }

    /// <summary>Whether two texts count as the same.</summary>
    public static bool SameText(string left, string right) => left.AsSpan().Trim().Equals(right.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase);

    /// <summary>The order of two known values of one kind.</summary>
    public int CompareTo(ConditionValue other) => Kind == ConditionKind.Text
        ? Text.AsSpan().Trim().CompareTo(other.Text.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase)
        : Number.CompareTo(other.Number);

    /// <summary>As it is written in a condition.</summary>
    public string ToLiteral() => Kind switch
    {
        ConditionKind.Text => Quote(Text!),
        ConditionKind.Boolean => Number == 0 ? "false" : "true",
        ConditionKind.Duration => DefinitionDuration.Format(TimeSpan.FromTicks((long)Number)),
        ConditionKind.Time => TimeSpan.FromTicks((long)Number).ToString("hh\\:mm", CultureInfo.InvariantCulture),
        ConditionKind.Date => DateOnly.FromDayNumber((int)Number).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ConditionKind.Risk or ConditionKind.Weekday => Quote(NamesOf(Kind)[(int)Number]),
        ConditionKind.Texts => $"[{string.Join(", ", Texts!.Select(Quote))}]",
        _ => Number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>For explanations: cut, and without anything that is no visible character.</summary>
    public string ToShown() => Kind switch
    {
        ConditionKind.Text => $"'{Shown(Text!)}'",
        ConditionKind.Texts => Texts!.Count == 0 ? "nobody's" : string.Join(", ", Texts.Take(5).Select(text => $"'{Shown(text)}'")) + (Texts.Count > 5 ? $" and {Texts.Count - 5} more" : ""),
        _ => ToLiteral(),
    };

    /// <summary>A text cut for people.</summary>
    public static string Shown(string text)
    {
        var shown = new StringBuilder(Math.Min(text.Length, ShownLength) + 1);
        foreach (var rune in text.AsSpan().Trim().EnumerateRunes())
        {
            if (shown.Length >= ShownLength)
            {
                return shown.Append('…').ToString();
            }

            var isVisible = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);
            shown.Append(isVisible ? rune.ToString() : " ");
        }

        return shown.ToString();
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('\'');
        foreach (var c in text)
        {
            _ = c switch
            {
                '\'' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('\'').ToString();
    }

    private static int IndexOf(IReadOnlyList<string> names, string text)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i].Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }
}
