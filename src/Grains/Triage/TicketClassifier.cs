using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Routing;
using Steward.Engines.Triage.Tickets;
using Steward.Errors;
using Steward.Inference;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>An answer and what gave it.</summary>
internal sealed record ClassifiedTicket(GroupAnswer Answer, IReadOnlyList<string> Reasons, string Version, bool IsCanary, TicketMeaning? Meaning = null);

/// <summary>A ticket's direction, as a head read it.</summary>
internal sealed record TicketMeaning(string Model, string Version, float[] Values);

/// <summary>
/// Finds a ticket's group: by the head on trial for its share, the one that answers, the shared base where there is none or they are gone, and by a head of words alone where no model answers. For the grain's scheduler only.
/// </summary>
internal sealed class TicketClassifier(TriageParts parts, string tenantId)
{
    // As many labels as a shared model may have: those that mean one group add up.
    private const int MostBaseLabels = 200;
    private const int MostReasons = 5;
    private const double DefaultReviewAt = 0.70;
    private const double DefaultAutoRouteAt = 0.95;

    private readonly BaseGroups _baseGroups = new(parts, tenantId);
    private DateTimeOffset _pausedUntil;
    private (string Model, ClassifiedText Answer)? _lastOfBase;

    /// <summary>Where the bands lie now, for reports: of the base as its last answer said, for which it is asked where it has not answered yet. While it does not, nothing is routed by itself.</summary>
    public async Task<BandThresholds> ThresholdsNowAsync(TriageFold fold, CancellationToken cancellationToken)
    {
        var (settings, head) = (fold.Settings, fold.Find(fold.Current));
        if (head is not null || settings.AutoRouteAt is not null)
        {
            return ThresholdsOf(settings, head);
        }

        if (_lastOfBase?.Model != settings.BaseModel)
        {
            try
            {
                await AskBaseAsync(settings.BaseModel, new ClassifyText { TenantId = tenantId, Text = "a", Top = 1, Deadline = Deadline }, cancellationToken);
            }
            catch (Exception exception) when (ModelFailures.Is(exception, cancellationToken))
            {
                return ThresholdsOf(settings, null) with { AutoRoute = null };
            }
        }

        return ThresholdsOf(settings, null, _lastOfBase is { } last && last.Model == settings.BaseModel ? last.Answer : null);
    }

    private DateTimeOffset Deadline => parts.Time.GetUtcNow() + parts.Options.Value.ModelTimeout;

    /// <summary>
    /// Where the bands lie: the tenant's own thresholds, else those tuned with the head. The base is calibrated, so that its confidence has to be the wanted precision, and at least 0.95; and at least what its model's own tuning
    /// asks for: where no confidence of the model gave its precision, nothing is routed by itself.
    /// </summary>
    public static BandThresholds ThresholdsOf(TriageSettings settings, TriageHeadState? head, ClassifiedText? byBase = null)
    {
        var ofBase = byBase is { HasThresholds: true } ? byBase.AutoRouteAt : 0;
        var autoRoute = settings.AutoRouteAt ?? (head is not null ? head.Added.AutoRouteAt : ofBase is { } least ? Math.Max(least, Math.Max(DefaultAutoRouteAt, settings.WantedPrecision)) : null);
        var review = settings.ReviewAt ?? head?.Added.ReviewAt ?? DefaultReviewAt;
        return new BandThresholds { AutoRoute = autoRoute, Review = Math.Min(review, autoRoute ?? 1) };
    }

    /// <summary>Classifies a ticket.</summary>
    /// <param name="fold">Settings and heads.</param>
    /// <param name="ticketId">Its id: decides whether a head on trial answers.</param>
    /// <param name="ticket">The ticket.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="StewardException"><c>overloaded</c> or <c>unavailable</c> when nothing answers.</exception>
    public async Task<ClassifiedTicket> ClassifyAsync(TriageFold fold, string? ticketId, Ticket ticket, CancellationToken cancellationToken)
    {
        var onTrial = fold.Canary is { } canary && ticketId is not null && CanaryShare.Includes(canary, ticketId, fold.CanaryShare) ? fold.Find(canary) : null;
        var chosen = new[] { onTrial, fold.Find(fold.Current) }.OfType<TriageHeadState>().ToList();
        var words = fold.Heads.AsEnumerable().Reverse().Where(static head => head.Added.EncoderModel is null).OrderByDescending(static head => head.MayStandIn).ToList();
        var spares = words.Except(chosen).ToList();
        var asksModels = words.Count == 0 || parts.Time.GetUtcNow() >= _pausedUntil;
        var asksBase = true;
        Exception? failure = null;
        foreach (var head in chosen)
        {
            if ((asksModels || head.Added.EncoderModel is null) && await TryAsync(() => ByHeadAsync(fold, head, ticket, cancellationToken)) is { } byHead)
            {
                return byHead with { IsCanary = head == onTrial };
            }
        }

        // Where a head is gone or its embedder has changed, the tenant's own words know its groups better than the base.
        if (asksModels && !spares.Exists(static head => head.MayStandIn) && await TryBaseAsync() is { } byBase)
        {
            return byBase;
        }

        foreach (var spare in spares)
        {
            if (await TryAsync(() => ByHeadAsync(fold, spare, ticket, cancellationToken)) is { } byWords)
            {
                TriageDiagnostics.Fallbacks.Add(1);

                // One that was never found good enough to answer, or was taken back, proposes and routes nothing.
                return spare.MayStandIn ? byWords : byWords with { Answer = byWords.Answer with { Band = RoutingBand.Human } };
            }
        }

        if (asksBase && MayAskBase(failure) && await TryBaseAsync() is { } last)
        {
            return last;
        }

        throw ModelFailures.ToError(failure ?? new StewardException(ErrorCodes.Unavailable, "The tenant's head is not stored any more."));

        Task<ClassifiedTicket?> TryBaseAsync()
        {
            asksBase = false;
            return TryAsync(async () => await ByBaseAsync(fold, ticket, cancellationToken));
        }

        async Task<ClassifiedTicket?> TryAsync(Func<Task<ClassifiedTicket?>> ask)
        {
            try
            {
                return await ask();
            }
            catch (Exception exception) when (ModelFailures.Is(exception, cancellationToken))
            {
                (failure, asksModels) = (exception, false);
                if (exception is not StewardException { Code: ErrorCodes.Overloaded })
                {
                    _pausedUntil = parts.Time.GetUtcNow() + parts.Options.Value.ModelPause;
                }

                return null;
            }
        }
    }

