using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Webhooks;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Connectors;

/// <summary>
/// Owns the events that an external system sends to one connector instance. Persists: its journal, nothing else. Woken by: requests at the gateway, subscribers, admins, its timer
/// while it is in memory, and the tenant's watchdog at the journal's wake time, which is that of the next publication.
/// </summary>
internal sealed partial class ConnectorHooksGrain : StewardGrain, IConnectorHooksGrain, IDisposable
{
    private const int MaxPageSize = 200;
    private const int MaxSubscribers = 32;
    private const int MaxRoutes = 20;
    private const int MaxErrorLength = 500;
    private const int PurgeAfter = 4000;
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenRefusals = TimeSpan.FromMinutes(1);

    private readonly IHookTargets _targets;
    private readonly WebhookReceiver _receiver;
    private readonly HookOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ConnectorHooksGrain> _logger;
    private readonly FoldedJournal<HookState> _journal;
    private readonly HookPublisher _publisher;
    private readonly SemaphoreSlim _accepting = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private IGrainTimer? _timer;
    private DateTimeOffset _refusalLoggedAt;
    private bool _publishing;

    public ConnectorHooksGrain(
        IJournalStore journals, IHookTargets targets, WebhookReceiver receiver, IOptions<HookOptions> options, TimeProvider time, ILogger<ConnectorHooksGrain> logger)
    {
        _targets = targets;
        _receiver = receiver;
        _options = options.Value;
        _time = time;
        _logger = logger;
        _journal = new FoldedJournal<HookState>(journals, GrainKeys.HooksJournal(this.GetPrimaryKeyString()), HookJson.Default.HookState, time, DeactivateOnIdle);
        _publisher = new HookPublisher(_journal, _options, time);
    }

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    private string Instance => GrainKeys.LastPart(Key)[2..];

