using System.Text.RegularExpressions;

namespace Steward.Engines.Memory.Extraction;

/// <summary>
/// Lines as of a form or a note, for everything that one has: "Manager: Anna Berg", "Office -> Porto (was Berlin)", "new desk 4.112", "role now: auditor". They become sentences of the author, whose slot then decides whether the value is one. A form that
/// names whom it is for is not about its author.
/// </summary>
internal static partial class FormLines
{
    private static readonly Regex Line = new(
        $"""^[ \t]*(?:[-*•][ \t]*)?(?:my[ \t]+)?(?<is>(?:new|current|now|still|updated)[ \t]+)*(?<n>{string.Join('|', NounRules.Names.Values)})(?:[ \t]+(?:(?<is>change|update|now|still)|please))*[ \t]*(?:(?<c>[:=]|[-=]>|→|!+)[ \t]*(?:(?<old>[^\r\n→>]+?)[ \t]*(?:[-=]>|→)[ \t]*)?|(?<c>[ \t]))(?<v>[^\r\n]+?)(?:[ \t]*\((?:was|formerly|before|previously|old)[: \t]+(?<old>[^)\r\n]+)\))?[ \t]*$""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    /// <summary>The text with its form lines as sentences.</summary>
    public static string Spoken(string text)
    {
        if (OfSomebody().IsMatch(text) || IsOthers(Cut().Replace(text, static piece => Read(piece.Value) is null ? piece.Value : " ")))
        {
            return text;
        }

        // One such line in a text may be of a machine or of a place; several, one that says that something is new, or one alone are of the author.
        var isForm = Cut().Matches(text).Count(piece => Read(piece.Value) is not null) is var lines && (lines > 1 || (lines == 1 && Read(text.Trim().TrimEnd('.', '!')) is not null));
        return Cut().Replace(text, piece => Read(piece.Value) is { } line && (isForm || line.Groups["is"].Success || line.Groups["old"].Success) ? Say(line) : piece.Value);
    }

    // "Please update Ben's record:", "the user's details", "Ben has moved": then the lines are not the author's either.
    private static bool IsOthers(string rest) => StatementReader.IsOfSomebodyElse(rest) || Named().IsMatch(rest);

    private static Match? Read(string piece) => Line.Match(piece) is { Success: true } line && (line.Groups["c"].Value.Trim().Length > 0 || line.Groups["is"].Success) && !IsProse(line) ? line : null;

    private static string Say(Match line)
    {
        var said = $"my {line.Groups["n"].Value} is {Value(line.Groups["v"].Value)}";
        return line.Groups["old"].Success ? $"my {line.Groups["n"].Value} is no longer {Value(line.Groups["old"].Value)} any more. {said}." : said + ".";
    }

    private static string Value(string value) => Back().Replace(value.Trim().TrimEnd('.', '!'), "");

    // "New office is nice" and "manager is ill" are sentences, and what asks is no answer.
    private static bool IsProse(Match line) => line.Groups["v"].Value is var value && (Verb().IsMatch(value) || value.Contains('?', StringComparison.Ordinal) || value.Length > 60);

    [GeneratedRegex("""(?<=^|[\r\n]|[.!]\s+|,\s+)[^\r\n.,!]+(?:[.,](?=\S)[^\r\n.,!]*|!+(?=[ \t]+\p{Lu}\p{Ll}+)[^\r\n.,!]*)*(?=[.,!]|\s*$|[\r\n])""", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Cut();

    [GeneratedRegex("""^\s*(?:we|i|you|he|she|they|it|this|that|there|please|no|not|is|was|are|were|has|have|had|can|could|will|would|should|may|might|must|does|do|did|says|said|asks|asked|needs|wants|who|what|which|where|isn['’]t|for|of|to|on|from|in\s+the)\b|\b(?:is|was|are|has|have|had|can|will|would|does|doesn['’]t|isn['’]t)\b""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Verb();

    [GeneratedRegex("""^(?:back\s+to|now|from\s+now\s+on|instead)\s+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Back();

    [GeneratedRegex("""\b(?:the|this|that|an?|our|another|some)\s+(?:new\s+|other\s+)?(?:user|employee|person|requester|starter|joiner|hire|caller|client|contractor|trainee|team\s*mate)(?:['’]s?)?\b|(?-i:\b(?:[Ff]or|[Oo]f|[Aa]bout|[Rr]egarding|[Cc]oncerning)\s+(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Jan|Febr)uary|March|April|May|June|July|August|(?:Sept|Nov|Dec)ember|October|I\b)\p{Lu}\p{Ll}+(?:\s+\p{Lu}\p{Ll}+)?\s*:)|^[ \t]*(?-i:(?!(?:It|This|That|There|Here|What|Everything|Nothing|Something|Office|Team|Work)\b)\p{Lu}\p{Ll}+(?:\s+\p{Lu}\p{Ll}+)?)\s+(?:(?:has\s+|is\s+)?(?:moved|changed|moving|changing|joined|joining)|has\s+(?:an?\s+)?new|is\s+now|now\s+has|got|works|sits|reports|lives|wants|needs|asks|asked)\b""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Named();

    // Whose form it is: the head of a mail or of a ticket, or a field that names a person.
    [GeneratedRegex("""^[ \t>]*(?:subject|to|from|cc|re|for|user|employee|requester|requested\s+(?:for|by)|new\s+(?:starter|joiner|hire)|name\s+of\b[^:\r\n]*|on\s+behalf\s+of|colleague|caller|contact\s+person|INC-?\d+|ticket)[ \t]*[:#]""", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfSomebody();
}
