using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Triage;

/// <summary>
/// Brings the tickets of one instance to triage and back, a few at a time, the events of one ticket one after the other. Persists nothing: an event stays open with the instance's events until it is settled, and comes again with
/// growing waits until it becomes a dead letter. Woken by: <see cref="TriageHooksGrain"/>.
/// </summary>
internal sealed partial class TriageIntakeGrain(
    TicketDesk desk, ITenantTriage triage, IConnectorRegistry registry, PlatformIdentity platform, TimeProvider time, ILogger<TriageIntakeGrain> logger)
    : StewardGrain, ITriageIntakeGrain, IDisposable
{
    private const int AtOnce = 8;
    private const int MostWaiting = 500;
    private static readonly TimeSpan SettingsHoldFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(2);

    private readonly TicketTurns _turns = new();
    private readonly Dictionary<TicketSystemKind, TicketSystem> _systems = [];
    private readonly HashSet<long> _taken = [];
    private readonly SemaphoreSlim _places = new(AtOnce, AtOnce);
    private readonly CancellationTokenSource _stop = new();
    private TriageConnector? _connector;
    private DateTimeOffset _connectorUntil;
    private bool _isSubscribed;

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    private string Instance => GrainKeys.LastPart(Key)["c-".Length..];

    /// <inheritdoc/>
    public async Task<bool> Take(ConnectorEvent happened, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (happened.TenantId != TenantId || happened.Instance != Instance)
        {
            LogForeign(logger, Key);
            return false;
        }

        var isOpen = happened.OpenFor.Contains(TriageSubscriptions.Subscriber);
        if (await ConnectorAsync(cancellationToken) is not { } connector)
        {
            if (isOpen)
            {
                platform.Assume(TenantId);
                await Hooks.Unsubscribe(TriageSubscriptions.Subscriber, cancellationToken);
                _isSubscribed = false;
            }

            return false;
        }

        if (!isOpen && !_isSubscribed)
        {
            platform.Assume(TenantId);
            await Hooks.Subscribe(TriageSubscriptions.Subscriber, cancellationToken);
            _isSubscribed = true;
        }

        if (HookedTicket.Of(happened.Payload) is not { } hooked)
        {
            await SettleAsync(happened, isOpen, null);
            return true;
        }

        if (_taken.Count >= MostWaiting || !_taken.Add(happened.Number))
        {
            return false;
        }

        DelayDeactivation(KeptFor);
        _ = WorkAsync(_turns.EnterAsync(hooked.Record), happened, hooked, connector, isOpen);
        return true;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _stop.CancelAsync();

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _places.Dispose();
    }

    private IConnectorHooksGrain Hooks => GrainFactory.GetGrain<IConnectorHooksGrain>(Key);

    private async Task WorkAsync(Task<IDisposable> entering, ConnectorEvent happened, HookedTicket hooked, TriageConnector connector, bool isOpen)
    {
        // Whoever asked is answered before anything is done.
        await Task.Yield();
        string? error;
        try
        {
            using var turn = await entering;
            await _places.WaitAsync(_stop.Token);
            try
            {
                error = await HandleAsync(happened, hooked, connector);
            }
            finally
            {
                _places.Release();
            }

            await SettleAsync(happened, isOpen, error);
        }
#pragma warning disable CA1031 // It is not settled, and so it comes again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!_stop.IsCancellationRequested)
            {
                LogInterrupted(logger, exception, Key);
            }
        }
        finally
        {
            _taken.Remove(happened.Number);
        }
    }

    private async Task<string?> HandleAsync(ConnectorEvent happened, HookedTicket hooked, TriageConnector connector)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(Patience);
        var became = "failed";
        try
        {
            platform.Assume(TenantId);
            became = await desk.HandleAsync(TenantId, SystemOf(hooked.System), connector, hooked, happened.Attempt > 1, limit.Token);
            return null;
        }
        catch (TicketSystemException exception)
        {
            LogFailed(logger, Key, hooked.Record, exception.Message);
            return exception.Message;
        }
        catch (StewardException exception)
        {
            LogFailed(logger, Key, hooked.Record, exception.Message);
            return exception.Message;
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            return $"It could not be done within {Patience.TotalSeconds:0} seconds.";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogInterrupted(logger, exception, Key);
            return "The ticket could not be worked on.";
        }
        finally
        {
            IntakeDiagnostics.Duration.Record((time.GetUtcNow() - happened.ReceivedAt).TotalSeconds, new KeyValuePair<string, object?>("outcome", became));
        }
    }

    private async Task SettleAsync(ConnectorEvent happened, bool isOpen, string? error)
    {
        if (isOpen)
        {
            platform.Assume(TenantId);
            await Hooks.Settle(new SettleHook { Number = happened.Number, Subscriber = TriageSubscriptions.Subscriber, Error = error });
        }
    }

    private async Task<TriageConnector?> ConnectorAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_connectorUntil <= now)
        {
            platform.Assume(TenantId);
            var settings = await triage.Of(TenantId).GetSettings(cancellationToken);
            _connector = settings.Connectors.FirstOrDefault(connector => connector.Instance == Instance);
            _connectorUntil = now + SettingsHoldFor;
        }

        return _connector;
    }

    private TicketSystem SystemOf(TicketSystemKind kind) =>
        _systems.TryGetValue(kind, out var known) ? known : _systems[kind] = TicketSystem.Of(kind, TenantId, Instance, registry, time);

    [LoggerMessage(EventId = 1967, Level = LogLevel.Warning, Message = "An event of another tenant or instance came to {Instance}; it is left alone")]
    private static partial void LogForeign(ILogger logger, string instance);

    [LoggerMessage(EventId = 1968, Level = LogLevel.Warning, Message = "An event of {Instance} was interrupted; it will come again")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string instance);

    [LoggerMessage(EventId = 1969, Level = LogLevel.Warning, Message = "Ticket {Record} of {Instance} could not be worked on now: {Error}")]
    private static partial void LogFailed(ILogger logger, string instance, string record, string error);
}
