using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Memory.Facts;
using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Memory.Keeping;

/// <summary>
/// What stays of a fact that was forgotten: nothing that could be read, but enough to know it again, so that a message from before cannot bring it back. Whoever says it anew, says it anew.
/// </summary>
/// <param name="Mark">A keyed hash of subject, slot and value.</param>
/// <param name="At">When it was forgotten: what was said until then counts no more.</param>
public sealed record Tombstone(string Mark, DateTimeOffset At)
{
    /// <summary>The mark of a value, the same for the same words in any order.</summary>
    /// <param name="salt">The memory's own secret: without it a mark tells nothing about short values.</param>
    /// <param name="subject">Whom it is about.</param>
    /// <param name="slot">What of them.</param>
    /// <param name="value">The value.</param>
    public static string MarkOf(ReadOnlySpan<byte> salt, string subject, string slot, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var terms = string.Join(' ', TextAnalyzer.Terms(value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var text = $"{subject}\n{slot}\n{(terms.Length > 0 ? terms : value.Trim().ToLowerInvariant())}";
        return Convert.ToHexStringLower(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }

    /// <summary>The tombstone of a fact.</summary>
    public static Tombstone Of(ReadOnlySpan<byte> salt, MemoryFact fact, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return new Tombstone(MarkOf(salt, fact.Subject, fact.Slot, fact.Value), at);
    }
}
