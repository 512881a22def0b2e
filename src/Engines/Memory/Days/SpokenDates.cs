using System.Globalization;
using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Days;

/// <summary>A span of days; one side may be open.</summary>
/// <param name="From">Its first day; null when it only ends.</param>
/// <param name="Until">Its last day; null when it only begins.</param>
public readonly record struct DateSpan(DateOnly? From, DateOnly? Until)
{
    /// <summary>In words, such as <c>Thursday 26 November 2026</c> or <c>from Monday 30 November 2026 to Sunday 6 December 2026</c>.</summary>
    public override string ToString() => (From, Until) switch
    {
        ({ } from, { } until) when from == until => Say(from),
        ({ } from, { } until) => $"from {Say(from)} to {Say(until)}",
        ({ } from, null) => $"from {Say(from)}",
        (null, { } until) => $"until {Say(until)}",
        _ => "",
    };

    private static string Say(DateOnly day) => day.ToString("dddd d MMMM yyyy", CultureInfo.InvariantCulture);
}

/// <summary>
/// What day people mean when they say "next Thursday", "since March" or "until the end of the month" on a given day, in English. What two people would read differently is not read: "next Thursday" on a Tuesday, "on Monday" on a Monday, 03/04/2026. Pure.
/// </summary>
public static partial class SpokenDates
{
    private const int MaxLength = 80;

    private static readonly string[] Months = CultureInfo.InvariantCulture.DateTimeFormat.MonthNames[..12];

    /// <summary>Reads it.</summary>
    /// <param name="words">What was said.</param>
    /// <param name="today">The day on which it was said, where it was said.</param>
    /// <returns>Null when it says no day, or not which.</returns>
    public static DateSpan? Read(string words, DateOnly today)
    {
        ArgumentNullException.ThrowIfNull(words);
        var text = Spaces().Replace(words, " ").Trim(' ', ',', '.', '!').ToLowerInvariant();
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        try
        {
            return ReadSpan(text, today);
        }
        catch (Exception exception) when (exception is RegexMatchTimeoutException or ArgumentOutOfRangeException)
        {
            // No such day, or one of another era.
            return null;
        }
    }

    private static DateSpan? ReadSpan(string text, DateOnly today)
    {
        if (Ago().Match(text) is { Success: true } ago)
        {
            return new DateSpan(Back(today, Count(ago.Groups["n"].Value), ago.Groups["unit"].Value), null);
        }

        if (Since().Match(text) is { Success: true } since)
        {
            return Past(since.Groups["v"].Value, today) is var (day, _) ? new DateSpan(day, null) : null;
        }

        if (Range().Match(text) is { Success: true } range)
        {
            return Future(range.Groups["a"].Value, today) is var (first, _) && Future(range.Groups["b"].Value, first) is var (_, last) && last > first ? new DateSpan(first, last) : null;
        }

        if (Begin().Match(text) is { Success: true } begin)
        {
            return Future(begin.Groups["v"].Value, today) is var (day, _) ? new DateSpan(day, null) : null;
        }

        if (Until().Match(text) is { Success: true } until)
        {
            return Future(until.Groups["v"].Value, today) is var (_, last) ? new DateSpan(null, last) : null;
        }

        return Future(On().Replace(text, ""), today) is var (from, to) ? new DateSpan(from, to) : null;
    }

    // The latest such day or time that has begun.
    private static (DateOnly First, DateOnly Last)? Past(string text, DateOnly today) => text switch
    {
        "today" or "this morning" => Day(today),
        "yesterday" or "last night" => Day(today.AddDays(-1)),
        "the day before yesterday" => Day(today.AddDays(-2)),
        "this week" => Week(today),
        "last week" => Week(today.AddDays(-7)),
        "this month" or "the beginning of the month" or "the start of the month" => Month(today),
        "last month" => Month(today.AddMonths(-1)),
        "this year" or "the beginning of the year" or "the start of the year" => Year(today.Year),
        "last year" => Year(today.Year - 1),
        _ when Weekday(text) is { } named => named switch
        {
            ("", var day) when day != today.DayOfWeek => Day(Before(today, day)),
            ("last", var day) when Before(today, day) == InWeek(today.AddDays(-7), day) => Day(Before(today, day)),
            ("this", var day) when InWeek(today, day) < today => Day(InWeek(today, day)),
            _ => null,
        },
        _ when Dated(text) is { } dated => dated.Year is { } year ? Whole(dated, year) : Whole(dated, today.Year) is { } here && here.First <= today ? here : Whole(dated, today.Year - 1),
        _ when Only(text) is { } year && year <= today.Year => Year(year),
        _ => null,
    };

