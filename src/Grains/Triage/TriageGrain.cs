using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Triage.Routing;
using Steward.Errors;
using Steward.Identity;
using Steward.Inference;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// Owns a tenant's triage: settings, which head answers, decisions and labels. Persists: its journal and that of labels, and where it stands in them (<see cref="TriageState"/>). Woken by: whoever has tickets or
/// something to say of them. Decisions interleave; each ticket has one thing done to it at a time.
/// </summary>
internal sealed partial class TriageGrain : StewardGrain, ITriageGrain, IDisposable
{
    private const int PageSize = 1_000;
    private const int MostListed = 1_000;
    private static readonly TimeSpan BusyFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeavingWait = TimeSpan.FromSeconds(5);

    private readonly TriageParts _parts;
    private readonly IPersistentState<TriageState> _saved;
    private readonly string _key;
    private readonly string _labelKey;
    private readonly string _tenantId;
    private readonly JournalLane _journal;
    private readonly JournalLane _labels;
    private readonly TicketDossiers _dossiers;
    private readonly TicketTurns _turns = new();
    private readonly TicketClassifier _classifier;
    private readonly TicketNeighbourhood _neighbours;
    private readonly TicketMeanings _meanings;
    private readonly CancellationTokenSource _stop = new();
    private TriageFold _fold = new();
    private FeedbackDay _feedback = new();
    private SenderHour _senders = new();
    private int _sinceSaved;
    private Task _saving = Task.CompletedTask;
    private int _underWay;

    public TriageGrain(TriageParts parts, [PersistentState("triage", StorageNames.GrainState)] IPersistentState<TriageState> saved)
    {
        (_parts, _saved, _key) = (parts, saved, this.GetPrimaryKeyString());
        (_labelKey, _tenantId) = (GrainKeys.TriageLabels(_key), GrainKeys.TenantOf(_key));
        _journal = new JournalLane(parts.Journals, _key, entry => Take(entry, _fold.Apply), DeactivateOnIdle);
        _labels = new JournalLane(parts.Journals, _labelKey, entry => Take(entry, _fold.ApplyLabel), DeactivateOnIdle);
        _dossiers = new TicketDossiers(parts.Journals, _key, _labelKey);
        _classifier = new TicketClassifier(parts, _tenantId);
        _neighbours = new TicketNeighbourhood(parts, _tenantId);
        _meanings = new TicketMeanings(parts, _tenantId, _key, _labelKey);
    }

    private TriageOptions Options => _parts.Options.Value;

