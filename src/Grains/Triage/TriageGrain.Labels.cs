using System.Text.Json;
using Steward.Engines.Triage.Tickets;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>What was said of tickets.</summary>
internal sealed partial class TriageGrain
{
    private const int MostLabels = 1_000;
    private const int ReadAtOnce = 16;
    private const int MostPageCharacters = 4_000_000;
    private static readonly TimeSpan MostAhead = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriageLabelResult>> Label(IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken = default)
    {
        if (labels is not { Count: >= 1 and <= MostLabels } || labels.Any(label => label is null))
        {
            throw StewardException.Invalid("labels", $"must be 1 to {MostLabels}.");
        }

        var caller = Caller.Required;
        var (isPlatform, isAdmin) = (Caller.IsSystem, caller.Roles.Contains(WellKnownRoles.Admin));
        var problems = labels.Select(label => TriageRules.Find(label, _fold.Settings, isPlatform, isAdmin)).ToList();
        var ids = labels.Where((_, i) => problems[i] is null).Select(label => label.TicketId).Distinct(StringComparer.Ordinal).ToList();
        using var turn = await _turns.EnterAsync(ids);
        var dossiers = new Dictionary<string, TicketDossier>(StringComparer.Ordinal);
        foreach (var part in ids.Chunk(ReadAtOnce))
        {
            foreach (var dossier in await Task.WhenAll(part.Select(id => _dossiers.ReadAsync(id, cancellationToken))))
            {
                dossiers[dossier.TicketId] = dossier;
            }
        }

        var isFirst = _fold.Labels == 0;
        var (results, appends) = (new List<TriageLabelResult>(labels.Count), new List<Task>());
        try
        {
            for (var i = 0; i < labels.Count; i++)
            {
                var label = labels[i];
                var settles = isPlatform || isAdmin || TriageRules.SenderOf(_fold.Settings, label.TicketId, caller.UserId) is not null;
                var by = new Speaker(isPlatform ? label.By! : caller.UserId, isPlatform || isAdmin);
                var problem = problems[i] ?? await LabelAsync(label, by, !settles, dossiers[label.TicketId], appends, cancellationToken);
                results.Add(new TriageLabelResult { TicketId = label.TicketId ?? "", IsTaken = problem is null, Problem = problem is { } wrong ? $"{wrong.Field}: {wrong.Allowed}" : null });
            }
        }
        finally
        {
            // Others may see what is in the dossiers only once it is durable.
            await Task.WhenAll(appends).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (appends.Exists(append => !append.IsCompletedSuccessfully))
            {
                ids.ForEach(_dossiers.Forget);
            }
        }

        await Task.WhenAll(appends);
        if (appends.Count > 0)
        {
            _meanings.Learn();
        }

        if (isFirst && _fold.Labels > 0)
        {
            _ = PlanLearningAsync();
        }

        return results;
    }

    /// <inheritdoc/>
    public async Task<TriageLabelPage> ListLabels(long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("afterSequence", "must be at least 0.");
        }

