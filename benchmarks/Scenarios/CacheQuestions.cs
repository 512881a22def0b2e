using System.Text.Json;

namespace Steward.Benchmarks.Scenarios;

/// <summary>Questions for <see cref="CacheScenario"/>: labelled ones of people, and pairs made from templates.</summary>
internal static class CacheQuestions
{
    private static readonly string[] English =
    [
        "How do I reset the password of {name}?", "Give {name} access to {product} for {number} days", "Is {product} available {date}?", "Which tickets of {name} were closed {date}?", "Install {product} on {number} laptops",
        "{product} does not open for {name}", "Order {number} monitors for {name}", "Where is the licence of {product}?", "Move the mailbox from {name} to {other}", "Can {name} approve the request of {other}?", "The printer on floor {number} is offline {date}",
        "Who may cancel the order of {number} laptops?", "What changed in {product} {date}?", "Increase the quota of {name} to {number} GB",
    ];

    private static readonly string[] German =
    [
        "Wie setze ich das Passwort von {name} zurück?", "Zugriff auf {product} für {name} für {number} Tage", "Ist {product} {date} verfügbar?", "{product} startet bei {name} nicht", "Bitte {number} Bildschirme für {name} bestellen", "Wer genehmigt den Antrag von {name}?",
        "Postfach von {name} nach {other} verschieben", "Drucker im Stock {number} ist {date} offline",
    ];

    private static readonly Dictionary<string, string[]> Words = new()
    {
        ["{name}"] = ["Anna", "Ben", "anna", "ben", "Fatima", "J. Kim", "o'neill", "mueller"],
        ["{other}"] = ["Carla", "Dmitri", "carla", "dmitri"],
        ["{product}"] = ["Outlook", "Okta", "SAP", "Jira", "vpn", "teams", "ServiceNow"],
        ["{number}"] = ["3", "30", "three", "13", "300"],
        ["{date}"] = ["last week", "this week", "today", "on Monday", "on Friday"],
    };

    private static readonly string[] Manners = ["{0}", "Hello, {0}", "please {0}", "{0} Thanks!", "could you please help: {0}"];

    public static IReadOnlyList<(string Text, string Label)> ReadCsv(string file) =>
    [
        .. File.ReadLines(file).Skip(1).Select(line => (Line: line, Comma: line.LastIndexOf(','))).Where(row => row.Comma > 0)
            .Select(row => (row.Line[..row.Comma].Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal), row.Line[(row.Comma + 1)..])),
    ];

    public static IReadOnlyList<(string Text, string Label)> ReadClinc(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        return [.. document.RootElement.GetProperty("train").EnumerateArray().Select(row => (row[0].GetString()!, row[1].GetString()!))];
    }

    /// <summary>The same ones each time, in the same order.</summary>
    public static IReadOnlyList<(string Text, string Label)> Sample(IReadOnlyList<(string Text, string Label)> all, int count)
    {
        var shuffled = all.ToArray();
        new Random(7).Shuffle(shuffled);
        return shuffled[..Math.Min(count, shuffled.Length)];
    }

    /// <summary>Pairs that differ in one name, number, date, product or negation, or in who does it to whom.</summary>
    public static IReadOnlyList<(string First, string Second)> Misleading()
    {
        var pairs = new List<(string, string)>();
        foreach (var template in English.Concat(German))
        {
            var isGerman = German.Contains(template);
            foreach (var (slot, words) in Words.Where(pair => template.Contains(pair.Key, StringComparison.Ordinal)))
            {
                for (var at = 0; at < words.Length; at++)
                {
                    var (first, second) = (template.Replace(slot, words[at], StringComparison.Ordinal), template.Replace(slot, words[(at + 1) % words.Length], StringComparison.Ordinal));
                    pairs.Add((Fill(first, isGerman, at), Fill(second, isGerman, at)));
                }
            }

            var whole = Fill(template, isGerman, 0);
            pairs.Add((whole, isGerman ? whole + " Nicht heute." : whole + " Not today."));
            if (template.Contains("{other}", StringComparison.Ordinal))
            {
                pairs.Add((whole, Fill(template.Replace("{name}", "{x}", StringComparison.Ordinal).Replace("{other}", "{name}", StringComparison.Ordinal).Replace("{x}", "{other}", StringComparison.Ordinal), isGerman, 0)));
            }
        }

        string[][] polar = [["enable", "disable"], ["add", "remove"], ["lock", "unlock"], ["install", "uninstall"], ["open", "close"], ["before", "after"], ["with", "without"], ["can", "cannot"], ["all", "no"], ["up", "down"]];
        pairs.AddRange(polar.Select(pair => ($"how to {pair[0]} the account of the team", $"how to {pair[1]} the account of the team")));
        pairs.AddRange(polar.Select(pair => ($"the backup ran {pair[0]} the change of the server", $"the backup ran {pair[1]} the change of the server")));
        return [.. pairs.Where(pair => pair.Item1 != pair.Item2 && !string.Equals(pair.Item1, pair.Item2, StringComparison.OrdinalIgnoreCase) && !SameNumber(pair.Item1, pair.Item2)).Distinct()];
    }

    /// <summary>Pairs that differ in manner only: greetings, politeness, capitals, words for numbers.</summary>
    public static IReadOnlyList<(string First, string Second)> OtherManner() =>
    [
        .. English.SelectMany((template, at) => Manners.Skip(1).Select((manner, other) =>
        {
            var whole = Fill(template, false, at);
            return (whole, Second: string.Format(System.Globalization.CultureInfo.InvariantCulture, manner, other % 2 == 0 ? whole : whole.Replace(" 3 ", " three ", StringComparison.Ordinal)));
        })),
        .. English.Select((template, at) => (Fill(template, false, at), Fill(template, false, at).ToLowerInvariant())),
    ];

    private static bool SameNumber(string first, string second) => first.Replace("three", "3", StringComparison.Ordinal) == second.Replace("three", "3", StringComparison.Ordinal);

    private static string Fill(string template, bool isGerman, int seed)
    {
        foreach (var (slot, words) in Words)
        {
            template = template.Replace(slot, words[seed % words.Length], StringComparison.Ordinal);
        }

        return isGerman ? template.Replace("last week", "letzte Woche", StringComparison.Ordinal).Replace("this week", "diese Woche", StringComparison.Ordinal).Replace("today", "heute", StringComparison.Ordinal).Replace("on Monday", "am Montag", StringComparison.Ordinal).Replace("on Friday", "am Freitag", StringComparison.Ordinal) : template;
    }
}
