using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Steward.Engines.Notifications;
using Steward.Notifications;
using Steward.Storage;

namespace Steward.Grains.Tests.Notifications;

/// <summary>The queues of a tenant's channels over one table, in a virtual world. A queue can be lost like a silo, with all that was under way.</summary>
internal sealed class QueueRig
{
    public const string Tenant = "t-acme";

    private readonly Dictionary<string, Living> _queues = [];
    private readonly Random _random;
    private int _created;

    public QueueRig(int seed = 1, params string[] channels)
    {
        _random = new Random(seed);
        foreach (var channel in channels.Length > 0 ? channels : ["slack", "email"])
        {
            Channels[channel] = new FakeChannel(channel, Time);
        }
    }

    public VirtualTime Time { get; } = new();

    public MemoryNotices Table { get; } = new();

    public Dictionary<string, FakeChannel> Channels { get; } = [];

    public NotificationOptions Options { get; } = new();

    public double PerSecond { get; set; } = 1000;

    /// <summary>Channels that the tenant has not set up.</summary>
    public HashSet<string> Missing { get; } = [];

    public FakeChannel Slack => Channels["slack"];

    public FakeChannel Email => Channels["email"];

    /// <summary>The queue of a channel; a new one over the same table when there is none.</summary>
    public ChannelQueue Queue(string channel = "slack") => (_queues.TryGetValue(channel, out var living) ? living : _queues[channel] = Start(channel)).Queue;

    /// <summary>A silo is lost: nothing of what is under way in the queue has any effect any more, but what the channel was told.</summary>
    public void Lose(string channel)
    {
        if (_queues.Remove(channel, out var living))
        {
            living.IsLost = true;
        }
    }

    /// <summary>Stops a queue in an orderly way.</summary>
    public async Task StopAsync(string channel)
    {
        if (_queues.Remove(channel, out var living))
        {
            await living.Queue.StopAsync(TimeSpan.FromSeconds(5));
        }
    }

    /// <summary>The silo's places.</summary>
    public SiloSends Places { get; set; } = new(512);

    public Task EnqueueAsync(Notice notice, string channel = "slack", DateTimeOffset? notBefore = null, bool again = false, params string[] next) =>
        EnqueueAsync(channel, [new QueuedNotice { Notice = NoticeJson.Write(notice), Next = next, NotBefore = notBefore, Again = again }]);

    // Like a call of a grain: it fails when nobody answers.
    private async Task EnqueueAsync(string channel, IReadOnlyList<QueuedNotice> notices)
    {
        var queue = Queue(channel);
        await InThisWorld().WaitAsync(TimeSpan.FromSeconds(30), Time);

        // What a completion source completes elsewhere comes back here.
        async Task InThisWorld() => await queue.EnqueueAsync(notices);
    }

    public Notice Notice(string? id = null, string? thread = null, string kind = NoticeKinds.ApprovalRequested, string user = "u-ada", DateTimeOffset? expiresAt = null, bool isUrgent = false) => new()
    {
        NoticeId = id ?? $"n-{++_created}",
        TenantId = Tenant,
        Kind = kind,
        Recipient = new NoticeRecipient { UserId = user, Email = $"{user[2..]}@acme.example" },
        ThreadId = thread ?? $"thread-{_created}",
        SubjectId = "a-1",
        Data = JsonSerializer.SerializeToElement(new { approvalId = "a-1" }),
        IsActionable = kind == NoticeKinds.ApprovalRequested,
        IsUrgent = isUrgent,
        CreatedAt = Time.GetUtcNow(),
        ExpiresAt = expiresAt,
    };

