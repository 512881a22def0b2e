using System.Text.Json;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>Tickets as contents: stored once with the entry that refers to them, and removed by the tenant's retention.</summary>
internal static class TicketContents
{
    /// <summary>The content of a ticket. Equal tickets give the same.</summary>
    public static StoredContent Of(TriageTicket ticket)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(ticket, TriageJson.Default.TriageTicket);
        return new StoredContent(ContentHash.Of(bytes), bytes);
    }

    /// <summary>Reads a ticket back; null when retention has removed it.</summary>
    public static async ValueTask<TriageTicket?> ReadAsync(IContentStore contents, string tenantId, string hash, CancellationToken cancellationToken) =>
        await contents.ReadAsync(tenantId, hash, cancellationToken) is { } bytes ? JsonSerializer.Deserialize(bytes.Span, TriageJson.Default.TriageTicket) : null;
}