    // The next such day or time.
    private static (DateOnly First, DateOnly Last)? Future(string text, DateOnly today) => text switch
    {
        "today" or "now" or "tonight" => Day(today),
        "tomorrow" => Day(today.AddDays(1)),
        "the day after tomorrow" => Day(today.AddDays(2)),
        "this week" => (today, Week(today).Last),
        "next week" => Week(today.AddDays(7)),
        "the week after next" => Week(today.AddDays(14)),
        "this month" => (today, Month(today).Last),
        "next month" => Month(today.AddMonths(1)),
        "this year" => (today, Year(today.Year).Last),
        "next year" => Year(today.Year + 1),
        _ when Edge().Match(text) is { Success: true } edge && Future(edge.Groups["v"].Value is "week" or "month" or "year" ? "this " + edge.Groups["v"].Value : edge.Groups["v"].Value, today) is { } span => Day(edge.Groups["e"].Value == "end" ? span.Last : span.First),
        _ when Weekday(text) is { } named => named switch
        {
            ("", var day) when day != today.DayOfWeek => Day(After(today, day)),
            ("next", var day) when After(today, day) == InWeek(today.AddDays(7), day) => Day(After(today, day)),
            ("coming", var day) => Day(After(today, day)),
            ("this", var day) when InWeek(today, day) >= today => Day(InWeek(today, day)),
            _ => null,
        },
        _ when Dated(text) is { } dated => dated.Year is { } year ? Whole(dated, year) : Whole(dated, today.Year) is { } here && here.Last >= today ? here : Whole(dated, today.Year + 1),
        _ when DayOfMonth().Match(text) is { Success: true } day && int.Parse(day.Groups["d"].Value, CultureInfo.InvariantCulture) is var number && number != today.Day => Day(Number(number > today.Day ? today : Month(today.AddMonths(1)).First, number)),
        _ => null,
    };

    private static (DateOnly, DateOnly) Day(DateOnly day) => (day, day);

    private static (DateOnly First, DateOnly Last) Week(DateOnly day) => (InWeek(day, DayOfWeek.Monday), InWeek(day, DayOfWeek.Sunday));

    private static (DateOnly First, DateOnly Last) Month(DateOnly day) => (new DateOnly(day.Year, day.Month, 1), new DateOnly(day.Year, day.Month, DateTime.DaysInMonth(day.Year, day.Month)));

    private static (DateOnly First, DateOnly Last) Year(int year) => (new DateOnly(year, 1, 1), new DateOnly(year, 12, 31));

    private static DateOnly Number(DateOnly month, int day) => new(month.Year, month.Month, day);

    // Weeks begin on Monday.
    private static DateOnly InWeek(DateOnly day, DayOfWeek named) => day.AddDays((((int)named + 6) % 7) - (((int)day.DayOfWeek + 6) % 7));

    private static DateOnly Before(DateOnly today, DayOfWeek named) => today.AddDays(-((((int)today.DayOfWeek - (int)named + 6) % 7) + 1));

    private static DateOnly After(DateOnly today, DayOfWeek named) => today.AddDays((((int)named - (int)today.DayOfWeek + 6) % 7) + 1);

    private static DateOnly Back(DateOnly today, int count, string unit) => unit[0] switch
    {
        'd' => today.AddDays(-count),
        'w' => today.AddDays(-7 * count),
        'm' => today.AddMonths(-count),
        _ => today.AddYears(-count),
    };

    private static int Count(string word) => word switch
    {
        "a" or "an" or "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "twelve" => 12,
        _ => int.Parse(word, CultureInfo.InvariantCulture),
    };

    private static (string Which, DayOfWeek Day)? Weekday(string text)
    {
        if (WeekdayName().Match(text) is not { Success: true } named)
        {
            return null;
        }

        var day = Enum.GetValues<DayOfWeek>().First(day => day.ToString().StartsWith(named.Groups["d"].Value, StringComparison.OrdinalIgnoreCase));
        return (named.Groups["c"].Success ? "coming" : named.Groups["w"].Value, day);
    }

