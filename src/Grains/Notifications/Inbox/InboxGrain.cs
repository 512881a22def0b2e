using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.People;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>
/// Owns what a person was told in-app, and how they want to be told. Persists: its journal, nothing else. Woken by: the queue of the channel in-app, the person, and whoever tells them something.
/// </summary>
internal sealed partial class InboxGrain : StewardGrain, IInboxGrain, IDisposable
{
    private const int MaxPageSize = 200;
    private const int MaxWatchers = 20;
    private const int PurgeAfter = 4000;

    // Addresses are given to somebody else in time: what was said longer ago may not have been for this person.
    private static readonly TimeSpan AdoptedFor = TimeSpan.FromDays(30);

    private readonly KnownPreferences _known;
    private readonly KnownPeople _people;
    private readonly PlatformIdentity _platform;
    private readonly TimeProvider _time;
    private readonly ILogger<InboxGrain> _logger;
    private readonly FoldedJournal<InboxState> _journal;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _processStops;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _watchers;

    public InboxGrain(IJournalStore journals, KnownPreferences known, KnownPeople people, PlatformIdentity platform, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<InboxGrain> logger)
    {
        _known = known;
        _people = people;
        _platform = platform;
        _time = time;
        _logger = logger;
        _processStops = lifetime.ApplicationStopping;
        _journal = new FoldedJournal<InboxState>(journals, this.GetPrimaryKeyString(), InboxJson.Default.InboxState, time, DeactivateOnIdle);
    }

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    private string UserId => GrainKeys.UserOf(this.GetPrimaryKeyString())!;

    private InboxState State => _journal.State;

    /// <inheritdoc/>
    protected override Task ActivateAsync(CancellationToken cancellationToken) => _journal.LoadAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _stop.CancelAsync();

    /// <inheritdoc/>
    public async Task Deliver(InboxItem item, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var delivered = new InboxDelivered
        {
            NoticeId = item.NoticeId,
            Kind = item.Kind,
            SubjectId = item.SubjectId,
            ThreadId = item.ThreadId,
            Title = item.Title,
            Text = item.Text,
            Data = item.Data,
            At = item.At,
        };
        if (!await _journal.AppendAsync(InboxRecordTypes.Delivered, delivered, InboxJson.Default.InboxDelivered, static () => null, item.NoticeId))
        {
            return;
        }

        Changed();
        await PurgeWhenLong();
    }

    /// <inheritdoc/>
    public async Task Adopt(string placeholderId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (placeholderId == UserId)
        {
            return;
        }

        _platform.Assume(TenantId);
        var since = _time.GetUtcNow() - AdoptedFor;
        var items = await GrainFactory.GetGrain<IInboxGrain>(GrainKeys.Inbox(TenantId, placeholderId)).Read(cancellationToken);
        var known = State.Items.Select(item => item.NoticeId).ToHashSet(StringComparer.Ordinal);
        foreach (var item in items.Where(item => item.At >= since && !known.Contains(item.NoticeId)))
        {
            await Deliver(item, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<InboxItem>> Read(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return Task.FromResult<IReadOnlyList<InboxItem>>([.. State.Items]);
    }

    /// <inheritdoc/>
    public Task<InboxPage> List(long? beforeSequence, int limit, CancellationToken cancellationToken = default)
    {
        RequirePerson();
        if (limit is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
        }

        // Some people only ever approve: they are to be told in this inbox, and not in that of an address.
        _people.Saw(Caller.Required);
        return Task.FromResult(new InboxPage
        {
            Items = [.. State.Items.Where(item => beforeSequence is null || item.Sequence < beforeSequence).Reverse().Take(limit)],
            Unseen = State.Unseen(),
            LastSequence = State.LastSequence,
        });
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<InboxItem> Watch(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RequirePerson();
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("afterSequence", "must be 0 or a sequence number.");
        }

        if (_watchers >= MaxWatchers)
        {
            throw new StewardException(ErrorCodes.Overloaded, $"An inbox is watched by at most {MaxWatchers} at a time; close some.") { IsRetryable = true };
        }

        // A watcher that waits would hold up the end of a process that stops; it resumes elsewhere.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token, _processStops);
        _watchers++;
        try
        {
            while (true)
            {
                var changed = _changed.Task;
                foreach (var item in State.Items.Where(item => item.Sequence > afterSequence).ToList())
                {
                    yield return item;
                    afterSequence = item.Sequence;
                }

                await changed.WaitAsync(either.Token);
            }
        }
        finally
        {
            _watchers--;
        }
    }

    /// <inheritdoc/>
    public async Task Mark(MarkInbox command, CancellationToken cancellationToken = default)
    {
        if (!Caller.IsSystem)
        {
            RequirePerson();
        }

        var marked = new InboxMarked { SeenThrough = command.SeenThrough, Read = command.Read, ActedOn = Caller.IsSystem ? command.ActedOn : null };
        var changes = State.Items.Select(item => (item.ThreadId, item.Engagement, After: InboxState.After(marked, item))).Where(change => change.Engagement != change.After).ToList();
        if (changes.Count == 0)
        {
            return;
        }

        await _journal.AppendAsync(InboxRecordTypes.Marked, marked, InboxJson.Default.InboxMarked, static () => null);
        await PurgeWhenLong();
        await TellQueue(changes.Where(change => change.ThreadId is { Length: > 0 }).Select(change => (change.ThreadId, change.After)).Distinct());
    }

    /// <inheritdoc/>
    public Task<NotificationPreferences> GetPreferences(CancellationToken cancellationToken = default) => Task.FromResult(State.Preferences);

    /// <inheritdoc/>
    public async Task<NotificationPreferences> SetPreferences(NotificationPreferences preferences, CancellationToken cancellationToken = default)
    {
        RequirePerson();

        // What a caller leaves out is as if they had no wish.
        preferences = preferences with { Channels = preferences.Channels ?? [], ByKind = preferences.ByKind ?? [] };
        PreferenceRules.Check(preferences);
        await _journal.AppendAsync(InboxRecordTypes.Preferred, preferences, InboxJson.Default.NotificationPreferences, static () => null);
        await PurgeWhenLong();
        _known.Forget(TenantId, UserId);
        return State.Preferences;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _journal.Dispose();
    }

    private Task PurgeWhenLong() => _journal.ShortenAsync(PurgeAfter);

    // That the status of notices lags is no reason to refuse a mark.
    private async Task TellQueue(IEnumerable<(string ThreadId, string Engagement)> changes)
    {
        try
        {
            _platform.Assume(TenantId);
            var queue = GrainFactory.GetGrain<INotificationQueueGrain>(GrainKeys.NotificationQueue(TenantId, NotificationChannels.InApp));
            await Task.WhenAll(changes.Select(change => queue.Engaged(change.ThreadId, change.Engagement)));
        }
#pragma warning disable CA1031 // The mark itself stands.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(_logger, exception, TenantId);
        }
    }

    private static void RequirePerson()
    {
        if (Caller.IsSystem)
        {
            throw StewardException.Forbidden("An inbox is for its person only.");
        }

        _ = Caller.Required;
    }

    private void Changed()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
    }

    [LoggerMessage(EventId = 1921, Level = LogLevel.Warning, Message = "What a person of {Tenant} saw in-app could not be noted with its notices")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string tenant);
}
