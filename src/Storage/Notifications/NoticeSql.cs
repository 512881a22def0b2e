namespace Steward.Storage.Notifications;

/// <summary>The columns of a notice in the order in which both stores read them.</summary>
internal static class NoticeSql
{
    public const string Columns =
        "SELECT number, tenant, notice, channel, thread, subject, kind, recipient, created_at, delivery, is_open, is_dead, engagement, attempts, next_at, sent_at, reference, error, document, address FROM notices ";
}