    /// <inheritdoc/>
    protected override async Task ActivateAsync(CancellationToken cancellationToken)
    {
        if (_key != GrainKeys.Triage(_tenantId))
        {
            throw StewardException.NotFound("The triage");
        }

        _fold = TriageFold.Load(_saved.State.Fold);
        if (await HeadOfAsync(_key, cancellationToken) < _fold.Through || await HeadOfAsync(_labelKey, cancellationToken) < _fold.LabelsThrough)
        {
            // A journal was restored from an older backup than the state: the journals alone are what stands.
            _fold = new TriageFold();
        }

        _fold.Waiting.IsReading = true;
        _journal.Sequence = await CatchUpAsync(_key, _fold.Through, _fold.Apply, cancellationToken);
        _labels.Sequence = await CatchUpAsync(_labelKey, _fold.LabelsThrough, _fold.ApplyLabel, cancellationToken);
        _fold.Waiting.IsReading = false;
        (_feedback, _senders) = (_fold.Feedback.Copy(), _fold.Senders.Copy());
        if (_journal.Sequence == 0)
        {
            _neighbours.Begin();
        }

        _ = LoadNeighboursAsync();
        _ = FollowMeaningsAsync();
        if (_fold.Labels > 0 || _fold.Settings.Version > 0)
        {
            _ = PlanLearningAsync();
        }
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();

        // A store that does not answer keeps nobody here: the journals hold everything.
        await _saving.WaitAsync(LeavingWait, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        if (_sinceSaved > 0 && _saving.IsCompleted)
        {
            await SaveAsync();
        }
    }

    /// <inheritdoc/>
    public async Task<TriageDecision> Classify(TriageTicket ticket, CancellationToken cancellationToken = default)
    {
        TriageRules.Check(ticket);
        var sender = RequireOwnId(ticket.Id);
        if (_underWay >= Options.ConcurrentTickets)
        {
            throw new StewardException(ErrorCodes.Overloaded, $"{Options.ConcurrentTickets} tickets of the tenant are under way.") { IsRetryable = true, RetryAfter = BusyFor };
        }

        _underWay++;
        var arrived = _parts.Time.GetTimestamp();
        try
        {
            if (ticket.Id is { } id)
            {
                return ShownToCaller(await DecideOnceAsync(id, ticket, sender, arrived, cancellationToken));
            }

            var decision = await DecideAsync(ticket, isWatched: false, cancellationToken);
            _ = KeepHeadsAsync();
            return ShownToCaller(decision);
        }
        finally
        {
            _underWay--;
        }
    }

    /// <inheritdoc/>
    public async Task<TriageDecision?> GetDecision(string ticketId, CancellationToken cancellationToken = default)
    {
        RequireTicketId(ticketId);
        using var turn = await _turns.EnterAsync(ticketId);
        var dossier = await _dossiers.ReadAsync(ticketId, cancellationToken);

        // Reasons are words of the ticket: besides those who see all tickets only who asked first is shown what came of it.
        return SeesAllTickets ? dossier.Last : dossier.LastFor(Caller.Required.UserId, TriageRules.SenderOf(_fold.Settings, ticketId, Caller.Required.UserId) is not null) is { } own ? ShownToCaller(own) : null;
    }

    /// <inheritdoc/>
    public async Task Close(string ticketId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        RequireTicketId(ticketId);
        if (_neighbours.Close(ticketId))
        {
            await _journal.AppendAsync(Record(TriageFactTypes.Closed, new TicketClosed(ticketId), TriageJson.Default.TicketClosed));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private static bool SeesAllTickets => Caller.IsSystem || Caller.Required.Roles.Any(role => role is WellKnownRoles.Admin or WellKnownRoles.Auditor);

    private static void RequireTicketId(string ticketId)
    {
        if (string.IsNullOrWhiteSpace(ticketId) || ticketId.Length > TriageRules.LongestTicketId)
        {
            throw StewardException.Invalid("ticketId", $"must have 1 to {TriageRules.LongestTicketId} characters.");
        }
    }

    private async Task<TriageDecision> DecideOnceAsync(string id, TriageTicket ticket, TriageSender? sender, long arrived, CancellationToken cancellationToken)
    {
        var (isFromPlatform, by) = (Caller.IsSystem, Caller.Required.UserId);
        using var turn = await _turns.EnterAsync(id);
        var dossier = await _dossiers.ReadAsync(id, cancellationToken);
        var content = TicketContents.Of(ticket);
        var isKnown = isFromPlatform || sender is not null;
        if ((isKnown ? dossier.FindOf(content.Hash, by, isFromPlatform) : dossier.Find(content.Hash)) is { } known)
        {
            return known;
        }

        if (isKnown ? dossier.IsFullFor(by, isFromPlatform) : dossier.Decisions.Count >= TicketDossier.Most)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"id: this ticket came with {TicketDossier.Most} different contents already.") { Field = "id" };
        }

        var came = _parts.Time.GetUtcNow();
        var isTrusted = sender is not null && MayCount(sender, came);
        TicketDecided decided;
        try
        {
            decided = new TicketDecided
            {
                Ticket = content.Hash,
                Decision = await DecideAsync(ticket, isFromPlatform || isTrusted, cancellationToken),
                IsFromPlatform = isFromPlatform,
                IsTrusted = isTrusted,
                By = by,
                WasSettled = dossier.IsSettled,
            };
        }
        catch when (isTrusted)
        {
            _senders.Return(came, sender!.UserId);
            throw;
        }

        try
        {
            await _journal.AppendAsync(Record(TriageFactTypes.Decided, decided, TriageJson.Default.TicketDecided, TicketDossiers.IdOf(id, dossier.Decisions.Count + 1)), [content, .. await KeptHeadsAsync()]);
        }
        catch
        {
            _dossiers.Forget(id);
            throw;
        }

        dossier.Decisions.Add(decided);
        if (isTrusted && decided.Decision.IncidentId is not null)
        {
            _ = TellOfIncidentAsync(sender!.Source, decided.Decision, ticket.ShortDescription);
        }

        TriageDiagnostics.Duration.Record(_parts.Time.GetElapsedTime(arrived).TotalSeconds);
        return dossier.Last!;
    }

    private async Task<TriageDecision> DecideAsync(TriageTicket ticket, bool isWatched, CancellationToken cancellationToken)
    {
        var zone = TriageTickets.ZoneOf(_fold.Settings);
        var read = ticket.Read(zone);
        var found = await _classifier.ClassifyAsync(_fold, ticket.Id, read, cancellationToken);
        var now = _parts.Time.GetUtcNow().ToMilliseconds();
        // Whoever could have invented tickets watched would make an incident of them.
        var sighting = isWatched ? _neighbours.See(ticket, zone, now) : default;
        var band = BandOf(found.Answer.Band);
        TriageDiagnostics.Decisions.Add(
            1,
            new TagList
            {
                { "steward.triage.band", JsonNamingPolicy.CamelCase.ConvertName(band.ToString()) },
                { "steward.triage.by", found.IsCanary ? "canary" : found.Version.StartsWith("base:", StringComparison.Ordinal) ? "base" : "head" },
            });
        var similar = await SimilarAsync(ticket.Id, read, found, cancellationToken);
        return new TriageDecision
        {
            TicketId = ticket.Id,
            Band = band,
            Label = found.Answer.Label,
            Confidence = found.Answer.Confidence,
            IsOutOfScope = found.Answer.IsOutOfScope,
            Top = [.. found.Answer.Top.Select(share => new LabelScore(share.Label, share.Probability))],
            Reasons = found.Reasons,
            Similar = similar,
            Version = found.Version,
            DecidedAt = now,
            DuplicateOf = sighting.DuplicateOf,
            IncidentId = sighting.IncidentId,
            IsCanary = found.IsCanary,
            TicketGroup = ticket.Group,
        };
    }

    private static TriageBand BandOf(RoutingBand band) => band switch
    {
        RoutingBand.AutoRoute => TriageBand.AutoRoute,
        RoutingBand.Review => TriageBand.Review,
        _ => TriageBand.Human,
    };

    private JournalRecord Record<T>(string type, T content, JsonTypeInfo<T> json, string? deduplicationId = null) => new()
    {
        Type = type,
        Payload = JsonSerializer.SerializeToUtf8Bytes(content, json),
        At = _parts.Time.GetUtcNow().ToMilliseconds(),
        DeduplicationId = deduplicationId,
    };

    private async Task<long> HeadOfAsync(string journal, CancellationToken cancellationToken) => (await _parts.Journals.GetHeadAsync(journal, cancellationToken))?.Sequence ?? 0;

    private async Task<long> CatchUpAsync(string journal, long after, Action<JournalEntry> apply, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entries = await _parts.Journals.ReadAsync(journal, after, PageSize, cancellationToken);
            foreach (var entry in entries)
            {
                Take(entry, apply);
                after = entry.Sequence;
            }

            if (entries.Count < PageSize)
            {
                return after;
            }
        }
    }

