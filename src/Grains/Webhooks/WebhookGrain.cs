using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Engines.Security.Webhooks;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Webhooks;

/// <summary>
/// Owns one webhook: its settings, its secrets and the messages to its receiver. Persists: its journal, nothing else. Woken by: runs, admins, its timer while it is in memory,
/// and the tenant's watchdog at the journal's wake time, which is that of the next attempt. Sends beside its calls, a few at a time.
/// </summary>
internal sealed partial class WebhookGrain : StewardGrain, IWebhookGrain, IDisposable
{
    private const int MaxWaiting = 1000;
    private const int MaxDescriptionLength = 200;
    private const int MaxPageSize = 200;
    private const int PurgeAfter = 4000;
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly WebhookSender _sender;
    private readonly AddressGuard _guard;
    private readonly SecretSealer _sealer;
    private readonly PlatformIdentity _platform;
    private readonly WebhookOptions _options;
    private readonly WebhookRetries _retries;
    private readonly TimeProvider _time;
    private readonly ILogger<WebhookGrain> _logger;
    private readonly FoldedJournal<WebhookState> _journal;
    private readonly CancellationTokenSource _stop = new();
    private IGrainTimer? _timer;
    private bool _sending;

    public WebhookGrain(
        IJournalStore journals,
        WebhookSender sender,
        AddressGuard guard,
        SecretSealer sealer,
        PlatformIdentity platform,
        IOptions<WebhookOptions> options,
        TimeProvider time,
        ILogger<WebhookGrain> logger)
    {
        _sender = sender;
        _guard = guard;
        _sealer = sealer;
        _platform = platform;
        _options = options.Value;
        _retries = new WebhookRetries(_options, Random.Shared.NextDouble);
        _time = time;
        _logger = logger;
        _journal = new FoldedJournal<WebhookState>(journals, this.GetPrimaryKeyString(), WebhookJson.Default.WebhookState, time, DeactivateOnIdle);
    }

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    private string WebhookId => GrainKeys.LastPart(Key);

