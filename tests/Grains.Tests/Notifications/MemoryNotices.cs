using Steward.Storage;

namespace Steward.Grains.Tests.Notifications;

/// <summary>The table of notices, in memory; fails as it is told.</summary>
internal sealed class MemoryNotices : INotificationStore
{
    private readonly Dictionary<(string Tenant, string Notice, string Channel), NoticeRow> _rows = [];
    private readonly Lock _gate = new();
    private long _number;

    /// <summary>Called before each access, with its name; may wait or throw.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called after each access.</summary>
    public Func<string, Task> After { get; set; } = _ => Task.CompletedTask;

    /// <summary>How often each access was made.</summary>
    public Dictionary<string, int> Calls { get; } = [];

    public IReadOnlyList<NoticeRow> Rows
    {
        get
        {
            lock (_gate)
            {
                return [.. _rows.Values.OrderBy(row => row.Number)];
            }
        }
    }

    public NoticeRow Row(string noticeId, string channel) => Rows.Single(row => row.NoticeId == noticeId && row.Channel == channel);

    public ValueTask AddAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default) => new(Do("add", () =>
    {
        foreach (var row in rows)
        {
            _rows.TryAdd((row.TenantId, row.NoticeId, row.Channel), row with { Number = ++_number });
        }

        return true;
    }));

    public ValueTask UpdateAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default) => new(Do("update", () =>
    {
        foreach (var row in rows)
        {
            var key = (row.TenantId, row.NoticeId, row.Channel);
            if (_rows.TryGetValue(key, out var known))
            {
                _rows[key] = row with { Number = known.Number, Document = known.Document, CreatedAt = known.CreatedAt };
            }
        }

        return true;
    }));

    public ValueTask<IReadOnlyList<NoticeRow>> ListOpenAsync(string tenantId, string channel, long afterNumber, int limit, CancellationToken cancellationToken = default) =>
        Read("list", rows => rows.Where(row => row.IsOpen && row.TenantId == tenantId && row.Channel == channel && row.Number > afterNumber).OrderBy(row => row.Number).Take(limit));

    public ValueTask<IReadOnlyList<(string TenantId, string Channel)>> ListOpenChannelsAsync(string? tenantId, DateTimeOffset dueBy, CancellationToken cancellationToken = default) =>
        new(Do<IReadOnlyList<(string, string)>>("channels", () =>
            [.. _rows.Values.Where(row => row.IsOpen && (tenantId is null || row.TenantId == tenantId) && (row.NextAt is null || row.NextAt <= dueBy)).Select(row => (row.TenantId, row.Channel)).Distinct()]));

    public ValueTask<NoticeRow?> FindReferenceAsync(string tenantId, string channel, string threadId, CancellationToken cancellationToken = default) =>
        new(Do("reference", () => _rows.Values.Where(row => row.Reference is not null && row.TenantId == tenantId && row.Channel == channel && row.ThreadId == threadId).MaxBy(row => row.Number)));

    public ValueTask<IReadOnlyList<NoticeRow>> FindAsync(string tenantId, string noticeId, CancellationToken cancellationToken = default) =>
        Read("find", rows => rows.Where(row => row.TenantId == tenantId && row.NoticeId == noticeId).OrderBy(row => row.Number));

    public ValueTask<IReadOnlyList<NoticeRow>> ListBySubjectAsync(string tenantId, string subjectId, int limit, CancellationToken cancellationToken = default) =>
        Read("subject", rows => rows.Where(row => row.TenantId == tenantId && row.SubjectId == subjectId).OrderBy(row => row.Number).Take(limit));

    public ValueTask<IReadOnlyList<NoticeRow>> ListByAddressAsync(string tenantId, string subjectId, string address, int limit, CancellationToken cancellationToken = default) =>
        Read("address", rows => rows.Where(row => row.TenantId == tenantId && row.SubjectId == subjectId && (row.Address is null || row.Address == address)).OrderByDescending(row => row.Number).Take(limit));

    public ValueTask<IReadOnlyList<NoticeRow>> ListDeadAsync(string tenantId, int limit, CancellationToken cancellationToken = default) =>
        Read("dead", rows => rows.Where(row => row.IsDead && row.TenantId == tenantId).OrderByDescending(row => row.Number).Take(limit));

    public ValueTask<int> RemoveOldAsync(string tenantId, DateTimeOffset createdBefore, int limit, CancellationToken cancellationToken = default) => new(Do("remove", () =>
    {
        var old = _rows.Where(row => !row.Value.IsOpen && row.Value.TenantId == tenantId && row.Value.CreatedAt < createdBefore).Take(limit).Select(row => row.Key).ToList();
        old.ForEach(key => _rows.Remove(key));
        return old.Count;
    }));

    private ValueTask<IReadOnlyList<NoticeRow>> Read(string name, Func<IEnumerable<NoticeRow>, IEnumerable<NoticeRow>> read) => new(Do<IReadOnlyList<NoticeRow>>(name, () => [.. read(_rows.Values)]));

    private async Task<T> Do<T>(string name, Func<T> action)
    {
        await Before(name);
        T result;
        lock (_gate)
        {
            Calls[name] = Calls.GetValueOrDefault(name) + 1;
            result = action();
        }

        await After(name);
        return result;
    }
}