    private void Take(JournalEntry entry, Action<JournalEntry> apply)
    {
        apply(entry);
        _sinceSaved++;
        if (_sinceSaved >= Options.SnapshotAfter && _saving.IsCompleted)
        {
            _saving = SaveAsync();
        }
    }

    // Beside the calls: what is saved late only makes the next activation read more.
    private async Task SaveAsync()
    {
        try
        {
            do
            {
                _sinceSaved = 0;
                _saved.State.Fold = _fold.Save();
                await _saved.WriteStateAsync();
            }
            while (_sinceSaved >= Options.SnapshotAfter);
        }
#pragma warning disable CA1031 // The journals hold everything; it is tried again after as many entries.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotSaved(_parts.Logger, exception, _key);
        }
    }

    // What is not planned now is with the next activation: a night is only one of many.
    private async Task PlanLearningAsync()
    {
        try
        {
            _parts.Platform.Assume(_tenantId);
            await GrainFactory.GetGrain<ITriageLearningGrain>(GrainKeys.TriageLearning(_tenantId)).Resume(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // It is said in the log and done later.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotPlanned(_parts.Logger, exception, _key);
        }
    }

    private async Task LoadNeighboursAsync()
    {
        try
        {
            await _neighbours.LoadAsync(_key, _labelKey, TriageTickets.ZoneOf(_fold.Settings), _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // Decisions name fewer similar tickets until the next activation.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotLoaded(_parts.Logger, exception, _key);
        }
    }

    [LoggerMessage(EventId = 1703, Level = LogLevel.Warning, Message = "Where {Key} stands could not be saved; its next activation reads more of its journals")]
    private static partial void LogNotSaved(ILogger logger, Exception exception, string key);

    [LoggerMessage(EventId = 1705, Level = LogLevel.Warning, Message = "The nightly training of {Key} could not be planned; it is with its next activation")]
    private static partial void LogNotPlanned(ILogger logger, Exception exception, string key);

    [LoggerMessage(EventId = 1704, Level = LogLevel.Warning, Message = "The past tickets of {Key} could not be read; its decisions name no similar ones of before")]
    private static partial void LogNotLoaded(ILogger logger, Exception exception, string key);
}
