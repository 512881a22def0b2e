using System.Buffers;
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

    public const int MaxContents = 1_000;
    public const int MaxContentLength = 16 * 1024 * 1024;

    /// <summary>What one append may send in contents altogether; PostgreSQL's messages end at 1 GiB.</summary>
    public const long MaxContentsLength = 256 * 1024 * 1024;

    /// <summary>
    /// How old a content's reference time gets before a further reference renews it, in milliseconds: repeated references cost no write.
    /// The append function of PostgreSQL has the same number. A purge leaves that much room, so that no reference is overlooked.
    /// </summary>
    public const long ReferencePrecision = 24 * 60 * 60 * 1000;

    private const int HashLength = 64;

    private static readonly SearchValues<char> HashCharacters = SearchValues.Create("0123456789abcdef");
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
            var record = records[i];
            Record(record, i);
            if (record.DeduplicationId is { } id && records.Count > 1 && !(seen ??= new HashSet<string>(StringComparer.Ordinal)).Add(id))
            {
                throw new ArgumentException($"Records[{i}].DeduplicationId occurs twice in one append.", nameof(append));
            }
        }

        if (append.Contents is not { Count: 0 })
        {
            Contents(append);
        }
    }

    public static void Validate(JournalPurge purge)
    {
        ArgumentNullException.ThrowIfNull(purge);
        Key(purge.Journal, nameof(purge.Journal));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(purge.ThroughSequence, nameof(purge.ThroughSequence));
        Record(purge.Receipt);
    }

    public static void Key(string journal, string name = "journal") => Text(journal, MaxKeyLength, name);

    public static void DeduplicationId(string id) => Text(id, MaxDeduplicationIdLength, "deduplicationId");

    /// <summary>The tenant of a journal with contents: its key up to the first slash.</summary>
    public static string Tenant(string journal) => journal[..journal.IndexOf('/', StringComparison.Ordinal)];

    public static void TenantId(string tenantId)
    {
        Text(tenantId, MaxKeyLength, nameof(tenantId));
        if (tenantId.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException("tenantId must not contain a slash.", nameof(tenantId));
        }
    }

    public static void Hash(string hash, string name)
    {
        if (hash is not { Length: HashLength } || hash.AsSpan().ContainsAnyExcept(HashCharacters))
        {
            throw new ArgumentException($"{name} must be {HashLength} lower-case hexadecimal characters.", name);
        }
    }

    public static void Hashes(string tenantId, IReadOnlyList<string> hashes)
    {
        TenantId(tenantId);
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hashes.Count, MaxContents, nameof(hashes));
        foreach (var hash in hashes)
        {
            Hash(hash, nameof(hashes));
        }
    }

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

    private static void Record(JournalRecord record, int index = -1)
    {
        if (record is null)
        {
            throw new ArgumentException($"{RecordName(index)} is null.", nameof(record));
        }

        if (!IsText(record.Type, MaxTypeLength))
        {
            throw NotText($"{RecordName(index)}.Type", MaxTypeLength);
        }

        if (record.Payload.Length > MaxPayloadLength)
        {
            throw new ArgumentException($"{RecordName(index)}.Payload must be at most {MaxPayloadLength} bytes.", nameof(record));
        }

        if (record.DeduplicationId is { } id && !IsText(id, MaxDeduplicationIdLength))
        {
            throw NotText($"{RecordName(index)}.DeduplicationId", MaxDeduplicationIdLength);
        }
    }

    private static string RecordName(int index) => index < 0 ? "Receipt" : $"Records[{index}]";

    private static void Contents(JournalAppend append)
    {
        if (append.Contents is not { Count: <= MaxContents })
        {
            throw new ArgumentException($"Contents must hold at most {MaxContents} contents.", nameof(append));
        }

        if (append.Journal.IndexOf('/', StringComparison.Ordinal) <= 0)
        {
            throw new ArgumentException("Journal must begin with a tenant and a slash when the append has contents.", nameof(append));
        }

        long total = 0;
        for (var i = 0; i < append.Contents.Count; i++)
        {
            var content = append.Contents[i] ?? throw new ArgumentException($"Contents[{i}] is null.", nameof(append));
            Hash(content.Hash, $"Contents[{i}].Hash");
            total += content.Bytes.Length;
            if (content.Bytes.Length > MaxContentLength || total > MaxContentsLength)
            {
                throw new ArgumentException(
                    $"Contents[{i}].Bytes must be at most {MaxContentLength} bytes, and all contents together at most {MaxContentsLength}.", nameof(append));
            }
        }
    }

    public static void Text(string value, int maxLength, string name)
    {
        if (!IsText(value, maxLength))
        {
            throw NotText(name, maxLength);
        }
    }

    /// <summary>U+0000 and halves of surrogate pairs do not survive the way through UTF-8 and PostgreSQL, and two keys could become one.</summary>
    private static bool IsText(string value, int maxLength) =>
        value is { Length: > 0 } && value.Length <= maxLength && !value.Contains('\0', StringComparison.Ordinal) && IsWellFormed(value);

    private static ArgumentException NotText(string name, int maxLength) =>
        new($"{name} must be 1 to {maxLength} characters, without U+0000 and half surrogate pairs.", name);

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
