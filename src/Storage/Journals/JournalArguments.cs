using System.Text;

namespace Steward.Storage.Journals;

/// <summary>The limits that both journal stores keep to, so that what one accepts the other accepts too.</summary>
internal static class JournalArguments
{
    public const int MaxKeyLength = 512;
    public const int MaxTypeLength = 256;
    public const int MaxDeduplicationIdLength = 512;
    public const int MaxRecords = 10_000;

    /// <summary>PostgreSQL refuses larger values, and SQLite larger ones still.</summary>
    public const int MaxPayloadLength = 256 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Validate(JournalAppend append)
    {
        ArgumentNullException.ThrowIfNull(append);
        Key(append.Journal, nameof(append.Journal));
        ArgumentOutOfRangeException.ThrowIfNegative(append.ExpectedSequence, nameof(append.ExpectedSequence));
        var records = append.Records;
        if (records is not { Count: > 0 and <= MaxRecords })
        {
            throw new ArgumentException($"Records must hold 1 to {MaxRecords} records.", nameof(append));
        }

        HashSet<string>? seen = null;
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i] ?? throw new ArgumentException($"Records[{i}] is null.", nameof(append));
            Text(record.Type, MaxTypeLength, $"Records[{i}].Type");
            if (record.Payload.Length > MaxPayloadLength)
            {
                throw new ArgumentException($"Records[{i}].Payload must be at most {MaxPayloadLength} bytes.", nameof(append));
            }

            if (record.DeduplicationId is { } id)
            {
                Text(id, MaxDeduplicationIdLength, $"Records[{i}].DeduplicationId");
                if (records.Count > 1 && !(seen ??= new HashSet<string>(StringComparer.Ordinal)).Add(id))
                {
                    throw new ArgumentException($"Records[{i}].DeduplicationId occurs twice in one append.", nameof(append));
                }
            }
        }
    }

    public static void Key(string journal, string name = "journal") => Text(journal, MaxKeyLength, name);

    public static void DeduplicationId(string id) => Text(id, MaxDeduplicationIdLength, "deduplicationId");

    public static void Range(string prefix, string? afterJournal)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.Length > 0)
        {
            Key(prefix, nameof(prefix));
        }

        if (afterJournal is not null)
        {
            Key(afterJournal, nameof(afterJournal));
        }
    }

    public static void Limit(int limit) => ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);

    private static void Text(string value, int maxLength, string name)
    {
        if (value is not { Length: > 0 } || value.Length > maxLength)
        {
            throw new ArgumentException($"{name} must be 1 to {maxLength} characters.", name);
        }

        if (value.Contains('\0', StringComparison.Ordinal) || !IsWellFormed(value))
        {
            // Neither survives the way through UTF-8 and PostgreSQL, and two keys could become one.
            throw new ArgumentException($"{name} must not contain the character U+0000 or half of a surrogate pair.", name);
        }
    }

    private static bool IsWellFormed(string value)
    {
        if (Ascii.IsValid(value))
        {
            return true;
        }

        try
        {
            _ = StrictUtf8.GetByteCount(value);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