    // Not what is busy, nor instead of a head that is there and cannot be read now.
    private static bool MayAskBase(Exception? failure) => failure is not (StewardException { Code: ErrorCodes.Overloaded } or StewardException { InnerException: StorageException });

    // Null when the head is gone, damaged, or reads vectors that there are no more.
    private async Task<ClassifiedTicket?> ByHeadAsync(TriageFold fold, TriageHeadState state, Ticket ticket, CancellationToken cancellationToken)
    {
        var head = await ReadAsync(state, cancellationToken);
        if (head is null)
        {
            return null;
        }

        float[]? embedding = null;
        if (state.Added.EncoderModel is { } model)
        {
            var command = new EmbedTexts { TenantId = tenantId, Texts = [ticket.Text], Deadline = Deadline };
            var embedded = await parts.Models.EmbedAsync(model, command, cancellationToken).WaitAsync(parts.Options.Value.ModelTimeout, parts.Time, cancellationToken);
            embedding = embedded.Vectors[0];
            if (embedded.Version != state.Added.Encoder || embedding.Length != head.Dimensions)
            {
                return null;
            }
        }

        var features = TicketFeatures.Of(ticket, embedding);
        var found = head.Classify(features);
        var groups = fold.Settings.Groups;
        var answer = GroupAnswer.Of(
            new LabelAnswer(head.Labels[found.Label], found.Confidence, false, [.. head.Labels.Zip(found.Probabilities, (label, probability) => new LabelShare(label, probability))]),
            label => groups.Count == 0 || groups.Any(group => string.Equals(group.Name, label, StringComparison.Ordinal)) ? new GroupMatch(label, true) : null,
            ThresholdsOf(fold.Settings, state));
        if (!head.Knows(features))
        {
            answer = answer with { Band = RoutingBand.Human };
        }

        var index = head.Labels.Index().Where(label => label.Item == answer.Label).Select(label => label.Index).DefaultIfEmpty(found.Label).First();
        var meaning = embedding is null ? null : new TicketMeaning(state.Added.EncoderModel!, state.Added.Encoder!, embedding);
        return new ClassifiedTicket(answer, head.Reasons(ticket, index), state.Added.Version, false, meaning);
    }

    private async ValueTask<TenantHead?> ReadAsync(TriageHeadState state, CancellationToken cancellationToken)
    {
        try
        {
            return await parts.Heads.ReadAsync(tenantId, state.Added.Content, cancellationToken);
        }
        catch (StorageException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The tenant's head cannot be read now.", exception) { IsRetryable = true };
        }
    }

    private async Task<ClassifiedTicket> ByBaseAsync(TriageFold fold, Ticket ticket, CancellationToken cancellationToken)
    {
        // The text alone: the shared models were trained without a second one, and on other attributes than a tenant's.
        var command = new ClassifyText { TenantId = tenantId, Text = ticket.Text, Top = MostBaseLabels, Reasons = MostReasons, Deadline = Deadline };
        var model = fold.Settings.BaseModel;
        var found = await AskBaseAsync(model, command, cancellationToken);
        var find = await _baseGroups.FindAsync(fold.Settings, [.. found.Top.Select(label => label.Label).Order(StringComparer.Ordinal)], cancellationToken);
        var answer = GroupAnswer.Of(
            new LabelAnswer(found.Label, found.Confidence, found.IsOutOfScope, [.. found.Top.Select(label => new LabelShare(label.Label, label.Probability))]),
            find,
            ThresholdsOf(fold.Settings, null, found));

        // They speak for the model's label: of use only where that is what the group stands for.
        var reasons = find(found.Label) is { } meant && meant.Group == answer.Label ? found.Reasons : [];
        return new ClassifiedTicket(answer, reasons, $"base:{model}:{found.Version}", false);
    }

    private async Task<ClassifiedText> AskBaseAsync(string model, ClassifyText command, CancellationToken cancellationToken)
    {
        var found = await parts.Models.ClassifyAsync(model, command, cancellationToken).WaitAsync(parts.Options.Value.ModelTimeout, parts.Time, cancellationToken);
        _lastOfBase = (model, found);
        return found;
    }
}