    private WebhookState State => _journal.State;

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);

        // Interleaves, since an attempt may take its time: what it changes, it changes through the journal, whose appends queue up.
        _timer = this.RegisterGrainTimer(Send, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        Arm();
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _stop.CancelAsync();

    /// <inheritdoc/>
    public async Task<WebhookSecretShown> Create(CreateWebhook command, CancellationToken cancellationToken = default)
    {
        RequireHere();
        if (State.Created is not null)
        {
            throw new StewardException(ErrorCodes.Conflict, "webhookId: there is, or was, a webhook with this id. If its secret was lost, make a new one by rotating it.") { Field = "webhookId" };
        }

        await Check(command, cancellationToken);
        await Publish(command.Events, enabled: true);
        var secret = WebhookSecret.Create();
        var created = new WebhookCreated { Spec = command, Secret = _sealer.Seal(secret, Key), By = Caller.Required.UserId, At = _time.GetUtcNow().ToMilliseconds() };
        await _journal.AppendAsync(WebhookRecordTypes.Created, created, WebhookJson.Default.WebhookCreated, static () => null);
        return new WebhookSecretShown { Webhook = Info(), Secret = secret.Reveal() };
    }

    /// <inheritdoc/>
    public Task<WebhookInfo?> GetInfo(CancellationToken cancellationToken = default)
    {
        RequireHere();
        return Task.FromResult(State.IsThere ? Info() : null);
    }

    /// <inheritdoc/>
    public async Task<WebhookInfo> SetEnabled(bool enabled, CancellationToken cancellationToken = default)
    {
        RequireThere();
        if (State.Sends != enabled)
        {
            await (enabled
                ? _journal.AppendAsync(WebhookRecordTypes.Enabled, new WebhookNote(), WebhookJson.Default.WebhookNote, static () => null)
                : _journal.AppendAsync(WebhookRecordTypes.Disabled, new WebhookDisabled { Reason = "by_admin" }, WebhookJson.Default.WebhookDisabled, static () => JournalWake.Never));
        }

        await Publish(State.Created!.Spec.Events, enabled);
        return Info();
    }

    /// <inheritdoc/>
    public async Task<WebhookSecretShown> Rotate(CancellationToken cancellationToken = default)
    {
        RequireThere();
        var secret = WebhookSecret.Create();
        var rotated = new WebhookRotated { Secret = _sealer.Seal(secret, Key), OldExpiresAt = (_time.GetUtcNow() + _options.RotationOverlap).ToMilliseconds() };
        await _journal.AppendAsync(WebhookRecordTypes.Rotated, rotated, WebhookJson.Default.WebhookRotated, static () => null);
        return new WebhookSecretShown { Webhook = Info(), Secret = secret.Reveal() };
    }

    /// <inheritdoc/>
    public async Task Delete(CancellationToken cancellationToken = default)
    {
        RequireHere();
        if (State.Created is null)
        {
            throw StewardException.NotFound("The webhook");
        }

        if (!State.Deleted)
        {
            await _journal.AppendAsync(WebhookRecordTypes.Deleted, new WebhookNote(), WebhookJson.Default.WebhookNote, static () => JournalWake.Never);
        }

        _platform.Assume(TenantId);
        await GrainFactory.GetGrain<IWebhookIndexGrain>(GrainKeys.WebhookIndex(TenantId)).Remove(WebhookId, CancellationToken.None);
        await _journal.PurgeAsync();
    }

    /// <inheritdoc/>
    public async Task<WebhookDelivery> Test(CancellationToken cancellationToken = default)
    {
        RequireSends();
        var id = "d-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        await Accept(id, WebhookEventTypes.Test, null, WebhookBody.Test(_time.GetUtcNow().ToMilliseconds()));
        return State.Find(id)!.ToDelivery();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<WebhookDelivery>> ListDeliveries(int limit, CancellationToken cancellationToken = default)
    {
        RequireThere();
        return limit is >= 1 and <= MaxPageSize
            ? Task.FromResult<IReadOnlyList<WebhookDelivery>>([.. State.Waiting.Concat(State.History).OrderByDescending(message => message.CreatedAt).Take(limit).Select(message => message.ToDelivery())])
            : throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
    }

    /// <inheritdoc/>
    public async Task<WebhookDelivery> Redeliver(string deliveryId, CancellationToken cancellationToken = default)
    {
        RequireSends();
        if (State.Find(deliveryId) is not { } message || message.BodyAt == 0 || await _journal.ReadAsync(message.BodyAt, cancellationToken) is null)
        {
            throw StewardException.NotFound("The delivery");
        }

        await _journal.AppendAsync(WebhookRecordTypes.Requeued, new WebhookRequeued { DeliveryId = deliveryId }, WebhookJson.Default.WebhookRequeued, () => new JournalWake(_time.GetUtcNow()));
        Arm();
        return (State.Find(deliveryId) ?? message).ToDelivery();
    }

    /// <inheritdoc/>
    public async Task Notify(WebhookEvent happened, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!State.Sends)
        {
            return;
        }

        await Accept(
            WebhookBody.IdOf(Key, happened),
            happened.Type,
            happened.Subject,
            WebhookBody.Of(happened, State.Created!.Spec.IncludeAnswer, _options.PublicAddress));
    }

    /// <inheritdoc/>
    public async Task<bool> TryNotify(WebhookEvent happened, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!State.Sends)
        {
            return false;
        }

        var deliveryId = WebhookBody.IdOf(Key, happened);
        if (State.Find(deliveryId) is null)
        {
            if (State.Waiting.Count >= MaxWaiting)
            {
                return false;
            }

            await Accept(deliveryId, happened.Type, happened.Subject, WebhookBody.Of(happened, State.Created!.Spec.IncludeAnswer, _options.PublicAddress));
        }

        return true;
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
        _journal.Dispose();
    }

    private async Task Accept(string deliveryId, string type, string? subject, string body)
    {
        if (State.Waiting.Count >= MaxWaiting)
        {
            var dropped = new WebhookDropped { DeliveryId = deliveryId, Type = type, Subject = subject, Reason = $"{MaxWaiting} messages wait already" };
            await _journal.AppendAsync(WebhookRecordTypes.Dropped, dropped, WebhookJson.Default.WebhookDropped, static () => null, deliveryId);
            return;
        }

        var accepted = new WebhookAccepted { DeliveryId = deliveryId, Type = type, Subject = subject, Body = body };
        await _journal.AppendAsync(WebhookRecordTypes.Accepted, accepted, WebhookJson.Default.WebhookAccepted, () => new JournalWake(_time.GetUtcNow()), deliveryId);
        Arm();
    }

    /// <summary>What the timer does: sends what is due, a few messages at a time, until nothing is.</summary>
    private async Task Send(CancellationToken cancellationToken)
    {
        _sending = true;
        var wait = default(TimeSpan?);
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var now = _time.GetUtcNow();
                var due = State.Sends ? State.Waiting.Where(message => message.NextAt <= now).OrderBy(message => message.NextAt).Take(_options.ConcurrentDeliveries).ToList() : [];
                if (due.Count == 0)
                {
                    break;
                }

                await Task.WhenAll(due.Select(Deliver));
            }

            if (State.Waiting.Count == 0)
            {
                // Nothing waits: bodies that are over need not be kept for ever.
                await _journal.ShortenAsync(PurgeAfter);
            }
        }
