using System.Globalization;
using Steward.Errors;

namespace Steward.Gateway.Api;

/// <summary>Numbers in query strings and headers.</summary>
internal static class QueryNumbers
{
    /// <summary>A sequence number, or <paramref name="whenAbsent"/>.</summary>
    /// <exception cref="StewardException">It is not a number from 0.</exception>
    public static long Sequence(string? text, string field, long whenAbsent) => string.IsNullOrEmpty(text)
        ? whenAbsent
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw StewardException.Invalid(field, "must be 0 or a sequence number.");

    /// <summary>A page size, or <paramref name="whenAbsent"/>.</summary>
    /// <exception cref="StewardException">It is not a number within the bounds.</exception>
    public static int Limit(string? text, int whenAbsent, int max) => string.IsNullOrEmpty(text)
        ? whenAbsent
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= 1 && value <= max
            ? value
            : throw StewardException.Invalid("limit", $"must be 1 to {max}.");
}
