using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Connectors;

/// <summary>
/// Owns a tenant's record of what was done in external systems: a journal for each week, appended to and read back from its end, so that retention can remove what is old. Woken by: the silos' audit
/// writers and admins.
/// </summary>
internal sealed class ConnectorAuditGrain(IJournalStore journals, TimeProvider time) : StewardGrain, IConnectorAuditGrain
{
    private const string EntryType = "connector.call";
    private const int MaxPageSize = 200;
    private const int ReadAtOnce = 500;
    private const int MaxScanned = 20_000;
    private const int MaxConflicts = 3;

    // Silos' clocks differ, and an entry is written some time after the call.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    private AuditWeek _week = AuditWeek.Before;
    private long _sequence = -1;

    private string Key => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task Append(IReadOnlyList<ConnectorAuditEntry> entries, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var week = AuditWeek.Of(time.GetUtcNow());
        try
        {
            if (_sequence < 0 || week != _week)
            {
                _sequence = (await journals.GetHeadAsync(week.JournalOf(Key), cancellationToken))?.Sequence ?? 0;
                _week = week;
            }

            entries = await WithoutKnownAsync(week, entries, cancellationToken);
            for (var attempt = 0; attempt < MaxConflicts; attempt++)
            {
                if (entries.Count == 0)
                {
                    return;
                }

                switch (await journals.AppendAsync(new JournalAppend { Journal = week.JournalOf(Key), ExpectedSequence = _sequence, Records = ToRecords(entries) }, CancellationToken.None))
                {
                    case JournalAppended appended:
                        _sequence = appended.Sequence;
                        return;
                    case JournalConflict conflict:
                        // Another activation wrote, in a silo that is about to be lost or just was. What is appended depends on nothing that is there already, but may be it.
                        var known = new HashSet<string>(StringComparer.Ordinal);
                        await FindAsync(week, _sequence, conflict.Sequence, Repeated(entries), known, cancellationToken);
                        entries = Without(known, entries);
                        _sequence = conflict.Sequence;
                        break;
                }
            }
        }
        catch (StorageException exception)
        {
            _sequence = -1;
            throw new StewardException(ErrorCodes.Unavailable, "The audit log cannot be written now.", exception) { IsRetryable = true };
        }

        DeactivateOnIdle();
        throw new StewardException(ErrorCodes.Unavailable, "The audit log moved to another server.") { IsRetryable = true };
    }

    private static List<JournalRecord> ToRecords(IReadOnlyList<ConnectorAuditEntry> entries) => [.. entries.Select(entry => new JournalRecord
    {
        Type = EntryType,
        Payload = JsonSerializer.SerializeToUtf8Bytes(entry, ConnectorAuditJson.Default.ConnectorAuditEntry),
        At = entry.At.ToMilliseconds(),
    })];

    // Whoever repeats entries did not get an answer: perhaps they were written before the silo was lost.
    private async Task<IReadOnlyList<ConnectorAuditEntry>> WithoutKnownAsync(AuditWeek week, IReadOnlyList<ConnectorAuditEntry> entries, CancellationToken cancellationToken)
    {
        var open = Repeated(entries);
        var known = new HashSet<string>(StringComparer.Ordinal);
        if (open.Count > 0 && !await FindAsync(week, Math.Max(0, _sequence - MaxScanned), _sequence, open, known, cancellationToken))
        {
            var before = new AuditWeek(week.Index - 1);
            var head = (await journals.GetHeadAsync(before.JournalOf(Key), cancellationToken))?.Sequence ?? 0;
            await FindAsync(before, Math.Max(0, head - MaxScanned), head, open, known, cancellationToken);
        }

        return Without(known, entries);
    }

