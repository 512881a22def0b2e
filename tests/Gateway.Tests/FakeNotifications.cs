using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Gateway.Tests;

/// <summary>Inboxes in memory, which tests fill item by item.</summary>
public sealed class FakeNotifications
{
    private readonly ConcurrentDictionary<string, List<InboxItem>> _inboxes = new();
    private readonly ConcurrentDictionary<Channel<InboxItem>, string> _watchers = new();

    public ConcurrentQueue<(string User, MarkInbox Command)> Marks { get; } = new();

    public ConcurrentQueue<string> Replayed { get; } = new();

    public NotificationSettings Settings { get; set; } = new();

    public ConcurrentDictionary<string, NotificationPreferences> Preferences { get; } = new();

    public INotificationClient Of(CallerIdentity identity, Action fail) => new Client(this, identity, fail);

    public InboxItem Deliver(string user, string title, string tenant = "t-acme", string kind = "approval.requested")
    {
        var key = $"{tenant}/{user}";
        var inbox = _inboxes.GetOrAdd(key, _ => []);
        lock (inbox)
        {
            var item = new InboxItem
            {
                Sequence = inbox.Count + 1,
                NoticeId = $"n-{inbox.Count + 1}",
                Kind = kind,
                SubjectId = "a-1",
                ThreadId = "a-1/" + user,
                Title = title,
                Text = "Line one\nline two",
                Data = "{\"approvalId\":\n\"a-1\"}",
                At = DateTimeOffset.UnixEpoch,
            };
            inbox.Add(item);
            foreach (var (watcher, of) in _watchers)
            {
                if (of == key)
                {
                    watcher.Writer.TryWrite(item);
                }
            }

            return item;
        }
    }

    private sealed class Client(FakeNotifications all, CallerIdentity identity, Action fail) : INotificationClient
    {
        private string Key => $"{identity.TenantId}/{identity.UserId}";

        public Task<InboxPage> ListAsync(long? beforeSequence = null, int limit = 50, CancellationToken cancellationToken = default) => Do(() =>
        {
            var inbox = all._inboxes.GetOrAdd(Key, _ => []);
            lock (inbox)
            {
                return new InboxPage { Items = [.. inbox.Where(item => beforeSequence is null || item.Sequence < beforeSequence).Reverse().Take(limit)], Unseen = inbox.Count, LastSequence = inbox.Count };
            }
        });

        public async IAsyncEnumerable<InboxItem> WatchAsync(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            fail();
            var channel = Channel.CreateUnbounded<InboxItem>();
            var inbox = all._inboxes.GetOrAdd(Key, _ => []);
            lock (inbox)
            {
                foreach (var item in inbox.Where(item => item.Sequence > afterSequence))
                {
                    channel.Writer.TryWrite(item);
                }

                all._watchers[channel] = Key;
            }

            try
            {
                await foreach (var item in channel.Reader.ReadAllAsync(cancellationToken))
                {
                    yield return item;
                }
            }
            finally
            {
                all._watchers.TryRemove(channel, out _);
            }
        }

        public Task MarkAsync(MarkInbox command, CancellationToken cancellationToken = default) => Do(() =>
        {
            all.Marks.Enqueue((identity.UserId, command));
            return true;
        });

        public Task<NotificationPreferences> GetPreferencesAsync(CancellationToken cancellationToken = default) => Do(() => all.Preferences.GetOrAdd(Key, _ => new NotificationPreferences()));

        public Task<NotificationPreferences> SetPreferencesAsync(NotificationPreferences preferences, CancellationToken cancellationToken = default) => Do(() => preferences.QuietFrom is "25:00"
            ? throw StewardException.Invalid("quietFrom", "must be a time such as 22:00.")
            : all.Preferences[Key] = preferences);

        public Task<NotificationSettings> GetSettingsAsync(CancellationToken cancellationToken = default) => Admin(() => all.Settings);

        public Task<NotificationSettings> SetSettingsAsync(NotificationSettings settings, CancellationToken cancellationToken = default) => Admin(() => settings.Revision != all.Settings.Revision
            ? throw new StewardException(ErrorCodes.Conflict, "The settings have changed.")
            : all.Settings = settings with { Revision = settings.Revision + 1 });

        public Task<NoticePreview> PreviewAsync(PreviewNotice command, CancellationToken cancellationToken = default) => Admin(() => new NoticePreview
        {
            Title = $"{command.Kind} on {command.Channel}",
            Text = command.Template ?? "shipped",
            Payload = command.Data ?? "{}",
        });

        public Task<IReadOnlyList<NoticeStatus>> ListBySubjectAsync(string subjectId, CancellationToken cancellationToken = default) => Admin<IReadOnlyList<NoticeStatus>>(() => [Status(subjectId)]);

        public Task<IReadOnlyList<NoticeStatus>> ListDeadLettersAsync(int limit = 50, CancellationToken cancellationToken = default) => Admin<IReadOnlyList<NoticeStatus>>(() => [Status($"limit-{limit}")]);

        public Task ReplayDeadLetterAsync(string noticeId, CancellationToken cancellationToken = default) => Admin(() =>
        {
            all.Replayed.Enqueue(noticeId);
            return true;
        });

        public Task<QueueInfo> GetQueueAsync(string channel, CancellationToken cancellationToken = default) => Admin(() => new QueueInfo { Channel = channel, Waiting = 3 });

        private static NoticeStatus Status(string subject) => new()
        {
            NoticeId = "n-9",
            Channel = "email",
            Kind = "approval.requested",
            Recipient = "u-boss",
            Delivery = "bounced",
            Engagement = "unknown",
            Attempts = 8,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Error = "No such person.",
            SubjectId = subject,
        };

        private Task<T> Admin<T>(Func<T> work) => Do(() => identity.Roles.Contains(WellKnownRoles.Admin) ? work() : throw StewardException.Forbidden("Only an admin of the tenant may do this."));

        private Task<T> Do<T>(Func<T> work)
        {
            fail();
            return Task.FromResult(work());
        }
    }
}