#pragma warning disable CA1031 // What waits stands in the journal: it is tried again, here or elsewhere, with the same id.
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
            _sending = false;
            Arm(wait);
        }
    }

    private async Task Deliver(WebhookMessageState message)
    {
        var result = await Attempt(message);
        if (!State.Sends || !State.Waiting.Contains(message))
        {
            return;
        }

        var attempted = _retries.After(message, State.FailingSince, result, _time.GetUtcNow().ToMilliseconds());
        await _journal.AppendAsync(WebhookRecordTypes.Attempted, attempted, WebhookJson.Default.WebhookAttempted, () => WakeAfter(attempted));
        WebhookDiagnostics.Attempts.Add(1, new KeyValuePair<string, object?>("state", attempted.State.ToString()));
        if (attempted.Disables is { } reason)
        {
            LogDisabled(_logger, Key, reason);
            await Publish(State.Created!.Spec.Events, enabled: false);
        }
    }

    private async Task<WebhookResult> Attempt(WebhookMessageState message)
    {
        if (await _journal.ReadAsync(message.BodyAt, _stop.Token) is not { } entry)
        {
            return new WebhookResult(WebhookOutcome.Failed, null, "the message was removed by retention");
        }

        var now = _time.GetUtcNow();
        var secrets = new List<SecretText>();
        foreach (var secret in State.Secrets.Where(secret => secret.ExpiresAt is null || secret.ExpiresAt > now))
        {
            if (_sealer.TryOpen(secret.Sealed, Key, out var opened))
            {
                secrets.Add(opened);
            }
        }

        if (secrets.Count == 0)
        {
            return new WebhookResult(WebhookOutcome.Failed, null, "the secret cannot be opened with the cluster's keys; rotate it");
        }

        var body = JsonSerializer.Deserialize(entry.Payload.Span, WebhookJson.Default.WebhookAccepted)!.Body;
        return await _sender.SendAsync(new Uri(State.Created!.Spec.Url), secrets, message.DeliveryId, Encoding.UTF8.GetBytes(body), _stop.Token);
    }

    /// <summary>When the next attempt of any message is due, once this one's result stands.</summary>
    private JournalWake WakeAfter(WebhookAttempted attempted)
    {
        if (attempted.Disables is not null)
        {
            return JournalWake.Never;
        }

        var others = State.Waiting.Where(message => message.DeliveryId != attempted.DeliveryId).Min(message => message.NextAt);
        return new JournalWake(attempted.NextAt is { } own && (others is null || own < others) ? own : others);
    }

    private void Arm(TimeSpan? retry = null)
    {
        // While messages are sent, the end of it sets the timer.
        if (_sending)
        {
            return;
        }

        var wait = Timeout.InfiniteTimeSpan;
        if (State.Sends && State.Waiting.Min(message => message.NextAt) is { } next)
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

    private async Task Publish(IReadOnlyList<string> events, bool enabled)
    {
        _platform.Assume(TenantId);
        await GrainFactory.GetGrain<IWebhookIndexGrain>(GrainKeys.WebhookIndex(TenantId)).Put(new WebhookSubscription { WebhookId = WebhookId, Events = events, Enabled = enabled }, CancellationToken.None);
    }

    private async Task Check(CreateWebhook command, CancellationToken cancellationToken)
    {
        if (command.Description is { Length: > MaxDescriptionLength })
        {
            throw StewardException.Invalid("description", $"must have at most {MaxDescriptionLength} characters.");
        }

        if (command.Events.Any(type => !WebhookEventTypes.Subscribable.Contains(type)) || command.Events.Distinct(StringComparer.Ordinal).Count() != command.Events.Count)
        {
            throw StewardException.Invalid("events", $"must be some of {string.Join(", ", WebhookEventTypes.Subscribable)}, each once.");
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        AddressRefusal? refusal;
        try
        {
            refusal = await _guard.CheckAsync(command.Url, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            refusal = new AddressRefusal(false, "has a host name that cannot be resolved.");
        }

        if (refusal is not null)
        {
            throw new StewardException(refusal.IsForbidden ? ErrorCodes.WebhookAddressForbidden : ErrorCodes.InvalidArgument, $"url: {refusal.Reason}") { Field = "url" };
        }
    }

    private WebhookInfo Info() => new()
    {
        WebhookId = WebhookId,
        Spec = State.Created!.Spec,
        Enabled = State.Sends,
        DisabledReason = State.DisabledReason,
        CreatedAt = State.Created.At,
        FailingSince = State.FailingSince,
        DeliveredAt = State.DeliveredAt,
        Waiting = State.Waiting.Count,
    };

    private void RequireHere()
    {
        Caller.RequireAdmin();
        if (!GrainKeys.IsValidPart(WebhookId, 'w') || Key.Length != TenantId.Length + 1 + WebhookId.Length)
        {
            throw StewardException.NotFound("The webhook");
        }
    }

    private void RequireThere()
    {
        RequireHere();
        if (!State.IsThere)
        {
            throw StewardException.NotFound("The webhook");
        }
    }

    private void RequireSends()
    {
        RequireThere();
        if (!State.Sends)
        {
            throw new StewardException(ErrorCodes.Conflict, "The webhook is disabled; enable it first.");
        }
    }

    [LoggerMessage(EventId = 1601, Level = LogLevel.Warning, Message = "Webhook {Webhook} could not be worked on now; it will be tried again")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string webhook);

    [LoggerMessage(EventId = 1602, Level = LogLevel.Warning, Message = "Webhook {Webhook} is disabled: {Reason}")]
    private static partial void LogDisabled(ILogger logger, string webhook, string reason);
}