    private static int? Only(string text) => YearAlone().IsMatch(text) ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static (int? Day, int Month, int? Year)? Dated(string text)
    {
        if (Named().Match(text) is { Success: true } named)
        {
            var month = Array.FindIndex(Months, name => name.StartsWith(named.Groups["m"].Value[..3], StringComparison.OrdinalIgnoreCase)) + 1;
            return (Group(named, "d"), month, Group(named, "y"));
        }

        if (Numbers().Match(text) is not { Success: true } numbers)
        {
            return null;
        }

        var (a, b, year) = (Group(numbers, "a")!.Value, Group(numbers, "b")!.Value, Group(numbers, "y"));
        return numbers.Groups["iso"].Success || numbers.Groups["s"].Value == "." ? numbers.Groups["iso"].Success ? (b, a, year) : (a, b, year)
            : a > 12 ? (a, b, year) : b > 12 ? (b, a, year) : a == b ? (a, b, year) : null;
    }

    private static (DateOnly First, DateOnly Last)? Whole((int? Day, int Month, int? Year) dated, int year)
    {
        if (dated.Month is < 1 or > 12 || year is < 1950 or > 2100)
        {
            return null;
        }

        // There is no 29 February in most years: nobody is there to ask which one was meant.
        return dated.Day is not { } day ? Month(new DateOnly(year, dated.Month, 1)) : day >= 1 && day <= DateTime.DaysInMonth(year, dated.Month) ? Day(new DateOnly(year, dated.Month, day)) : null;
    }

    private static int? Group(Match match, string name) => match.Groups[name].Success ? int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture) : null;

    private const string MonthName = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?";

    /// <summary>A day or a time as it may follow "since", "from" and the like.</summary>
    internal const string Point = $"""(?:(?:the\s+)?(?:end|beginning|start)\s+of\s+)?(?:(?:today|tomorrow|yesterday|tonight|the\s+day\s+(?:after\s+tomorrow|before\s+yesterday)|this\s+morning|last\s+night)|(?:(?:this|next|last|the)\s+)?(?:coming\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|week|month|year)|the\s+week\s+after\s+next|(?:the\s+)?\d\d?(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{MonthName})(?:,?\s+\d\d\d\d)?|(?:{MonthName})(?:\s+\d\d?(?:st|nd|rd|th)?)?(?:,?\s+\d\d\d\d)?|the\s+\d\d?(?:st|nd|rd|th)|\d\d\d\d-\d\d-\d\d|\d\d?[./]\d\d?[./]\d\d\d\d|(?:19|20)\d\d)""";

    [GeneratedRegex("""\s+""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Spaces();

    [GeneratedRegex("""^(?:(?:already |now )?for (?:about )?(?<n>an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d\d?) (?<unit>day|week|month|year)s?(?: now| already)?|(?:since )?(?<n>an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|\d\d?) (?<unit>day|week|month|year)s? ago)$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Ago();

    [GeneratedRegex("""^(?:ever )?since (?<v>.+)$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Since();

    [GeneratedRegex("""^(?:from|between) (?<a>.+?) (?:to|until|till|through|and) (?<b>.+)$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Range();

    [GeneratedRegex("""^(?:from|as of|as from|starting(?: on| from)?|beginning|effective|with effect from) (?<v>.+?)(?: on| onwards?| forward)?$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Begin();

    [GeneratedRegex("""^(?:until|till|through) (?<v>.+)$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Until();

    [GeneratedRegex("""^(?:on|in|all) """, RegexOptions.CultureInvariant, 1000)]
    private static partial Regex On();

    [GeneratedRegex("""^(?:the )?(?<e>end|beginning|start) of (?:the )?(?<v>.+)$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Edge();

    [GeneratedRegex("""^(?:the )?(?:(?<w>this|next|last) )?(?<c>coming )?(?<d>mon|tues|wednes|thurs|fri|satur|sun)day$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WeekdayName();

    [GeneratedRegex($"^(?:(?:the )?(?<d>\\d\\d?)(?:st|nd|rd|th)? (?:of )?(?<m>{MonthName})|(?<m>{MonthName})(?: (?<d>\\d\\d?)(?:st|nd|rd|th)?)?)(?:,? (?<y>\\d\\d\\d\\d))?$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Named();

    [GeneratedRegex("""^(?:(?<iso>(?<y>\d\d\d\d)-(?<a>\d\d)-(?<b>\d\d))|(?<a>\d\d?)(?<s>[./])(?<b>\d\d?)\k<s>(?<y>\d\d\d\d))$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Numbers();

    [GeneratedRegex("""^the (?<d>\d\d?)(?:st|nd|rd|th)$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex DayOfMonth();

    [GeneratedRegex("""^(?:19|20)\d\d$""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex YearAlone();
}
