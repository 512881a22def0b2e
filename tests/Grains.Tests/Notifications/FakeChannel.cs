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
    public List<(string NoticeId, string ThreadId, string? Updates, DateTimeOffset At)> Effects { get; } = [];

    /// <summary>What an attempt leads to; null for success.</summary>
    public Func<ChannelMessage, SendResult?> Answer { get; set; } = _ => null;

    /// <summary>How long an attempt takes.</summary>
    public Func<TimeSpan> Takes { get; set; } = () => TimeSpan.Zero;

    public async Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken)
    {
        Attempts.Add((message, time.GetUtcNow()));
        var answer = Answer(message);
        if (Takes() is { Ticks: > 0 } takes)
        {
            await Task.Delay(takes, time, cancellationToken);
        }

        if (answer is null or { Outcome: SendOutcome.Unknown } && (!Traits.HasKey || _keys.Add(message.Notice.NoticeId)))
        {
            Effects.Add((message.Notice.NoticeId, message.Notice.ThreadId, message.Reference, time.GetUtcNow()));
        }

        return answer ?? new SendResult { Outcome = SendOutcome.Sent, Reference = message.Reference ?? $"{Channel}:{message.Notice.ThreadId}" };
    }
}
