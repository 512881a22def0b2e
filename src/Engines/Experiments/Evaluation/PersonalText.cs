using System.Text.RegularExpressions;

namespace Steward.Engines.Experiments.Evaluation;

/// <summary>
/// Masks what is personal by its shape: mail addresses, telephone numbers, account and card numbers, addresses of computers, and the names that it is told of. Names that it is not told of stay; so what is exported is looked at by a person
/// before it is used. Linear in the length of the text. Pure.
/// </summary>
public static class PersonalText
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
    private const int ShortestName = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly (Regex Shape, string Mask)[] Shapes =
    [
        (new Regex(@"[\p{L}\p{N}._%+'-]{1,64}@[\p{L}\p{N}-]{1,63}(\.[\p{L}\p{N}-]{1,63}){1,8}", Options, Limit), "[mail]"),
        (new Regex(@"\b[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){3,7}( ?[A-Z0-9]{1,3})?\b", Options, Limit), "[account]"),
        (new Regex(@"\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b", Options, Limit), "[address]"),
        (new Regex(@"\b([0-9][ -]?){12,18}[0-9]\b", Options, Limit), "[number]"),
        (new Regex(@"(\+|\b00)[0-9]{1,3}[ ()/.-]{0,2}([0-9][ ()/.-]{0,2}){5,13}[0-9]|\(?\b0[0-9]{1,5}\)?[ /-]{1,3}([0-9][ -]?){4,9}[0-9]\b|\(?\b[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b", Options, Limit), "[phone]"),
    ];

    /// <summary>The text with masks.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">A person's name; each word of it of three letters or more is masked, in whatever case. Null for none.</param>
    public static string Mask(string text, string? name)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var (shape, mask) in Shapes)
        {
            text = shape.Replace(text, mask);
        }

        foreach (var word in (name ?? "").Split([' ', ',', '\t', '-'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.Length >= ShortestName && word.All(char.IsLetter)).Distinct(StringComparer.OrdinalIgnoreCase).Take(8))
        {
            text = Regex.Replace(text, $@"\b{Regex.Escape(word)}\b", "[name]", Options | RegexOptions.IgnoreCase, Limit);
        }

        return text;
    }
}
