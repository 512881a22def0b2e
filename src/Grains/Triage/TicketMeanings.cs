using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Engines.Triage.Similarity;
using Steward.Errors;
using Steward.Inference;
using Steward.Storage;
using Steward.Vectors;

namespace Steward.Triage;

/// <summary>
/// All labelled tickets of a tenant, found by what they mean: a collection of vectors that follows the journal of labels in the background. Vectors of an earlier embedder are searched, too, as long as not all tickets have one of the
/// current embedder. For the grain's scheduler only.
/// </summary>
internal sealed partial class TicketMeanings(TriageParts parts, string tenantId, string journal, string labelJournal)
{
    /// <summary>The collection.</summary>
    public const string Collection = "tickets";

    // What an embedder reads of a text is said at its beginning, and all texts of a page are one request.
    private const int MostCharacters = 4_000;
    private const int PageSize = 64;
    private const int HashLength = 64;

    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The current embedder as it answered last; null when that is to be asked.
    private string? _current;

    /// <summary>Whether there is a store, and a model to embed with.</summary>
    public bool IsOn => parts.Vectors is { HasStore: true } && parts.Options.Value.SimilarModel is { Length: > 0 };

    /// <summary>Whether every labelled ticket has a vector of the current embedder.</summary>
    public bool IsComplete { get; private set; }

    private VectorCollections Vectors => parts.Vectors!;

    private TriageOptions Options => parts.Options.Value;

    /// <summary>Takes note of new labels.</summary>
    public void Learn()
    {
        IsComplete = false;
        _news.TrySetResult();
    }

    /// <summary>Follows the journal of labels until it is told to stop.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        // Once after each activation, as most live for less than a day.
        var (swept, failures) = (DateTimeOffset.MinValue, 0);
        while (IsOn && !cancellationToken.IsCancellationRequested)
        {
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            try
            {
                if (await StepAsync(cancellationToken))
                {
                    failures = 0;
                    continue;
                }

                if (parts.Time.GetUtcNow() - swept >= Options.SweepVectorsEvery)
                {
                    await SweepAsync(cancellationToken);
                    swept = parts.Time.GetUtcNow();
                }

                failures = 0;
                await _news.Task.WaitAsync(Options.SweepVectorsEvery, parts.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception failure) when (failure is StorageException || ModelFailures.Is(failure, cancellationToken))
            {
                if (failures++ == 0)
                {
                    LogWaits(parts.Logger, failure, tenantId);
                }

                // Nobody waits for it: a silo without models is asked every ten minutes.
                var pause = TimeSpan.FromSeconds(Math.Min(600, 15 << Math.Min(failures, 6)));
                await Task.Delay((failure as StewardException)?.RetryAfter ?? pause, parts.Time, cancellationToken);
            }
        }
    }

    /// <summary>The tickets whose texts mean most the same, best first. Those whose text retention has removed are not among them.</summary>
    /// <param name="text">What is looked for.</param>
    /// <param name="reader">Who asks.</param>
    /// <param name="groups">Only tickets of these groups; null for all.</param>
    /// <param name="top">How many at most.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when no model answers now.</returns>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async Task<IReadOnlyList<SimilarTicket>?> FindAsync(string text, VectorReader reader, IReadOnlyList<string>? groups, int top, CancellationToken cancellationToken)
    {
        var answered = false;
        var found = new List<IReadOnlyList<VectorHit>>();
        foreach (var model in new[] { Options.SimilarModel, Options.SimilarModelBefore }.Where(model => model is { Length: > 0 }).Distinct(StringComparer.Ordinal))
        {
            if (found.Count > 0 && IsComplete)
            {
                break;
            }

            try
            {
                var command = new EmbedTexts { TenantId = tenantId, Texts = [text], Deadline = parts.Time.GetUtcNow() + Options.ModelTimeout };
                var embedded = await parts.Models.EmbedAsync(model!, command, cancellationToken).WaitAsync(Options.ModelTimeout, parts.Time, cancellationToken);
                if (model == Options.SimilarModel && Name(model!, embedded.Version) != _current)
                {
                    // It was exchanged meanwhile.
                    _current = null;
                    Learn();
                }

                answered = true;
                found.Add(await SearchAsync(Name(model!, embedded.Version), embedded.Vectors[0], reader, groups, top, cancellationToken));
            }
            catch (Exception failure) when (failure is not StorageException && ModelFailures.Is(failure, cancellationToken))
            {
                // What the other one finds is worth telling.
            }
        }

        // Nearness by two embedders cannot be compared: places are. What both know counts by the current one.
        return !answered ? null : await TicketsAsync(Merged(found, top), cancellationToken);
    }

