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
    /// <summary>A keyed hash of the same, of all values that say the same as <see cref="FactLedger.IsSame"/> has it: "Berlin" and "the Berlin office" have one. Null in stones of earlier releases, which know a value by <see cref="Mark"/> alone.</summary>
    public string? SameMark { get; init; }

    /// <summary>Whether it is the stone of a value.</summary>
    /// <param name="mark">The value's <see cref="MarkOf"/>.</param>
    /// <param name="sameMark">The value's <see cref="SameMarkOf"/>.</param>
    public bool IsOf(string mark, string sameMark) => Mark == mark || SameMark == sameMark;

    /// <summary>The mark of a value, the same for the same words in any order.</summary>
    /// <param name="salt">The memory's own secret: without it a mark tells nothing about short values.</param>
    /// <param name="subject">Whom it is about.</param>
    /// <param name="slot">What of them.</param>
    /// <param name="value">The value.</param>
    public static string MarkOf(ReadOnlySpan<byte> salt, string subject, string slot, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var terms = string.Join(' ', TextAnalyzer.Terms(value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        return Hashed(salt, $"{subject}\n{slot}\n{(terms.Length > 0 ? terms : value.Trim().ToLowerInvariant())}");
    }

    /// <summary>The mark of a value, the same for all that say the same.</summary>
    /// <param name="salt">The memory's own secret.</param>
    /// <param name="subject">Whom it is about.</param>
    /// <param name="slot">What of them.</param>
    /// <param name="value">The value.</param>
    public static string SameMarkOf(ReadOnlySpan<byte> salt, string subject, string slot, string value) => Hashed(salt, $"{subject}\n{slot}\n{FactLedger.KeyOf(value)}");

    /// <summary>The tombstone of a fact.</summary>
    public static Tombstone Of(ReadOnlySpan<byte> salt, MemoryFact fact, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return new Tombstone(MarkOf(salt, fact.Subject, fact.Slot, fact.Value), at) { SameMark = SameMarkOf(salt, fact.Subject, fact.Slot, fact.Value) };
    }

    private static string Hashed(ReadOnlySpan<byte> salt, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
