using System.Text.Json.Serialization;
using Steward.Engines.Memory.Keeping;
using Steward.Engines.Memory.Patterns;
using EngineKind = Steward.Engines.Memory.MemoryKind;

namespace Steward.Memory;

/// <summary>What a person asked for, what was left open, and what is proposed about both. Part of the memory's state; pure.</summary>
internal sealed class AskedRequests
{
    /// <summary>The most proposals that come at once.</summary>
    public const int MostAtOnce = MaxRequests + MaxOpen;

    private const int MaxRequests = 200;
    private const int MaxOpen = 20;
    private const int MaxProposals = 100;
    private static readonly TimeSpan DecidedFor = TimeSpan.FromDays(90);
    private static readonly TimeSpan SharedAgainAfter = TimeSpan.FromDays(7);

    /// <summary>The last requests, oldest first; only where the person wants patterns kept.</summary>
    public List<SeenRequest> Requests { get; set; } = [];

    /// <summary>What was left open, oldest first.</summary>
    public List<OpenMatter> Open { get; set; } = [];

    /// <summary>What was proposed, oldest first.</summary>
    public List<MemoryProposal> Proposals { get; set; } = [];

    /// <summary>The topics that the person does not want to be asked about again.</summary>
    public List<string> Dismissed { get; set; } = [];

    /// <summary>The id of the next proposal.</summary>
    public long Next { get; set; } = 1;

    /// <summary>Whether the tenant's patterns count the person's requests.</summary>
    public bool IsShared { get; set; }

    /// <summary>How many things it holds.</summary>
    [JsonIgnore]
    public int Count => Requests.Count + Open.Count + Proposals.Count;

    /// <summary>Whether there is anything that consolidating may find.</summary>
    [JsonIgnore]
    public bool HasAny => Count > 0 || IsShared;

    /// <summary>Takes a request that a run has worked off. One that came to its end closes what the same topic left open.</summary>
    /// <returns>Whether something that was open is not kept any more.</returns>
    public bool Take(MemoryRequested request, DateTimeOffset at, bool keepsPatterns, bool keepsInteractions)
    {
        var open = Open.Count;
        var added = 0;
        if (request.Topic is { } topic)
        {
            if (keepsPatterns)
            {
                Requests.Add(new SeenRequest(topic, request.RunId, at));
                Requests.RemoveRange(0, Math.Max(0, Requests.Count - MaxRequests));
            }

            if (request.Open.Count == 0)
            {
                Open.RemoveAll(matter => matter.Topic == topic);
                Close(proposal => proposal.Kind == MemoryProposalKind.FollowUp && proposal.Topic == topic, at);
            }
        }

        // Another attempt of the same run says anew what is open.
        Open.RemoveAll(matter => matter.RunId == request.RunId);
        if (request.Open.Count == 0)
        {
            Close(proposal => proposal.Kind == MemoryProposalKind.FollowUp && proposal.RunIds.Contains(request.RunId), at);
        }
        else if (keepsInteractions)
        {
            Open.Add(new OpenMatter(request.RunId, request.Topic, request.Open, at));
            Open.RemoveRange(0, Math.Max(0, Open.Count - MaxOpen));
            added = 1;
        }

        return Open.Count < open + added;
    }

    /// <summary>What is over its time: what was left open and is to be followed up by the rule of interactions, what is asked for again and again by that of patterns.</summary>
    public ExpiredRequests Expired(KeepingRules rules, DateTimeOffset now)
    {
        var runs = Open.Where(matter => Ends(EngineKind.Interaction, matter.At, rules) <= now).Select(matter => matter.RunId).ToList();
        return new ExpiredRequests
        {
            Runs = runs,
            Proposals = [.. Proposals.Where(proposal => Ends(KindOf(proposal), proposal.RaisedAt, rules) <= now || (proposal.Kind == MemoryProposalKind.FollowUp && proposal.RunIds.Any(runs.Contains))).Select(proposal => proposal.Id)],
            RequestedBefore = Requests.Exists(request => Ends(EngineKind.Pattern, request.At, rules) <= now) ? now.AddDays(-rules.RetentionDays[EngineKind.Pattern]) : null,
        };
    }