    // Looks for the open entries from the end; true when there is no sense in going on before. Entries are not in the order of their times, for one may be written late: not one that is too old ends
    // it but a part without any that could be.
    private async Task<bool> FindAsync(AuditWeek week, long after, long end, Dictionary<string, DateTimeOffset> open, HashSet<string> known, CancellationToken cancellationToken)
    {
        while (known.Count < open.Count && end > after)
        {
            var oldest = open.Values.Min() - Slack;
            var from = Math.Max(after, end - ReadAtOnce);
            var part = await journals.ReadAsync(week.JournalOf(Key), from, (int)(end - from), cancellationToken);
            foreach (var record in part.Where(record => record.Type == EntryType && record.Payload.Length > 0))
            {
                if (JsonSerializer.Deserialize(record.Payload.Span, ConnectorAuditJson.Default.ConnectorAuditEntry)!.EntryId is { } id && open.ContainsKey(id))
                {
                    known.Add(id);
                }
            }

            if (part.Count > 0 && part.All(record => record.At < oldest))
            {
                return true;
            }

            end = from;
        }

        return known.Count == open.Count;
    }

    private static Dictionary<string, DateTimeOffset> Repeated(IReadOnlyList<ConnectorAuditEntry> entries) =>
        entries.Where(entry => entry is { IsRepeated: true, EntryId: not null }).DistinctBy(entry => entry.EntryId).ToDictionary(entry => entry.EntryId!, entry => entry.At, StringComparer.Ordinal);

    private static IReadOnlyList<ConnectorAuditEntry> Without(HashSet<string> known, IReadOnlyList<ConnectorAuditEntry> entries) =>
        known.Count == 0 ? entries : [.. entries.Where(entry => entry.EntryId is null || !known.Contains(entry.EntryId))];

    /// <inheritdoc/>
    public async Task<ConnectorAuditPage> List(string? instance, long before, int limit, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (limit is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be between 1 and {MaxPageSize}.");
        }

        // From the end, journal by journal and part by part, as far back as is reasonable for one answer.
        var found = new List<ConnectorAuditEntry>();
        var scanned = 0;
        foreach (var (week, head) in await WeeksAsync(cancellationToken))
        {
            var end = before > 0 ? week.LastBefore(before, head) : head;
            while (end > 0)
            {
                if (scanned >= MaxScanned)
                {
                    return new ConnectorAuditPage { Entries = found, NextBefore = week.Number(end + 1) };
                }

                var from = Math.Max(0, end - ReadAtOnce);
                var part = await journals.ReadAsync(week.JournalOf(Key), from, (int)(end - from), cancellationToken);
                foreach (var entry in part.Where(entry => entry.Type == EntryType && entry.Payload.Length > 0).Reverse())
                {
                    var one = JsonSerializer.Deserialize(entry.Payload.Span, ConnectorAuditJson.Default.ConnectorAuditEntry)!;
                    if (instance is not null && one.Instance != instance)
                    {
                        continue;
                    }

                    if (found.Count == limit)
                    {
                        return new ConnectorAuditPage { Entries = found, NextBefore = found[^1].Sequence };
                    }

                    found.Add(one with { Sequence = week.Number(entry.Sequence) });
                }

                scanned += (int)(end - from);
                end = from;
            }
        }

        return new ConnectorAuditPage { Entries = found };
    }

    // Newest first.
    private async Task<List<(AuditWeek Week, long Head)>> WeeksAsync(CancellationToken cancellationToken)
    {
        List<(AuditWeek Week, long Head)> weeks = [];
        for (string? after = null; ;)
        {
            var heads = await journals.ListClosedAsync(Key, DateTimeOffset.MaxValue, MaxPageSize, after, cancellationToken);
            weeks.AddRange(heads.Select(head => (AuditWeek.Read(Key, head.Journal), head.Sequence)).Where(head => head.Item1 is not null).Select(head => (head.Item1!.Value, head.Sequence)));
            if (heads.Count < MaxPageSize)
            {
                return [.. weeks.OrderByDescending(week => week.Week.Index)];
            }

            after = heads[^1].Journal;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectorAuditEntry))]
internal sealed partial class ConnectorAuditJson : JsonSerializerContext;
