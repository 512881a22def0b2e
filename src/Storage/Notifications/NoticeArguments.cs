using Steward.Storage.Journals;

namespace Steward.Storage.Notifications;

/// <summary>The limits that both notification stores keep to, so that what one accepts the other accepts too.</summary>
internal static class NoticeArguments
{
    public const int MaxRows = 10_000;
    public const int MaxLimit = 10_000;
    public const int MaxDocumentLength = 1024 * 1024;
    public const int MaxErrorLength = 4_096;

    public static void Rows(IReadOnlyList<NoticeRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count > MaxRows)
        {
            throw new ArgumentException($"At most {MaxRows} rows are written at once.", nameof(rows));
        }

        foreach (var row in rows)
        {
            JournalArguments.TenantId(row.TenantId);
            Name(row.NoticeId, nameof(row.NoticeId));
            Name(row.Channel, nameof(row.Channel));
            Name(row.ThreadId, nameof(row.ThreadId));
            Name(row.SubjectId, nameof(row.SubjectId));
            Name(row.Kind, nameof(row.Kind));
            Name(row.Recipient, nameof(row.Recipient));
            Name(row.Delivery, nameof(row.Delivery));
            Name(row.Engagement, nameof(row.Engagement));
            JournalArguments.Text(row.Document, MaxDocumentLength, nameof(row.Document));
            ArgumentOutOfRangeException.ThrowIfNegative(row.Attempts);
            if (row.Address is { Length: > 0 })
            {
                Name(row.Address, nameof(row.Address));
            }

            if (row.Reference is not null)
            {
                JournalArguments.Text(row.Reference, MaxErrorLength, nameof(row.Reference));
            }

            if (row.Error is { Length: > 0 })
            {
                JournalArguments.Text(row.Error, MaxErrorLength, nameof(row.Error));
            }
        }
    }

    public static void Place(string tenantId, string name, string parameter)
    {
        JournalArguments.TenantId(tenantId);
        Name(name, parameter);
    }

    public static void Limit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
    }

    /// <summary>About how many bytes the rows write.</summary>
    public static long Weight(IReadOnlyList<NoticeRow> rows) => rows.Sum(static row => 256L + row.Document.Length);

    public static void Name(string value, string name) => JournalArguments.Text(value, JournalArguments.MaxKeyLength, name);
}