    /// <summary>The same for a direction that is known already; none where it is of another embedder than the tickets.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async Task<IReadOnlyList<SimilarTicket>> FindAsync(TicketMeaning meaning, string? except, int top, CancellationToken cancellationToken)
    {
        var hits = await SearchAsync(Name(meaning.Model, meaning.Version), meaning.Values, VectorReader.Everything, null, top + 1, cancellationToken);
        return await TicketsAsync([.. hits.Where(hit => hit.Id != except).Take(top)], cancellationToken);
    }

    private static IReadOnlyList<VectorHit> Merged(List<IReadOnlyList<VectorHit>> found, int top)
    {
        if (found.Count == 1)
        {
            return found[0];
        }

        var current = found[0].Select(hit => hit.Id).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. found[0].Index().Select(hit => (Place: hit.Index * 2, hit.Item))
                .Concat(found[1].Where(hit => !current.Contains(hit.Id)).Index().Select(hit => (Place: (hit.Index * 2) + 1, hit.Item)))
                .OrderBy(hit => hit.Place).Select(hit => hit.Item).Take(top),
        ];
    }

    private ValueTask<IReadOnlyList<VectorHit>> SearchAsync(string model, float[] direction, VectorReader reader, IReadOnlyList<string>? groups, int top, CancellationToken cancellationToken) =>
        Vectors.SearchAsync(new VectorSearch { Space = Space(model), Reader = reader, Vector = direction, Top = top, Kinds = groups }, cancellationToken);

    private static string Name(string model, string version) => $"{model}@{version}";

    private VectorSpace Space(string model) => new(tenantId, Collection, model);

    // What retention has removed since is gone at once, also before the sweep finds it.
    private async Task<IReadOnlyList<SimilarTicket>> TicketsAsync(IReadOnlyList<VectorHit> hits, CancellationToken cancellationToken)
    {
        var isThere = await Task.WhenAll(hits.Select(hit => parts.Contents.ReadAsync(tenantId, hit.Note[..HashLength], cancellationToken).AsTask()));
        return
        [
            .. hits.Where((_, i) => isThere[i] is not null)
                .Select(hit => new SimilarTicket { TicketId = hit.Id, ShortDescription = hit.Note[(HashLength + 1)..], Label = hit.Kind, Similarity = Math.Max(0, hit.Cosine) }),
        ];
    }

    // Whether there may be more to do at once.
    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        if (await parts.Journals.GetHeadAsync(labelJournal, cancellationToken) is null)
        {
            IsComplete = true;
            return false;
        }

        _current ??= (await EmbedAsync(["ticket"], cancellationToken)).Model;
        var spaces = await Vectors.ListAsync(tenantId, Collection, cancellationToken);
        var through = spaces.FirstOrDefault(state => state.Space.Model == _current)?.Through ?? 0;
        var entries = await parts.Journals.ReadAsync(labelJournal, through, PageSize, cancellationToken);
        if (entries.Count == 0)
        {
            // All tickets have a vector of the current embedder: those of earlier ones have served their time.
            foreach (var earlier in spaces.Where(state => state.Space.Model != _current))
            {
                await Vectors.DropAsync(earlier.Space, cancellationToken);
                LogDropped(parts.Logger, earlier.Rows, earlier.Space.Model, tenantId);
            }

            IsComplete = true;
            return false;
        }

        IsComplete = false;
        var rows = await RowsAsync(entries, cancellationToken);
        var (model, vectors) = await EmbedAsync(rows.Count == 0 ? ["ticket"] : [.. rows.Select(row => row.Text)], cancellationToken);
        if (model != _current)
        {
            _current = model;
            return true;
        }

        await Vectors.WriteAsync(
            new VectorWrite
            {
                Space = Space(model),
                Rows = [.. rows.Zip(vectors, static (row, vector) => row.Row with { Vector = vector })],
                Through = entries[^1].Sequence,
                Dimensions = vectors[0].Length,
            },
            cancellationToken);
        return true;
    }

    private async Task<List<(VectorRow Row, string Text)>> RowsAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellationToken)
    {
        var labelled = entries
            .Where(static entry => entry.Type == TriageFactTypes.Labelled && entry.Payload.Length > 0)
            .Select(static entry => JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketLabelled)!)
            .GroupBy(static said => said.TicketId, StringComparer.Ordinal)
            .Select(static said => said.Last());
        var zone = TimeZoneInfo.Utc;
        var rows = new List<(VectorRow, string)>();
        foreach (var said in labelled)
        {
            if (await TicketContents.ReadAsync(parts.Contents, tenantId, said.Ticket, cancellationToken) is not { } ticket || ticket.Read(zone).Text is not { Length: > 0 } text)
            {
                continue;
            }

            var (owner, sentAt) = await OwnerAsync(said, cancellationToken);
            var row = new VectorRow
            {
                Id = said.TicketId,
                Owner = owner,
                Kind = said.Label,
                Note = said.Ticket + "\n" + SimilarTickets.TitleOf(ticket.Read(zone)),
                At = sentAt ?? said.At,
                Vector = default,
            };
            rows.Add((row, BeginningOf(text)));
        }

        return rows;
    }

    // Half a character is none.
    private static string BeginningOf(string text) => text.Length <= MostCharacters ? text : text[..(char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)];

    // Whoever sent this very text may find it; nobody but those who see all tickets what a system brought, or an import. Somebody else may have sent another text, or the same, under its id before it was kept for who brings it.
    private async Task<(string Owner, DateTimeOffset? SentAt)> OwnerAsync(TicketLabelled said, CancellationToken cancellationToken)
    {
        (string Owner, DateTimeOffset? SentAt)? first = null;
        for (var number = 1; number <= TicketDossier.MostWithOthers && await parts.Journals.FindAsync(journal, TicketDossiers.IdOf(said.TicketId, number), cancellationToken) is { Payload.Length: > 0 } entry; number++)
        {
            var decided = JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketDecided)!;
            if (decided.Ticket == said.Ticket && (decided.Counts || first is null))
            {
                first = decided is { IsFromPlatform: false, By: { Length: > 0 } by } ? (by, entry.At) : (VectorRow.Nobody, null);
                if (decided.Counts)
                {
                    break;
                }
            }
        }

        return first ?? (VectorRow.Nobody, null);
    }

    private async Task<(string Model, IReadOnlyList<float[]> Vectors)> EmbedAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var embedded = await parts.Models.EmbedAsync(Options.SimilarModel, new EmbedTexts { TenantId = tenantId, Texts = texts, IsBackground = true }, cancellationToken);
        return (Name(Options.SimilarModel, embedded.Version), embedded.Vectors);
    }

    // What the tenant's retention has removed loses its vector and its title.
    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        if (_current is not { } model)
        {
            return;
        }

        var space = Space(model);
        var after = 0L;
        while (await Vectors.ReadAsync(space, after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            after = page[^1].Revision;
            var isThere = await Task.WhenAll(page.Select(row => parts.Contents.ReadAsync(tenantId, row.Note[..HashLength], cancellationToken).AsTask()));
            var gone = page.Where((_, i) => isThere[i] is null).Select(row => row.Id).ToList();
            if (gone.Count > 0)
            {
                await Vectors.WriteAsync(new VectorWrite { Space = space, Removed = gone }, cancellationToken);
            }

            await Task.Yield();
        }
    }

    [LoggerMessage(EventId = 1711, Level = LogLevel.Information, Message = "Tickets of {TenantId} wait for their vectors; it is tried again")]
    private static partial void LogWaits(ILogger logger, Exception exception, string tenantId);

    [LoggerMessage(EventId = 1712, Level = LogLevel.Information, Message = "{Rows} vectors of the embedder {Model} are removed: all tickets of {TenantId} have one of its successor")]
    private static partial void LogDropped(ILogger logger, long rows, string model, string tenantId);
}
