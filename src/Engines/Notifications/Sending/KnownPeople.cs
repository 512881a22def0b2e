using System.Collections.Concurrent;

namespace Steward.Engines.Notifications.Sending;

/// <summary>Where people were found on a channel, so that not every notice asks again: look-ups have stricter limits than messages. Forgets after an hour, and everything when it is full.</summary>
internal sealed class KnownPeople(TimeProvider time)
{
    private const int MaxPeople = 50_000;
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(string Tenant, string Instance, string Email), (string Conversation, DateTimeOffset Until)> _known = new();

    public string? Find(ChannelMessage message) => _known.TryGetValue(KeyOf(message), out var found) && found.Until > time.GetUtcNow() ? found.Conversation : null;

    public void Keep(ChannelMessage message, string conversation)
    {
        if (_known.Count >= MaxPeople)
        {
            _known.Clear();
        }

        _known[KeyOf(message)] = (conversation, time.GetUtcNow() + Life);
    }

    public void Forget(ChannelMessage message) => _known.TryRemove(KeyOf(message), out _);

    private static (string Tenant, string Instance, string Email) KeyOf(ChannelMessage message) =>
        (message.Notice.TenantId, message.Settings.Instance!, message.Notice.Recipient.Email!.ToLowerInvariant());
}
