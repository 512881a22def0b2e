using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Connectors;

/// <summary>
/// Owns a tenant's record of what was done in external systems: one journal, appended to and read back from its end. Woken by: the silos' audit writers and admins.
/// </summary>
internal sealed class ConnectorAuditGrain(IJournalStore journals) : Grain, IConnectorAuditGrain
{
    private const string EntryType = "connector.call";
    private const int MaxPageSize = 200;
    private const int MaxScanned = 5000;

    private long _sequence = -1;

    private string Key => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task Append(IReadOnlyList<ConnectorAuditEntry> entries, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (_sequence < 0)
        {
            _sequence = (await journals.GetHeadAsync(Key, cancellationToken))?.Sequence ?? 0;
        }

        var records = entries.Select(entry => new JournalRecord
        {
            Type = EntryType,
            Payload = JsonSerializer.SerializeToUtf8Bytes(entry, ConnectorAuditJson.Default.ConnectorAuditEntry),
            At = entry.At.ToMilliseconds(),
        }).ToList();
        if (records.Count == 0)
        {
            return;
        }

        try
        {
            if (await journals.AppendAsync(new JournalAppend { Journal = Key, ExpectedSequence = _sequence, Records = records }, CancellationToken.None) is JournalAppended appended)
            {
                _sequence = appended.Sequence;
                return;
            }
        }
        catch (StorageException exception)
        {
            _sequence = -1;
            throw new StewardException(ErrorCodes.Unavailable, "The audit log cannot be written now.", exception) { IsRetryable = true };
        }

        // Another activation wrote: this one is out of date.
        DeactivateOnIdle();
        throw new StewardException(ErrorCodes.Unavailable, "The audit log moved to another server.") { IsRetryable = true };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorAuditEntry>> List(string? instance, long before, int limit, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (limit is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be between 1 and {MaxPageSize}.");
        }

        var head = (await journals.GetHeadAsync(Key, cancellationToken))?.Sequence ?? 0;
        var end = before > 0 ? Math.Min(before - 1, head) : head;
        List<ConnectorAuditEntry> found = [];

        // From the end, page by page, as far back as is reasonable for one answer.
        for (var scanned = 0; end > 0 && found.Count < limit && scanned < MaxScanned; scanned += MaxPageSize, end -= MaxPageSize)
        {
            var from = Math.Max(0, end - MaxPageSize);
            var page = await journals.ReadAsync(Key, from, (int)(end - from), cancellationToken);
            found.AddRange(page
                .Where(entry => entry.Type == EntryType && entry.Payload.Length > 0)
                .Reverse()
                .Select(entry => JsonSerializer.Deserialize(entry.Payload.Span, ConnectorAuditJson.Default.ConnectorAuditEntry)! with { Sequence = entry.Sequence })
                .Where(entry => instance is null || entry.Instance == instance));
        }

        return [.. found.Take(limit)];
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectorAuditEntry))]
internal sealed partial class ConnectorAuditJson : JsonSerializerContext;
