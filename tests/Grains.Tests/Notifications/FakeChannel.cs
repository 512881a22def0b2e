using Steward.Engines.Notifications;

namespace Steward.Grains.Tests.Notifications;

/// <summary>A channel that answers as it is told and remembers what people see in it.</summary>
internal sealed class FakeChannel(string name, TimeProvider time) : IChannelSender
{
    private readonly HashSet<string> _keys = [];

    public string Channel { get; } = name;

    public ChannelTraits Traits { get; set; } = new(CanUpdate: true, KnowsDelivered: false, KnowsSeen: false, HasKey: false);

    /// <summary>Every attempt, in order.</summary>
    public List<(ChannelMessage Message, DateTimeOffset At)> Attempts { get; } = [];

    /// <summary>What people see: each effect of a notice, in order.</summary>
    public List<(string TenantId, string NoticeId, string ThreadId, string? Updates, DateTimeOffset At)> Effects { get; } = [];

    /// <summary>What an attempt leads to; null for success.</summary>
    public Func<ChannelMessage, SendResult?> Answer { get; set; } = _ => null;

    /// <summary>How long an attempt takes.</summary>
    public Func<TimeSpan> Takes { get; set; } = () => TimeSpan.Zero;

    /// <summary>Tenants for which attempts fail for now.</summary>
    public ConcurrentSet Failing { get; } = new();

    /// <summary>Tenants of which the channel knows nobody.</summary>
    public ConcurrentSet Refusing { get; } = new();

    /// <summary>The notices of a tenant that people see, in order.</summary>
    public List<string> SeenBy(string tenant)
    {
        lock (_keys)
        {
            return [.. Effects.Where(effect => effect.TenantId == tenant).Select(effect => effect.NoticeId)];
        }
    }

    /// <summary>How often something was tried for a tenant.</summary>
    public int AttemptsFor(string tenant)
    {
        lock (_keys)
        {
            return Attempts.Count(attempt => attempt.Message.Notice.TenantId == tenant);
        }
    }

    public async Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken)
    {
        lock (_keys)
        {
            Attempts.Add((message, time.GetUtcNow()));
        }

        var answer = Failing.Contains(message.Notice.TenantId) ? new SendResult { Outcome = SendOutcome.FailedForNow, Error = "not now" }
            : Refusing.Contains(message.Notice.TenantId) ? new SendResult { Outcome = SendOutcome.Undeliverable, Error = "nobody here" }
            : Answer(message);
        if (Takes() is { Ticks: > 0 } takes)
        {
            await Task.Delay(takes, time, cancellationToken);
        }

        lock (_keys)
        {
            if (answer is null or { Outcome: SendOutcome.Unknown } && (!Traits.HasKey || _keys.Add($"{message.Notice.TenantId}/{message.Notice.NoticeId}")))
            {
                Effects.Add((message.Notice.TenantId, message.Notice.NoticeId, message.Notice.ThreadId, message.Reference, time.GetUtcNow()));
            }
        }

        return answer ?? new SendResult { Outcome = SendOutcome.Sent, Reference = message.Reference ?? $"{Channel}:{message.Notice.ThreadId}" };
    }
}

/// <summary>Names that tests add and remove while others look.</summary>
internal sealed class ConcurrentSet
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, bool> _names = new();

    public void Add(string name) => _names[name] = true;

    public void Remove(string name) => _names.TryRemove(name, out _);

    public bool Contains(string name) => _names.ContainsKey(name);
}
