using Steward.Engines.Experiments.Evaluation;
using Steward.Engines.Orchestration.Actions;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Models.Feedback;

/// <summary>Owns the list of what a tenant's people said of answers: a journal for each day of UTC, without any text. Remembers nothing but the head of the last day. Woken by: feedback, and admins that export.</summary>
internal sealed class FeedbackIndexGrain(IJournalStore journals, PlatformIdentity platform, TimeProvider time) : StewardGrain, IFeedbackIndexGrain
{
    private const int MaxDays = 366;
    private const int MaxConflicts = 3;
    private const int MostPerPage = 500;

    // One example may have 64,000 characters, and a message has its limits.
    private const int MostCharacters = 1_000_000;

    private (DateOnly Day, long Sequence)? _head;

    private string Key => this.GetPrimaryKeyString();

    private string TenantId => GrainKeys.TenantOf(Key);

    /// <inheritdoc/>
    public async Task Add(string target, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var now = time.GetUtcNow();
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        var journal = new ModelCostDay(day).JournalOf(Key);
        var record = new JournalRecord { Type = FeedbackDays.EntryType, Payload = FeedbackDays.ContentOf(target), At = now.ToMilliseconds(), DeduplicationId = target };
        try
        {
            for (var attempt = 0; attempt < MaxConflicts; attempt++)
            {
                var head = _head is { } known && known.Day == day ? known.Sequence : (await journals.GetHeadAsync(journal, cancellationToken))?.Sequence ?? 0;
                switch (await journals.AppendAsync(new JournalAppend { Journal = journal, ExpectedSequence = head, Records = [record] }, CancellationToken.None))
                {
                    case JournalAppended appended:
                        _head = (day, appended.Sequence);
                        return;
                    case JournalConflict conflict:
                        _head = (day, conflict.Sequence);
                        break;
                    default:
                        return;
                }
            }
        }
        catch (StorageException exception)
        {
            _head = null;
            throw new StewardException(ErrorCodes.Unavailable, "Feedback cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }

        DeactivateOnIdle();
        throw new StewardException(ErrorCodes.Unavailable, "The list of feedback moved to another server.") { IsRetryable = true };
    }

    /// <inheritdoc/>
    public async Task<FeedbackExportPage> Export(FeedbackExportQuery query, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (query.To < query.From || query.To.DayNumber - query.From.DayNumber >= MaxDays)
        {
            throw StewardException.Invalid("toDay", $"must not be before fromDay, nor {MaxDays} days or more after it.");
        }

        var (lines, characters, looked) = (new List<string>(), 0, 0);
        var first = query.After > 0 ? ModelCostDay.OfPlace(query.After).Day : query.From;
        for (var day = first < query.From ? query.From : first; day <= query.To; day = day.AddDays(1))
        {
            var one = new ModelCostDay(day);
            for (var after = one.SequenceOf(query.After); ;)
            {
                var entries = await journals.ReadAsync(one.JournalOf(Key), after, FeedbackDays.AtOnce, cancellationToken);
                foreach (var line in await ReadAsync(entries, day, cancellationToken))
                {
                    lines.Add(line);
                    characters += line.Length;
                }

                looked += entries.Count;
                after = entries.Count > 0 ? entries[^1].Sequence : after;
                if (entries.Count < FeedbackDays.AtOnce)
                {
                    break;
                }

                if (looked >= MostPerPage || characters >= MostCharacters)
                {
                    return new FeedbackExportPage { Lines = lines, NextAfter = one.Place(after) };
                }
            }

            // Also where the day is over: the next part begins with the next one.
            if (day < query.To && (looked >= MostPerPage || characters >= MostCharacters))
            {
                return new FeedbackExportPage { Lines = lines, NextAfter = new ModelCostDay(day.AddDays(1)).Place(0) };
            }
        }

        return new FeedbackExportPage { Lines = lines };
    }

    private async Task<IEnumerable<string>> ReadAsync(IReadOnlyList<JournalEntry> entries, DateOnly day, CancellationToken cancellationToken)
    {
        var tenantId = TenantId;
        var examples = await Task.WhenAll(entries.Select(FeedbackDays.TargetOf).OfType<string>().Select(target =>
        {
            platform.Assume(tenantId);
            return GrainFactory.GetGrain<IFeedbackGrain>(GrainKeys.Feedback(tenantId, target)).Export(day, cancellationToken);
        }));
        return examples.OfType<FeedbackExample>().SelectMany(example => FeedbackExport.Lines(
            [new LabelledAnswer { Input = example.Input, Answer = example.Answer, Edited = example.Edited, IsGood = example.IsGood, IsEscalated = example.IsEscalated, MayBeLearnt = true }],
            text => PersonalText.Mask(SecretText.Hide(text), example.Name)));
    }
}
