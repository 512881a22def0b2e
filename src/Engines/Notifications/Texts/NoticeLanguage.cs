using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Steward.Engines.Notifications.Texts;

/// <summary>The shipped texts of one language. Immutable.</summary>
public sealed class NoticeLanguage
{
    private static readonly FrozenDictionary<string, NoticeLanguage> Shipped = Load();

    private readonly Words _words;
    private readonly NumberFormatInfo _numbers;

    private NoticeLanguage(Words words)
    {
        _words = words;
        _numbers = new NumberFormatInfo { NumberDecimalSeparator = words.Decimal, NumberGroupSeparator = words.Group };
    }

    /// <summary>English: what is used where nothing else fits.</summary>
    public static NoticeLanguage English => Shipped["en"];

    /// <summary>The languages that are shipped, by their tags.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Shipped.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The language's tag.</summary>
    public string Tag => _words.Language;

    /// <summary>The shipped language of a tag, or of what stands before its hyphen; the first one of the tags that is shipped, else English.</summary>
    /// <param name="tags">BCP 47 tags, the best first; null and unknown ones are passed over.</param>
    public static NoticeLanguage Find(params ReadOnlySpan<string?> tags)
    {
        foreach (var tag in tags)
        {
            if (tag is { Length: > 0 and < 64 } && Shipped.TryGetValue(tag.Split('-')[0].ToLowerInvariant(), out var language))
            {
                return language;
            }
        }

        return English;
    }

    /// <summary>The text of a kind; null for a kind that is not known.</summary>
    public string? Template(string kind) => _words.Kinds.GetValueOrDefault(kind);

    /// <summary>The text of an answer to a click.</summary>
    internal string Answer(string code) => _words.Answers[code];

    internal string Label(string name) => _words.Labels[name];

    internal string Risk(string risk) => _words.Risk.GetValueOrDefault(risk, risk);

    internal string Status(string status) => _words.Status.GetValueOrDefault(status, status);

    internal string AtDeadline(string what) => _words.AtDeadline.GetValueOrDefault(what, what);

    internal string Decision(string decision) => _words.Decisions.GetValueOrDefault(decision, decision);

    /// <summary>A time in a person's zone, with the zone's name.</summary>
    internal string Time(DateTimeOffset time, TimeZoneInfo zone) =>
        $"{TimeZoneInfo.ConvertTime(time, zone).ToString(_words.DateTime, CultureInfo.InvariantCulture)} ({zone.Id})";

    internal string Number(decimal number) => number.ToString("N2", _numbers);

    internal string Text(string label, params ReadOnlySpan<object?> values) => string.Format(CultureInfo.InvariantCulture, Label(label), values);

    private static FrozenDictionary<string, NoticeLanguage> Load()
    {
        var assembly = typeof(NoticeLanguage).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith("texts/", StringComparison.Ordinal))
            .Select(name => new NoticeLanguage(Read(assembly, name)))
            .ToFrozenDictionary(language => language.Tag, StringComparer.Ordinal);
    }

    private static Words Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        return JsonSerializer.Deserialize<Words>(stream, JsonSerializerOptions.Web) ?? throw new InvalidOperationException($"{name} is empty.");
    }

    private sealed record Words(
        string Language,
        string DateTime,
        string Decimal,
        string Group,
        IReadOnlyDictionary<string, string> Kinds,
        IReadOnlyDictionary<string, string> Labels,
        IReadOnlyDictionary<string, string> Risk,
        IReadOnlyDictionary<string, string> Status,
        IReadOnlyDictionary<string, string> AtDeadline,
        IReadOnlyDictionary<string, string> Answers,
        IReadOnlyDictionary<string, string> Decisions);
}