    private HookState State => _journal.State;

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);
        _timer = this.RegisterGrainTimer(Publish, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        Arm();
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _stop.CancelAsync();

    /// <inheritdoc/>
    public async Task<HookAnswer> Receive(HookDelivery delivery, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();

        // How soon the sender wants an answer says the template; secrets, keys and the journal take the rest of the time.
        var deadline = new HookDeadline(_time);
        if (await deadline.KeepAsync(_targets.FindReplyWithinAsync(TenantId, Instance, cancellationToken)) is not { IsInTime: true } found)
        {
            return Late(deadline);
        }

        deadline.ReplyWithin(found.Value);
        return await deadline.KeepAsync(JudgeAsync(delivery, cancellationToken)) is { IsInTime: true, Value: { } answer }
            ? answer.Status == 401 ? answer : answer with { Patience = deadline.Patience }
            : Late(deadline);
    }

    // What is at work goes on: when the journal takes the events after all, their repetition is taken for known.
    private static HookAnswer Late(HookDeadline deadline)
    {
        Count("late");
        return new HookAnswer { Status = 503, Patience = deadline.Patience };
    }

    private async Task<HookAnswer> JudgeAsync(HookDelivery delivery, CancellationToken cancellationToken)
    {
        var target = await _targets.FindAsync(TenantId, Instance, cancellationToken);
        var request = new HookRequest { Method = delivery.Method, Url = delivery.Url, Query = delivery.Query, Headers = delivery.Headers, Body = delivery.Body };
        switch (await _receiver.ReceiveAsync(target, request, cancellationToken))
        {
            case HookChallenged challenge:
                Count("challenged");
                return new HookAnswer { Status = 200, ContentType = challenge.ContentType, Body = challenge.Body };
            case HookAccepted accepted:
                return await Accept(accepted);
            case HookRefused refused:
                Count("refused");
                NoteRefusal(refused.Reason);
                if (target is null && State.LastNumber == 0)
                {
                    // Strangers can name any instance; what does not exist does not stay in memory.
                    DeactivateOnIdle();
                }

                return new HookAnswer { Status = refused.IsTransient ? 503 : 401 };
            default:
                throw new InvalidOperationException("There is no such verdict.");
        }
    }

    /// <inheritdoc/>
    public Task Subscribe(string subscriber, CancellationToken cancellationToken = default) => JoinAsync(subscriber, null);

    /// <inheritdoc/>
    public Task SubscribeTo(string subscriber, IReadOnlyList<string> routes, CancellationToken cancellationToken = default) =>
        routes is { Count: >= 1 and <= MaxRoutes } && routes.All(route => route is "" || SubscriberName().IsMatch(route))
            ? JoinAsync(subscriber, [.. routes.Distinct(StringComparer.Ordinal)])
            : throw StewardException.Invalid("routes", $"must be 1 to {MaxRoutes} routes of the template.");

    private async Task JoinAsync(string subscriber, IReadOnlyList<string>? routes)
    {
        Caller.RequireSystem();
        if (subscriber is null || !SubscriberName().IsMatch(subscriber))
        {
            throw StewardException.Invalid("subscriber", "must be 1 to 64 characters of a-z, 0-9, hyphen and dot.");
        }

        if (State.IsSubscribed(subscriber, routes))
        {
            return;
        }

        if (State.Subscribers.Count >= MaxSubscribers && !State.Subscribers.Contains(subscriber))
        {
            throw new StewardException(ErrorCodes.LimitReached, $"An instance has at most {MaxSubscribers} subscribers.");
        }

        await _journal.AppendAsync(HookRecordTypes.Subscribed, new HookSubscriber { Name = subscriber, Routes = routes }, HookJson.Default.HookSubscriber, static () => null);
    }

    /// <inheritdoc/>
    public async Task Unsubscribe(string subscriber, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (State.Subscribers.Contains(subscriber))
        {
            await _journal.AppendAsync(HookRecordTypes.Unsubscribed, new HookSubscriber { Name = subscriber }, HookJson.Default.HookSubscriber, () => _publisher.WakeWithoutAll(subscriber));
            Arm();
        }
    }

    /// <inheritdoc/>
    public async Task Settle(SettleHook command, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if ((State.FindWaiting(command.Number) ?? State.FindDead(command.Number))?.OpenFor?.Contains(command.Subscriber) != true)
        {
            return;
        }

        var note = new HookNote { Number = command.Number, Subscriber = command.Subscriber, Error = Shorten(command.Error) };
        await _journal.AppendAsync(HookRecordTypes.Settled, note, HookJson.Default.HookNote, () => _publisher.WakeWithout(note.Error is null ? note.Number : 0, note.Subscriber));
        Arm();
    }

    /// <inheritdoc/>
    public Task<HookDeadLetterPage> ListDeadLetters(long afterNumber, int limit, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (limit is < 1 or > MaxPageSize)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
        }

        var letters = State.Dead.Where(dead => dead.Number > afterNumber).OrderBy(dead => dead.Number).Take(limit + 1).Select(ToLetter).ToList();
        var page = letters.Take(limit).ToList();
        return Task.FromResult(new HookDeadLetterPage { Letters = page, NextAfterNumber = letters.Count > page.Count ? page[^1].Number : null });
    }

    /// <inheritdoc/>
    public async Task Replay(long number, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (State.FindDead(number) is not { } dead || await _journal.ReadAsync(dead.BodyAt, cancellationToken) is null)
        {
            throw StewardException.NotFound("The dead letter");
        }

        await _journal.AppendAsync(HookRecordTypes.Replayed, new HookNote { Number = number }, HookJson.Default.HookNote, () => new JournalWake(_time.GetUtcNow()));
        Arm();
    }

    /// <inheritdoc/>
    public async Task Close(long number, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (State.FindDead(number) is null)
        {
            throw StewardException.NotFound("The dead letter");
        }

        await _journal.AppendAsync(HookRecordTypes.Closed, new HookNote { Number = number }, HookJson.Default.HookNote, static () => null);
    }

    /// <inheritdoc/>
    public async Task Remove(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!State.IsEmpty)
        {
            await _journal.AppendAsync(HookRecordTypes.Removed, new HookNote { Number = State.LastNumber }, HookJson.Default.HookNote, static () => JournalWake.Never);
        }

        // Also when only that is left to do.
        if (_journal.SincePurge > 1)
        {
            await _journal.PurgeAsync();
        }

        Arm();
    }

    /// <inheritdoc/>
    public Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        Arm();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _stop.Dispose();
        _accepting.Dispose();
        _journal.Dispose();
    }

    private async Task<HookAnswer> Accept(HookAccepted accepted)
    {
        await _accepting.WaitAsync();
        try
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var taken = accepted.Events.Where(happened => happened.Route != HookRouteSpec.Ignore).ToList();
            HookDiagnostics.Events.Add(accepted.Events.Count - taken.Count, new KeyValuePair<string, object?>("state", "ignored"));
            var fresh = taken.Where(happened =>
                !State.HasSeen(happened.Id) && !(happened.SignedId is { } signed && State.HasSeen(signed)) && seen.Add(happened.Id)).ToList();
            HookDiagnostics.Events.Add(taken.Count - fresh.Count, new KeyValuePair<string, object?>("state", "repeated"));
            if (fresh.Count > 0)
            {
                if (State.Waiting.Count + fresh.Count > _options.MaxWaiting)
                {
                    // Its sender keeps it and comes again: better than taking what cannot be kept.
                    Count("overloaded");
                    return new HookAnswer { Status = 503 };
                }

                var received = new HookReceived
                {
                    Webhook = accepted.Webhook.Id,
                    Events = [.. fresh.Select(happened => new HookReceivedEvent { Id = happened.Id, SignedId = happened.SignedId, Type = happened.Type, Route = happened.Route is "" ? null : happened.Route, Payload = happened.Payload.GetRawText() })],
                };
                await _journal.AppendAsync(HookRecordTypes.Received, received, HookJson.Default.HookReceived, () => new JournalWake(_time.GetUtcNow()));
                HookDiagnostics.Events.Add(fresh.Count, new KeyValuePair<string, object?>("state", "taken"));
                Arm();
            }
        }
        finally
        {
            _accepting.Release();
        }

        Count("accepted");
        return new HookAnswer { Status = accepted.Webhook.SuccessStatus };
    }

    /// <summary>What the timer does: publishes what is due until nothing is.</summary>
    private async Task Publish(CancellationToken cancellationToken)
    {
        _publishing = true;
        var wait = default(TimeSpan?);
        try
        {
            var stream = this.GetStreamProvider(HookStreams.Provider).GetStream<ConnectorEvent>(StreamId.Create(HookStreams.Namespace, Key));
            while (!_stop.IsCancellationRequested && await _publisher.PublishNextAsync(TenantId, Instance, happened => stream.OnNextAsync(happened), _stop.Token))
            {
            }

            if (State.Waiting.Count == 0 && State.Dead.Count == 0)
            {
                // Nothing waits: content that is over need not be kept for ever.
                await _journal.ShortenAsync(PurgeAfter);
            }
        }
#pragma warning disable CA1031 // What waits stands in the journal: it is published again, here or elsewhere.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!_stop.IsCancellationRequested)
            {
                LogInterrupted(_logger, exception, Key);
                wait = RetryAfter;
            }
        }
        finally
        {
            _publishing = false;
            Arm(wait);
        }
    }

    private void Arm(TimeSpan? retry = null)
    {
        // While events are published, the end of it sets the timer.
        if (_publishing || _stop.IsCancellationRequested)
        {
            return;
        }

        var wait = Timeout.InfiniteTimeSpan;
        if (State.NextAt is { } next)
        {
            var until = retry ?? next - _time.GetUtcNow();
            wait = until < TimeSpan.Zero ? TimeSpan.Zero : until;

            // Later ones are left to the watchdog.
            if (wait <= KeptFor)
            {
                DelayDeactivation(wait + KeptFor);
            }
        }

        _timer!.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void NoteRefusal(string reason)
    {
        // Anyone can make requests that are refused; the log does not grow with them.
        var now = _time.GetUtcNow();
        if (now - _refusalLoggedAt >= BetweenRefusals)
        {
            _refusalLoggedAt = now;
            LogRefused(_logger, Key, reason);
        }
    }

    private static void Count(string outcome) => HookDiagnostics.Requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    private static string? Shorten(string? error) => error is { Length: > MaxErrorLength } ? error[..MaxErrorLength] : error;

    private static HookDeadLetter ToLetter(HookEventState dead) => new()
    {
        Number = dead.Number,
        EventId = dead.EventId,
        Type = dead.Type,
        ReceivedAt = dead.ReceivedAt,
        FailedAt = dead.FailedAt ?? dead.ReceivedAt,
        Attempts = dead.Attempts,
        OpenFor = [.. dead.OpenFor ?? []],
        Error = dead.Error,
    };

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SubscriberName();

    [LoggerMessage(EventId = 1701, Level = LogLevel.Warning, Message = "The events of {Instance} could not be published now; it will be tried again")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string instance);

    [LoggerMessage(EventId = 1702, Level = LogLevel.Information, Message = "A request to the webhooks of {Instance} was refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string instance, string reason);
}
