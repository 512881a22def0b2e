// Oblivious to nullability, since Orleans annotates these signatures differently from release to release.
#nullable disable annotations
using Orleans;
using Orleans.Runtime;

namespace Steward.Storage.Reminders;

/// <summary>Keeps reminders in Steward's database. Every write gives a reminder a new ETag.</summary>
internal sealed class StewardReminderTable(IReminderStore store) : IReminderTable
{
    /// <inheritdoc/>
    public async Task<ReminderTableData> ReadRows(GrainId grainId) => Table(await store.ReadAsync(grainId.ToString(), CancellationToken.None));

    /// <inheritdoc/>
    public async Task<ReminderTableData> ReadRows(uint begin, uint end) => Table(await store.ReadRangeAsync(begin, end, CancellationToken.None));

    /// <inheritdoc/>
    public async Task<ReminderEntry> ReadRow(GrainId grainId, string reminderName) =>
        await store.FindAsync(grainId.ToString(), reminderName, CancellationToken.None) is { } found ? Entry(found) : null;

    /// <inheritdoc/>
    public async Task<string> UpsertRow(ReminderEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var start = entry.StartAt.Kind == DateTimeKind.Local ? entry.StartAt.ToUniversalTime() : entry.StartAt;
        var etag = Guid.NewGuid().ToString("n");
        await store.WriteAsync(
            new StoredReminder(entry.GrainId.ToString(), entry.ReminderName, start, entry.Period, etag), entry.GrainId.GetUniformHashCode(), CancellationToken.None);
        return etag;
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) =>
        await store.RemoveAsync(grainId.ToString(), reminderName, eTag, CancellationToken.None);

    /// <inheritdoc/>
    public async Task TestOnlyClearTable() => await store.ClearAsync(CancellationToken.None);

    private static ReminderTableData Table(IEnumerable<StoredReminder> reminders) => new(reminders.Select(Entry));

    private static ReminderEntry Entry(StoredReminder reminder) => new()
    {
        GrainId = GrainId.Parse(reminder.GrainId),
        ReminderName = reminder.Name,
        StartAt = reminder.StartAt,
        Period = reminder.Period,
        ETag = reminder.ETag,
    };
}