    private Living Start(string channel)
    {
        var living = new Living();
        var timer = Time.CreateTimer(_ => Time.Post(living.Dispatch), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        living.Queue = new ChannelQueue(new ChannelQueueParts
        {
            TenantId = Tenant,
            Channel = channel,
            Store = new GuardedStore(Table, living),
            Sender = new GuardedSender(Channels[channel], living),
            Plan = _ => Task.FromResult(Missing.Contains(channel) ? null : new ChannelPlan(new ChannelSettings { Channel = channel, Instance = channel }, PerSecond)),
            PassOn = (next, notices) => living.IsLost ? Living.Never<bool>() : EnqueueAsync(next, notices),
            Arm = wait => timer.Change(wait, Timeout.InfiniteTimeSpan),
            Places = Places,
            Options = Options,
            Time = Time,
            Random = _random.NextDouble,
            Logger = NullLogger.Instance,
        });
        living.Queue.Resume();
        return living;
    }

    internal sealed class Living
    {
        public ChannelQueue Queue { get; set; } = null!;

        public bool IsLost { get; set; }

        public void Dispatch()
        {
            if (!IsLost)
            {
                Queue.Dispatch();
            }
        }

        public static Task<T> Never<T>() => new TaskCompletionSource<T>().Task;

        public async Task<T> Guard<T>(Func<Task<T>> call)
        {
            var result = IsLost ? await Never<T>() : await call();
            return IsLost ? await Never<T>() : result;
        }
    }

    private sealed class GuardedSender(FakeChannel channel, Living living) : IChannelSender
    {
        public string Channel => channel.Channel;

        public ChannelTraits Traits => channel.Traits;

        public Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken) => living.Guard(() => channel.SendAsync(message, cancellationToken));
    }

    private sealed class GuardedStore(INotificationStore store, Living living) : INotificationStore
    {
        public async ValueTask AddAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default) => await living.Guard(async () =>
        {
            await store.AddAsync(rows, cancellationToken);
            return true;
        });

        public async ValueTask UpdateAsync(IReadOnlyList<NoticeRow> rows, CancellationToken cancellationToken = default) => await living.Guard(async () =>
        {
            await store.UpdateAsync(rows, cancellationToken);
            return true;
        });

        public ValueTask<IReadOnlyList<NoticeRow>> ListOpenAsync(string tenantId, string channel, long afterNumber, int limit, CancellationToken cancellationToken = default) =>
            new(living.Guard(() => store.ListOpenAsync(tenantId, channel, afterNumber, limit, cancellationToken).AsTask()));

        public ValueTask<IReadOnlyList<(string TenantId, string Channel)>> ListOpenChannelsAsync(string? tenantId, DateTimeOffset dueBy, CancellationToken cancellationToken = default) =>
            store.ListOpenChannelsAsync(tenantId, dueBy, cancellationToken);

        public ValueTask<NoticeRow?> FindReferenceAsync(string tenantId, string channel, string threadId, CancellationToken cancellationToken = default) =>
            new(living.Guard(() => store.FindReferenceAsync(tenantId, channel, threadId, cancellationToken).AsTask()));

        public ValueTask<IReadOnlyList<NoticeRow>> FindAsync(string tenantId, string noticeId, CancellationToken cancellationToken = default) =>
            new(living.Guard(() => store.FindAsync(tenantId, noticeId, cancellationToken).AsTask()));

        public ValueTask<IReadOnlyList<NoticeRow>> ListBySubjectAsync(string tenantId, string subjectId, int limit, CancellationToken cancellationToken = default) =>
            store.ListBySubjectAsync(tenantId, subjectId, limit, cancellationToken);

        public ValueTask<IReadOnlyList<NoticeRow>> ListByAddressAsync(string tenantId, string subjectId, string address, int limit, CancellationToken cancellationToken = default) =>
            store.ListByAddressAsync(tenantId, subjectId, address, limit, cancellationToken);

        public ValueTask<IReadOnlyList<NoticeRow>> ListDeadAsync(string tenantId, int limit, CancellationToken cancellationToken = default) => store.ListDeadAsync(tenantId, limit, cancellationToken);

        public ValueTask<int> RemoveOldAsync(string tenantId, DateTimeOffset createdBefore, int limit, CancellationToken cancellationToken = default) =>
            store.RemoveOldAsync(tenantId, createdBefore, limit, cancellationToken);
    }
}
