using System.Text.RegularExpressions;
using Steward.Engines.Memory.Extraction;

namespace Steward.Engines.Memory.Asking;

/// <summary>What a person wants of their memory.</summary>
public enum MemoryRequestKind
{
    /// <summary>To be told what is remembered.</summary>
    Tell,

    /// <summary>That something is put right.</summary>
    Correct,

    /// <summary>That something is forgotten.</summary>
    Forget,

    /// <summary>That everything is forgotten.</summary>
    ForgetAll,

    /// <summary>That everything is forgotten, after having been asked.</summary>
    ForgetAllForSure,
}

/// <summary>A message that is about the memory itself. English and German forms; a message that only contains one is about something else.</summary>
/// <param name="Kind">What is wanted.</param>
/// <param name="About">What is to be forgotten, or the value that is right, as it was said; empty otherwise.</param>
/// <param name="Slot">What is put right; empty otherwise.</param>
public sealed partial record MemoryRequest(MemoryRequestKind Kind, string About, string Slot = "")
{
    /// <summary>What a person writes to forget everything.</summary>
    public const string ForSure = "yes, forget everything about me";

    private const int MaxLength = 300;

    /// <summary>Reads a message; null when it is about something else.</summary>
    public static MemoryRequest? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var message = text.Trim().TrimEnd('.', '!', '?', ' ');
        if (message.Length is 0 or > MaxLength || message.Contains('\n', StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return Tell().IsMatch(message) ? new MemoryRequest(MemoryRequestKind.Tell, "")
                : message.Equals(ForSure, StringComparison.OrdinalIgnoreCase) ? new MemoryRequest(MemoryRequestKind.ForgetAllForSure, "")
                : All().IsMatch(message) ? new MemoryRequest(MemoryRequestKind.ForgetAll, "")
                : Forget().Match(message) is { Success: true } forget && !Idiom().IsMatch(forget.Groups["v"].Value) ? new MemoryRequest(MemoryRequestKind.Forget, forget.Groups["v"].Value.Trim())
                : null;
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    /// <summary>Reads what follows on being told what is remembered: "my manager is John Roe", a slot by its name and the value that is right; null when it is something else.</summary>
    public static MemoryRequest? ReadCorrection(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var message = text.Trim().TrimEnd('.', '!', ' ');
        if (message.Length is 0 or > MaxLength || message.Contains('\n', StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return Correction().Match(message) is { Success: true } correction && MemorySlots.All.TryGetValue(correction.Groups["n"].Value.ToLowerInvariant(), out var slot) && slot.IsSingle
                ? new MemoryRequest(MemoryRequestKind.Correct, correction.Groups["v"].Value.Trim(), slot.Name)
                : null;
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    // One plain value: what goes on, asks, denies or says since when is read as any message is.
    [GeneratedRegex("""^(?:(?:no|nope|actually|sorry|well|that['’]s\s+(?:wrong|not\s+right)|that\s+is\s+(?:wrong|not\s+right))[,.;:!]*\s+)*my\s+(?<n>[\p{L} ]{2,20}?)\s+is\s+(?:now\s+|actually\s+|really\s+)*(?<v>(?!(?:not|no|wrong|changed|different|broken|unknown)\b)(?:(?!\b(?:but|because|since|until|from|please|not|and|anymore|any\s+more)\b)[^,;:!?]){1,80})$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Correction();

    [GeneratedRegex(
        """^(?:(?:hi|hey|hello|ok|okay|so|and|please|can you tell me|could you tell me|tell me|show me|list)[,:]?\s+)*(?:what\s+(?:all\s+)?(?:do|did|does|have|has|is|are)\s+(?:you|steward)?\s*(?:still\s+|already\s+|all\s+)?(?:remember(?:ed)?|know(?:n)?|stor(?:e|ed)|sav(?:e|ed)|learn(?:ed|t)?)\s+(?:about|of|on)\s+me|what\s+you\s+(?:remember|know|have\s+(?:stored|saved))\s+(?:about|of|on)\s+me|(?:all\s+)?(?:my|your)\s+memor(?:y|ies)(?:\s+(?:about|of)\s+me)?|do\s+you\s+remember\s+(?:anything|something)\s+about\s+me|was\s+(?:weißt|weisst|hast)\s+du\s+(?:alles\s+)?(?:über|von)\s+mir?(?:ch)?(?:\s+(?:gespeichert|gemerkt|behalten))?|was\s+weißt\s+du\s+über\s+mich)$""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Tell();

    [GeneratedRegex("""^(?:please\s+|bitte\s+|can you\s+|could you\s+)*(?:(?:forget|delete|erase)\s+(?:everything|all)(?:\s+(?:that\s+)?(?:you\s+(?:know|remember)|you(?:'ve| have)\s+(?:stored|saved)))?\s+(?:about|of|on)\s+me|forget\s+me|(?:forget|delete|erase|clear|wipe)\s+(?:all\s+)?(?:of\s+)?(?:my|your)\s+memor(?:y|ies)(?:\s+(?:about|of)\s+me)?|vergiss\s+(?:bitte\s+)?alles(?:,?\s+was\s+du)?\s+(?:über\s+mich|von\s+mir)(?:\s+(?:weißt|weisst))?)$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex All();

    [GeneratedRegex("""^(?:please\s+|can you\s+|could you\s+|you can\s+|vergiss,?\s+dass\s+)*(?:forget|vergiss)\s+(?:(?:that|about|what\s+i\s+(?:said|told\s+you)\s+about|dass)\s+)?(?<v>[^?]{3,200})$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Forget();

    // "Forget it" and the like give something up; they are no wish about the memory.
    [GeneratedRegex("""^(?:it|that|this|them|about\s+(?:it|that|this)|the\s+(?:last|previous)\b.*|what\s+i\s+(?:just\s+)?said|my\s+last\b.*|everything|all|all\s+(?:of\s+)?(?:that|this)|the\s+(?:ticket|request|question)\b.*|to\b.*)$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Idiom();
}
