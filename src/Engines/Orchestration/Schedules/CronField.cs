using System.Globalization;

namespace Steward.Engines.Orchestration.Schedules;

/// <summary>One field of a cron line: the set of its values as bits, and whether it was written with a star.</summary>
/// <param name="Bits">Bit <c>n</c> is set when the value <c>n</c> is allowed.</param>
/// <param name="StartsWithStar">Whether the field begins with <c>*</c>, which cron reads as "no restriction" when it combines the two day fields.</param>
internal readonly record struct CronField(ulong Bits, bool StartsWithStar)
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public bool Holds(int value) => (Bits & (1UL << value)) != 0;

    public static CronField Minute(string text) => Parse(text, new Kind("minute", 0, 59, []));

    public static CronField Hour(string text) => Parse(text, new Kind("hour", 0, 23, []));

    public static CronField DayOfMonth(string text) => Parse(text, new Kind("day of month", 1, 31, []));

    public static CronField Month(string text) => Parse(text, new Kind("month", 1, 12, Months));

    /// <summary>Sunday is 0, and 7 as well.</summary>
    public static CronField DayOfWeek(string text)
    {
        var field = Parse(text, new Kind("day of week", 0, 7, Days));
        return field.Holds(7) ? field with { Bits = (field.Bits | 1) & ~(1UL << 7) } : field;
    }

    private static CronField Parse(string text, Kind kind)
    {
        ulong bits = 0;
        foreach (var item in text.Split(','))
        {
            bits |= ParseItem(item, kind);
        }

        return new CronField(bits, text[0] == '*');
    }

    private static ulong ParseItem(string item, Kind kind)
    {
        var parts = item.Split('/');
        if (parts.Length > 2 || parts[0].Length == 0)
        {
            throw kind.Refuse(item, "is not a value, a range or '*'");
        }

        var isRange = true;
        int first, last;
        if (parts[0] == "*")
        {
            (first, last) = (kind.Min, kind.Max);
        }
        else
        {
            var ends = parts[0].Split('-');
            if (ends.Length > 2)
            {
                throw kind.Refuse(item, "has more than one '-'");
            }

            first = kind.Value(ends[0], item);
            last = ends.Length == 2 ? kind.Value(ends[1], item) : first;
            isRange = ends.Length == 2;
            if (last < first)
            {
                throw kind.Refuse(item, "runs backwards; write it as two ranges, separated by a comma");
            }
        }

        var step = 1;
        if (parts.Length == 2)
        {
            if (!isRange)
            {
                throw kind.Refuse(item, string.Create(CultureInfo.InvariantCulture, $"has a step without a range; write {parts[0]}-{kind.Max}/{parts[1]}"));
            }

            if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step < 1 || step > kind.Max)
            {
                throw kind.Refuse(item, string.Create(CultureInfo.InvariantCulture, $"has a step that is not 1 to {kind.Max}"));
            }
        }

        ulong bits = 0;
        for (var value = first; value <= last; value += step)
        {
            bits |= 1UL << value;
        }

        return bits;
    }

    private sealed record Kind(string Name, int Min, int Max, string[] Names)
    {
        public int Value(string text, string item)
        {
            for (var i = 0; i < Names.Length; i++)
            {
                if (string.Equals(Names[i], text, StringComparison.OrdinalIgnoreCase))
                {
                    return Min + i;
                }
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= Min && value <= Max
                ? value
                : throw Refuse(item, "is out of bounds");
        }

        public CronFormatException Refuse(string item, string why)
        {
            var shown = item.Length > 20 ? item[..20] + "…" : item;
            var names = Names.Length == 0 ? "" : $" or {Names[0]} to {Names[^1]}";
            return new CronFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"the field '{Name}' holds '{shown}', which {why}. Allowed are {Min} to {Max}{names}, ranges such as {Min}-{Max}, '*', steps such as */2, and lists of these with commas."));
        }
    }
}