    /// <summary>When the first thing is over its time; null never.</summary>
    public DateTimeOffset? EndsAt(KeepingRules rules) =>
        Held().Select(held => (DateTimeOffset?)Ends((EngineKind)held.Kind, held.At, rules)).Where(static at => at < DateTimeOffset.MaxValue).Min();

    /// <summary>Of which kind each thing is, and since when it is there.</summary>
    public IEnumerable<(MemoryKind Kind, DateTimeOffset At)> Held() =>
    [
        .. Requests.Select(static request => (MemoryKind.Pattern, request.At)),
        .. Open.Select(static matter => (MemoryKind.Interaction, matter.At)),
        .. Proposals.Select(static proposal => ((MemoryKind)KindOf(proposal), proposal.RaisedAt)),
    ];

    /// <summary>Of which kind each thing is that is over its time.</summary>
    public IEnumerable<MemoryKind> Held(ExpiredRequests expired) =>
    [
        .. Requests.Where(request => request.At <= expired.RequestedBefore).Select(static _ => MemoryKind.Pattern),
        .. Open.Where(matter => expired.Runs.Contains(matter.RunId)).Select(static _ => MemoryKind.Interaction),
        .. Proposals.Where(proposal => expired.Proposals.Contains(proposal.Id)).Select(static proposal => (MemoryKind)KindOf(proposal)),
    ];

    /// <summary>Removes what is over its time.</summary>
    /// <returns>Whether anything was there.</returns>
    public bool Remove(ExpiredRequests expired) =>
        Open.RemoveAll(matter => expired.Runs.Contains(matter.RunId))
        + Proposals.RemoveAll(proposal => expired.Proposals.Contains(proposal.Id))
        + Requests.RemoveAll(request => request.At <= expired.RequestedBefore) > 0;

    /// <summary>What is worth asking about and was not asked yet.</summary>
    /// <param name="now">The time.</param>
    /// <param name="followUpAfter">How long something stays open before it is raised.</param>
    /// <param name="keepsPatterns">Whether repeated requests may be looked for.</param>
    /// <param name="expired">What is over its time and is not asked about any more.</param>
    public IReadOnlyList<MemoryProposal> Propose(DateTimeOffset now, TimeSpan followUpAfter, bool keepsPatterns, ExpiredRequests expired)
    {
        var found = keepsPatterns
            ? RequestPatterns.Find([.. Requests.Where(request => !(request.At <= expired.RequestedBefore))], now)
                .Where(pattern => !Dismissed.Contains(pattern.Topic) && !Proposals.Exists(known => known.Kind == MemoryProposalKind.RepeatedRequest && known.Topic == pattern.Topic))
                .Select(pattern => new MemoryProposal
                {
                    Id = 0,
                    Kind = MemoryProposalKind.RepeatedRequest,
                    Topic = pattern.Topic,
                    Text = $"You asked for {Name(pattern.Topic)} {pattern.Count} times in 30 days ({pattern.Rhythm}). A schedule could do it.",
                    Count = pattern.Count,
                    Rhythm = pattern.Rhythm,
                    RunIds = pattern.RunIds,
                    RaisedAt = now,
                })
            : [];
        var left = Open
            .Where(matter => matter.At + followUpAfter <= now && !expired.Runs.Contains(matter.RunId) && !Proposals.Exists(known => known.Kind == MemoryProposalKind.FollowUp && known.RunIds.Contains(matter.RunId)))
            .Select(matter => new MemoryProposal
            {
                Id = 0,
                Kind = MemoryProposalKind.FollowUp,
                Topic = matter.Topic,
                Text = "This was left open: " + string.Join(' ', matter.Matters),
                Count = 1,
                RunIds = [matter.RunId],
                RaisedAt = now,
            });
        return [.. found.Concat(left).Select((proposal, i) => proposal with { Id = Next + i })];
    }

    /// <summary>Takes what was raised, and lets go what was decided long ago.</summary>
    /// <returns>Whether anything was let go.</returns>
    public bool Raise(IReadOnlyList<MemoryProposal> proposed, DateTimeOffset now)
    {
        Proposals.AddRange(proposed);
        var count = Proposals.Count;
        Next = proposed.Aggregate(Next, (next, proposal) => Math.Max(next, proposal.Id + 1));
        Proposals.RemoveAll(proposal => proposal.DecidedAt + DecidedFor <= now);
        Proposals.RemoveRange(0, Math.Max(0, Proposals.Count - MaxProposals));
        Requests.RemoveAll(request => request.At <= now - RequestPatterns.Window);
        return Proposals.Count < count;
    }

