using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// What follows from a triage's two journals: that of decisions, settings and heads, and that of labels. Bounded: figures by day and group for <see cref="Days"/> days, and the last heads. Tickets are not in it.
/// </summary>
internal sealed partial class TriageFold
{
    /// <summary>For how many days there are figures.</summary>
    public const int Days = 90;

    /// <summary>How many heads are known. Those that answer, and those that answered last, are forgotten last.</summary>
    public const int MostHeads = 20;

    /// <summary>What a fold that is saved holds, as a number: to be raised whenever entries that are in it already count for something new.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The format in which it was saved; 0 by releases from before this was kept.</summary>
    public int Format { get; set; }

    /// <summary>The last entry of the journal that is in it.</summary>
    public long Through { get; set; }

    /// <summary>The last entry of the journal of labels that is in it.</summary>
    public long LabelsThrough { get; set; }

    /// <summary>The tenant's settings; without lists that are null.</summary>
    public TriageSettings Settings
    {
        get;
        set => field = TriageRules.Complete(value);
    } = new();

    /// <summary>Oldest first.</summary>
    public List<TriageHeadState> Heads { get; set; } = [];

    public string? Current { get; set; }

    public string? Canary { get; set; }

    public double CanaryShare { get; set; }

    /// <summary>
    /// Of how many tickets that the head on trial routed each person has spoken since it went on trial: see <see cref="TriageHeadInfo.SaidByOne"/>. Under no name what an earlier release did not keep the person of. Null before anybody has.
    /// </summary>
    public Dictionary<string, int>? TrialWords { get; set; }

    /// <summary>Labels since ever.</summary>
    public long Labels { get; set; }

    /// <summary>Tickets of the platform and of trusted senders that any version routed, as those of a head are counted.</summary>
    public long Routed { get; set; }

    /// <summary>Of these, those that evidence says belonged elsewhere.</summary>
    public long Overridden { get; set; }

    /// <summary>Tickets that wait for a person.</summary>
    [JsonIgnore]
    public WaitingQueue Waiting { get; } = new();

    /// <summary>The places of <see cref="Waiting"/>, as they are saved: whoever loads them goes on reading the journals.</summary>
    [JsonPropertyName("waiting")]
    public List<WaitingPlace> WaitingPlaces
    {
        get => Waiting.ToList();
        set
        {
            Waiting.IsReading = true;
            value.ForEach(Waiting.Add);
        }
    }

    /// <summary>What single persons' words have counted for on the last day.</summary>
    public FeedbackDay Feedback { get; set; } = new();

    /// <summary>How many tickets of trusted senders have counted in the last hour.</summary>
    public SenderHour Senders { get; set; } = new();

    /// <summary>By day (in UTC, of the decision) and group.</summary>
    public Dictionary<int, Dictionary<string, TriageTally>> Tallies { get; set; } = [];

    /// <summary>Goes on from what was saved. It begins anew, so that the journals rebuild it, where nothing was or another release did that keeps something else.</summary>
    public static TriageFold Load(string? saved)
    {
        if (saved is null || JsonSerializer.Deserialize(saved, TriageJson.Default.TriageFold) is not { Format: CurrentFormat } fold)
        {
            return new TriageFold();
        }

        if (fold.TrialWords is null && fold.Find(fold.Canary) is { Said: > 0 } head)
        {
            // Nobody knows whose words these were: they may be one person's.
            fold.TrialWords = new Dictionary<string, int>(StringComparer.Ordinal) { [""] = (int)Math.Min(head.Said, int.MaxValue) };
        }

        // Earlier releases did not keep it.
        fold.Withdraw();
        return fold;
    }

    /// <summary>What <see cref="Load"/> goes on from.</summary>
    public string Save()
    {
        Format = CurrentFormat;
        return JsonSerializer.Serialize(this, TriageJson.Default.TriageFold);
    }

