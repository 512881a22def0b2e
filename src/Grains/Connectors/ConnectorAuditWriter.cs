using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Instances;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>
/// Brings this silo's audit entries to the tenants' audit grains, in batches and in order. Calls that may have changed something wait until their entry is durable. Those that only read do not as long
/// as the writing keeps up; then they wait, too, so that a silo that is killed loses no more of them than of the last <see cref="ConnectorAuditOptions.LongestUnwritten"/>. A tenant whose grain does not
/// answer is waited for apart from the others. What is over <see cref="Capacity"/> or cannot be written within a minute is counted and logged as lost.
/// </summary>
internal sealed partial class ConnectorAuditWriter(
    IGrainFactory grains, PlatformIdentity platform, IOptions<ConnectorAuditOptions> options, TimeProvider time, ILogger<ConnectorAuditWriter> logger)
    : BackgroundService, ICallAudit
{
    /// <summary>The most entries that wait.</summary>
    public const int Capacity = 20_000;

    private const int BatchSize = 200;
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(1);

    // Soon at first: what holds up an append is mostly over in a moment, such as the grain's move to another silo, and whoever waits for the entry does so for two seconds.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    // As long as all wait for one: batches are the larger for it, and a grain that answers does so sooner.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(25);

    // A change is answered all the same when the audit log is away for longer: its entry is written later.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly Channel<Waiting> _entries = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    // That somebody waits for an entry.
    private readonly Channel<bool> _hurry = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<string, AuditBacklog> _backlogs = new(StringComparer.Ordinal);
    private int _underWay;

    /// <inheritdoc/>
    public ValueTask RecordAsync(CallAudit entry, bool isChange)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var backlog = _backlogs.GetOrAdd(entry.TenantId, static _ => new AuditBacklog());
        var now = time.GetTimestamp();
        var isBehind = time.GetElapsedTime(backlog.Enter(now), now) > options.Value.LongestUnwritten;
        var written = isChange || isBehind || options.Value.ReadsWait ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        if (!_entries.Writer.TryWrite(new Waiting(entry, now, written)))
        {
            backlog.Leave(1, long.MinValue);
            Lose(entry.TenantId, 1);
            return default;
        }

        if (written is null)
        {
            return default;
        }

        _hurry.Writer.TryWrite(true);
        return new ValueTask(UntilAsync(written.Task, isChange || options.Value.ReadsWait ? LongestWait : options.Value.LongestUnwritten, isChange));
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What was recorded before the stop is still written, as long as the host waits.
        _entries.Writer.TryComplete();
        _hurry.Writer.TryComplete();
        if (ExecuteTask is { } writing)
        {
            await Task.WhenAny(writing, Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken));
        }

        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Waiting> batch = [];
        var late = new Dictionary<string, Task>(StringComparer.Ordinal);
        Task<bool>? hurry = null;
        while (await _entries.Reader.WaitToReadAsync(stoppingToken))
        {
            batch.Clear();
            _hurry.Reader.TryRead(out _);
            hurry = hurry is { IsCompleted: true } ? null : hurry;
            Take(batch);
            if (batch.Count < BatchSize && batch.TrueForAll(one => one.Written is null))
            {
                // Nobody waits: what comes in the next moment shares the append.
                await Task.WhenAny(Task.Delay(Gathering, time, stoppingToken), hurry ??= _hurry.Reader.WaitToReadAsync(stoppingToken).AsTask());
                Take(batch);
            }

            foreach (var tenant in late.Where(pair => pair.Value.IsCompleted).Select(pair => pair.Key).ToList())
            {
                late.Remove(tenant);
            }

            List<Task> now = [];
            foreach (var tenant in batch.GroupBy(waiting => waiting.Entry.TenantId, StringComparer.Ordinal))
            {
                List<Waiting> entries = [.. tenant];
                if (!late.TryGetValue(tenant.Key, out var before))
                {
                    late[tenant.Key] = WriteAfterAsync(Task.CompletedTask, tenant.Key, entries, stoppingToken);
                    now.Add(late[tenant.Key]);
                }
                else if (Volatile.Read(ref _underWay) + entries.Count <= Capacity)
                {
                    late[tenant.Key] = WriteAfterAsync(before, tenant.Key, entries, stoppingToken);
                }
                else
                {
                    Lose(tenant.Key, entries);
                }
            }

            if (now.Count > 0)
            {
                await Task.WhenAny(Task.WhenAll(now), Task.Delay(Patience, time, stoppingToken));
            }
            else if (late.Count > 0)
            {
                // Entries gather meanwhile: one after the other, each would be a write of its own.
                await Task.WhenAny(Task.WhenAny(late.Values), Task.Delay(Gathering, time, stoppingToken));
            }
        }

        await Task.WhenAll(late.Values);
    }

    private void Take(List<Waiting> batch)
    {
        while (batch.Count < BatchSize && _entries.Reader.TryRead(out var entry))
        {
            batch.Add(entry);
        }
    }

    private async Task WriteAfterAsync(Task before, string tenantId, List<Waiting> entries, CancellationToken stoppingToken)
    {
        Interlocked.Add(ref _underWay, entries.Count);
        try
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await WriteAsync(tenantId, entries, stoppingToken);
        }
        finally
        {
            Interlocked.Add(ref _underWay, -entries.Count);
        }
    }

    private async Task UntilAsync(Task written, TimeSpan longest, bool isChange)
    {
        try
        {
            await written.WaitAsync(longest, time);
        }
        catch (TimeoutException)
        {
            ConnectorDiagnostics.AuditLate.Add(isChange ? 1 : 0);
        }
    }

    private async Task WriteAsync(string tenantId, List<Waiting> waiting, CancellationToken stoppingToken)
    {
        List<ConnectorAuditEntry> entries = [.. waiting.Select(one => ToMessage(one.Entry))];
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                platform.Assume(tenantId);
                await grains.GetGrain<IConnectorAuditGrain>(GrainKeys.ConnectorAudit(tenantId)).Append(entries, stoppingToken);
                Settle(tenantId, waiting);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                if (time.GetElapsedTime(began) > GiveUpAfter || exception is StewardException { IsRetryable: false })
                {
                    LogFailed(logger, tenantId, exception);
                    Lose(tenantId, waiting);
                    return;
                }

                LogRepeating(logger, tenantId, entries.Count, exception.GetType().Name, exception.Message);
                entries = [.. entries.Select(entry => entry.IsRepeated ? entry : entry with { IsRepeated = true })];
                await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() / 2)), time, stoppingToken);
            }
        }
    }

    private static ConnectorAuditEntry ToMessage(CallAudit entry) => new()
    {
        At = entry.At,
        Instance = entry.Instance,
        Operation = entry.Operation,
        UserId = entry.UserId,
        OnBehalfOf = entry.OnBehalfOf,
        ActionId = entry.ActionId,
        ArgumentsHash = entry.ArgumentsHash,
        Arguments = entry.Arguments,
        Outcome = entry.Outcome,
        Status = entry.Status,
        VendorRequestId = entry.VendorRequestId,
        Attempts = entry.Attempts,
        Duration = entry.Duration,
        Cost = entry.Cost,
        EntryId = Guid.NewGuid().ToString("n"),
    };

    // Whoever was waiting must not find the log behind any more.
    private void Settle(string tenantId, List<Waiting> entries)
    {
        _backlogs[tenantId].Leave(entries.Count, entries[^1].RecordedAt);
        entries.ForEach(one => one.Written?.TrySetResult());
    }

    private void Lose(string tenantId, List<Waiting> entries)
    {
        Lose(tenantId, entries.Count);
        Settle(tenantId, entries);
    }

    private void Lose(string tenantId, int count)
    {
        ConnectorDiagnostics.AuditLost.Add(count);
        LogLost(logger, tenantId, count);
    }

    private sealed record Waiting(CallAudit Entry, long RecordedAt, TaskCompletionSource? Written);

    [LoggerMessage(EventId = 1401, Level = LogLevel.Error, Message = "{Count} audit entries of {Tenant} were lost")]
    private static partial void LogLost(ILogger logger, string tenant, int count);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Warning, Message = "The audit log of {Tenant} cannot be written")]
    private static partial void LogFailed(ILogger logger, string tenant, Exception exception);

    [LoggerMessage(EventId = 1415, Level = LogLevel.Information, Message = "{Count} audit entries of {Tenant} are written again: {Failure}: {Reason}")]
    private static partial void LogRepeating(ILogger logger, string tenant, int count, string failure, string reason);
}