    /// <summary>Decides about a proposal that is open.</summary>
    /// <returns>The proposal; null when there is none that is open.</returns>
    public MemoryProposal? Decide(MemoryProposalDecided decided, DateTimeOffset at)
    {
        var i = Proposals.FindIndex(proposal => proposal.Id == decided.Id && proposal.Status == MemoryProposalStatus.Open);
        if (i < 0)
        {
            return null;
        }

        var proposal = Proposals[i] = Proposals[i] with { Status = decided.IsAccepted ? MemoryProposalStatus.Accepted : MemoryProposalStatus.Dismissed, DecidedAt = at };
        if (proposal.Kind == MemoryProposalKind.FollowUp)
        {
            Open.RemoveAll(matter => proposal.RunIds.Contains(matter.RunId));
        }
        else if (!decided.IsAccepted && !Dismissed.Contains(proposal.Topic!))
        {
            Dismissed.Add(proposal.Topic!);
            Dismissed.RemoveRange(0, Math.Max(0, Dismissed.Count - MaxRequests));
        }

        return proposal;
    }

    /// <summary>Takes out what may not be kept.</summary>
    /// <returns>Whether anything was there.</returns>
    public bool Remove(bool patterns, bool interactions)
    {
        var count = Requests.Count + Open.Count + Proposals.Count + Dismissed.Count;
        if (patterns)
        {
            Requests = [];
            Dismissed = [];
            Proposals.RemoveAll(proposal => proposal.Kind == MemoryProposalKind.RepeatedRequest);
        }

        if (interactions)
        {
            Open = [];
            Proposals.RemoveAll(proposal => proposal.Kind == MemoryProposalKind.FollowUp);
        }

        return count > Requests.Count + Open.Count + Proposals.Count + Dismissed.Count;
    }

    /// <summary>When consolidating may find something new without anything being said; null never.</summary>
    public DateTimeOffset? NextAt(DateTimeOffset now, TimeSpan followUpAfter, bool mustUnshare)
    {
        if (mustUnshare)
        {
            return now.AddMinutes(1);
        }

        var raised = Open.Where(matter => !Proposals.Exists(known => known.RunIds.Contains(matter.RunId) && known.Kind == MemoryProposalKind.FollowUp)).Select(matter => (DateTimeOffset?)matter.At + followUpAfter).Min();
        DateTimeOffset? shared = IsShared ? UserMemoryState.NextNight(now + SharedAgainAfter) : null;
        return raised is null || shared < raised ? shared : raised;
    }

    private void Close(Predicate<MemoryProposal> which, DateTimeOffset at)
    {
        for (var i = 0; i < Proposals.Count; i++)
        {
            Proposals[i] = Proposals[i].Status == MemoryProposalStatus.Open && which(Proposals[i]) ? Proposals[i] with { Status = MemoryProposalStatus.Done, DecidedAt = at } : Proposals[i];
        }
    }

    private static EngineKind KindOf(MemoryProposal proposal) => proposal.Kind == MemoryProposalKind.FollowUp ? EngineKind.Interaction : EngineKind.Pattern;

    private static DateTimeOffset Ends(EngineKind kind, DateTimeOffset at, KeepingRules rules) => rules.RetentionDays.TryGetValue(kind, out var days) ? at.AddDays(days) : DateTimeOffset.MaxValue;

    private static string Name(string topic) => topic[(topic.IndexOf(':', StringComparison.Ordinal) + 1)..];
}

/// <summary>Something that a run left open.</summary>
internal sealed record OpenMatter(string RunId, string? Topic, IReadOnlyList<string> Matters, DateTimeOffset At);

/// <summary>What of the requests is over its time.</summary>
internal sealed record ExpiredRequests
{
    /// <summary>Runs whose open matters go.</summary>
    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>Proposals that go.</summary>
    public required IReadOnlyList<long> Proposals { get; init; }

    /// <summary>Until when requests go; null when none does.</summary>
    public DateTimeOffset? RequestedBefore { get; init; }

    /// <summary>Whether anything is over its time.</summary>
    [JsonIgnore]
    public bool IsNeeded => Runs.Count > 0 || Proposals.Count > 0 || RequestedBefore is not null;
}