    /// <summary>Takes the next entry of either journal into account. Types that a newer release wrote are passed over.</summary>
    public void Apply(JournalEntry entry)
    {
        // What was purged counts for nothing any more.
        switch (entry.Payload.IsEmpty ? "" : entry.Type)
        {
            case TriageFactTypes.Decided:
                var decided = JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketDecided)!;
                Decide(decided);
                if (decided is { IsTrusted: true, By: { } by })
                {
                    Senders.Add(entry.At, by);
                }

                Wait(decided, entry.Sequence);
                break;
            case TriageFactTypes.SettingsSet:
                Settings = JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TriageSettingsSet)!.Settings;
                break;
            case TriageFactTypes.HeadAdded:
                Add(JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TriageHeadAdded)!, entry.At);
                break;
            case TriageFactTypes.HeadUsed:
                Use(JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TriageHeadUsed)!, entry.Sequence);
                break;
            default:
                break;
        }

        Through = entry.Sequence;
    }

    /// <summary>Takes the next entry of the journal of labels into account.</summary>
    public void ApplyLabel(JournalEntry entry)
    {
        if (entry.Type == TriageFactTypes.Labelled && !entry.Payload.IsEmpty)
        {
            var said = JsonSerializer.Deserialize(entry.Payload.Span, TriageJson.Default.TicketLabelled)!;
            Labels++;
            if (!said.IsSuggestion)
            {
                Waiting.Remove(said.TicketId);
            }

            if (said.Replaces is { } before)
            {
                Say(before.Decided, before.Label, -1);
            }

            Say(said.Decided, said.Label, 1);
            if (said.IsEvidence)
            {
                Judge(said.ReplacesEvidence?.Decided, said.ReplacesEvidence?.Label, -1);
                CountWord(said.ReplacesEvidence?.Decided, said.ReplacesEvidence?.By, -1);
                Judge(said.Decided, said.Label, 1);
                if (said.Source == TriageLabelSource.Feedback)
                {
                    CountWord(said.Decided, said.By, 1);
                    Feedback.Add(entry.At, said.By, said.Decided!.Version);
                }
            }
        }

        LabelsThrough = entry.Sequence;
    }

    /// <summary>The figures of the last so many days.</summary>
    public (IReadOnlyList<TriageGroupReport> Groups, TriageGroupReport All) Sum(DateOnly from, DateOnly to)
    {
        var groups = new SortedDictionary<string, TriageTally>(StringComparer.Ordinal);
        var all = new TriageTally();
        foreach (var day in Tallies.Where(day => day.Key >= from.DayNumber && day.Key <= to.DayNumber))
        {
            foreach (var (label, tally) in day.Value)
            {
                if (!groups.TryGetValue(label, out var sum))
                {
                    groups[label] = sum = new TriageTally();
                }

                sum.Add(tally);
                all.Add(tally);
            }
        }

        return ([.. groups.Select(group => group.Value.ToReport(group.Key))], all.ToReport("*"));
    }

    private void Wait(TicketDecided decided, long sequence)
    {
        // Whoever knows a ticket's id does not take it from those who see to it by asking about another text.
        if (decided.Decision.TicketId is not { } id || (Waiting.Find(id) is { } place && !MayReplace(decided, place)))
        {
            return;
        }

        if (decided.Decision.Band == TriageBand.Human && !decided.WasSettled)
        {
            Waiting.Add(new WaitingPlace(id, sequence, decided.IsFromPlatform, decided.By, decided.IsTrusted));
        }
        else
        {
            Waiting.Remove(id);
        }
    }

    // Several may send for one system; what one of them sent is taken out by their like only.
    private static bool MayReplace(TicketDecided decided, WaitingPlace place) =>
        decided.IsFromPlatform || (!place.IsFromPlatform && (decided.IsTrusted || string.Equals(place.By, decided.By, StringComparison.Ordinal)));

    private static int DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime).DayNumber;

    private void Decide(TicketDecided decided)
    {
        var decision = decided.Decision;
        var day = DayOf(decision.DecidedAt);
        if (!Tallies.TryGetValue(day, out var groups))
        {
            Tallies[day] = groups = new Dictionary<string, TriageTally>(StringComparer.Ordinal);
            var newest = Tallies.Keys.Max();
            foreach (var old in Tallies.Keys.Where(key => key <= newest - Days).ToList())
            {
                Tallies.Remove(old);
            }
        }

        if (!groups.TryGetValue(decision.Label, out var tally))
        {
            groups[decision.Label] = tally = new TriageTally();
        }

        tally.Decide(decision.Band);
        if (decided.Counts && decision.Band != TriageBand.Human)
        {
            Routed++;
            if (Find(decision.Version) is { } head)
            {
                head.Routed++;
            }
        }
    }

    private void Say(DecidedBefore? decided, string label, int sign)
    {
        if (decided is null)
        {
            return;
        }

        var isRight = string.Equals(decided.Label, label, StringComparison.Ordinal);
        if (Tallies.TryGetValue(DayOf(decided.At), out var groups) && groups.TryGetValue(decided.Label, out var tally))
        {
            tally.Say(decided.Band, isRight, sign);
        }
    }
}