        if (limit is < 1 or > MostListed)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MostListed}.");
        }

        var entries = await _parts.Journals.ReadAsync(_labelKey, afterSequence, limit, cancellationToken);
        var (labels, through, characters) = (new List<TriageLabelEntry>(), afterSequence, 0L);
        foreach (var part in entries.Chunk(ReadAtOnce))
        {
            var read = await Task.WhenAll(part.Select(entry => ReadLabelAsync(entry, cancellationToken)));
            foreach (var (entry, label) in part.Zip(read))
            {
                characters += label is null ? 0 : label.Ticket.Description.Length + label.Ticket.ShortDescription.Length;
                if (characters > MostPageCharacters && through > afterSequence)
                {
                    return new TriageLabelPage { Labels = labels, ThroughSequence = through, HasMore = true };
                }

                through = entry.Sequence;
                if (label is not null)
                {
                    labels.Add(label);
                }
            }
        }

        return new TriageLabelPage { Labels = labels, ThroughSequence = through, HasMore = entries.Count == limit && through < _labels.Sequence };
    }

    private async Task<FieldProblem?> LabelAsync(TriageLabel label, Speaker speaker, bool isSuggestion, TicketDossier dossier, List<Task> appends, CancellationToken cancellationToken)
    {
        if (dossier.Says(label.Label, speaker.Id, label.EventId, isSuggestion))
        {
            return null;
        }

        if (dossier.Labels.Count >= (isSuggestion ? TicketDossier.MostWithSuggestions : TicketDossier.Most))
        {
            return new FieldProblem("ticketId", $"people said {dossier.Labels.Count} things of this ticket already.");
        }

        if (await TextOfAsync(label, speaker, dossier, cancellationToken) is not { } text)
        {
            return new FieldProblem("ticket", "must be sent along: triage has not seen this ticket, or its text is over the tenant's retention.");
        }

        var now = _parts.Time.GetUtcNow();
        var ticket = text.Ticket;
        var content = TicketContents.Of(ticket);
        var said = new TicketLabelled
        {
            TicketId = label.TicketId,
            Ticket = content.Hash,
            Label = label.Label,
            Source = label.Source,
            By = speaker.Id,
            EventId = label.EventId,
            IsSuggestion = isSuggestion,
            At = (label.At is { } at && at < now + MostAhead ? at : now).ToMilliseconds(),
            Decided = DecidedBefore.Of(text.Decided),
            IsOwnText = text.IsOwn,
            Replaces = dossier.Labels.LastOrDefault() is { } last ? new SaidBefore(last.Label, last.Decided) : null,
        };
        if (IsEvidence(said, now))
        {
            said = said with { IsEvidence = true, ReplacesEvidence = dossier.Evidence is { } evidence ? new SaidBefore(evidence.Label, evidence.Decided, evidence.Source == TriageLabelSource.Feedback ? evidence.By : null) : null };
        }

        appends.Add(AppendAsync(said, TicketDossiers.IdOf(label.TicketId, dossier.Labels.Count + 1), ticket, content));
        dossier.Labels.Add(said);
        TriageDiagnostics.Labels.Add(1, new KeyValuePair<string, object?>("steward.triage.source", JsonNamingPolicy.CamelCase.ConvertName(label.Source.ToString())));
        return null;
    }

    // Others find it once its text is there.
    private async Task AppendAsync(TicketLabelled said, string id, TriageTicket ticket, StoredContent content)
    {
        await _labels.AppendAsync(Record(TriageFactTypes.Labelled, said, TriageJson.Default.TicketLabelled, id), content);
        _neighbours.Learn(said.TicketId, ticket.Read(TriageTickets.ZoneOf(_fold.Settings)), said.Label, content.Hash);
    }

    // Reserves at once: what is being appended counts already.
    private bool IsEvidence(TicketLabelled said, DateTimeOffset now) => said.Source switch
    {
        TriageLabelSource.Reassignment or TriageLabelSource.Confirmation => true,
        TriageLabelSource.Feedback => said.Decided is { IsFromPlatform: true, Band: not TriageBand.Human } decided && _feedback.TryAdd(now, said.By, decided.Version),
        _ => false,
    };

    // Null for what is no label, and for one whose ticket retention has removed: nothing can be learnt from it.
    private async Task<TriageLabelEntry?> ReadLabelAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Type != TriageFactTypes.Labelled || entry.Payload.Length == 0)
        {
            return null;
        }

        var said = JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketLabelled)!;
        return await TicketContents.ReadAsync(_parts.Contents, _tenantId, said.Ticket, cancellationToken) is { } ticket
            ? new TriageLabelEntry
            {
                Sequence = entry.Sequence,
                Ticket = ticket,
                Label = said.Label,
                Source = said.Source,
                By = said.By,
                At = said.At,
                DecidedLabel = said.Decided?.Label,
                DecidedBy = said.Decided?.Version,
                DecidedBand = said.Decided?.Band,
                IsOwnText = said.IsOwnText,
            }
            : null;
    }
}
