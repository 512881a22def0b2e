namespace Steward.Triage;

/// <summary>The heads: which are known, which answer, and what is said of those on trial.</summary>
internal sealed partial class TriageFold
{
    // Of so many people none alone has said most of it.
    private const int MostSpeakers = 1_000;

    /// <summary>Of how many tickets that the head on trial routed the one person has spoken who spoke of most.</summary>
    public int SaidByOne() => TrialWords is { Count: > 0 } words ? words.Values.Max() : 0;

    public TriageHeadState? Find(string? version) => version is null ? null : Heads.Find(head => head.Added.Version == version);

    // What a head on trial is promoted or taken back by.
    private void Judge(DecidedBefore? decided, string? label, int sign)
    {
        if (decided is null || decided.Band == TriageBand.Human)
        {
            return;
        }

        var overridden = string.Equals(decided.Label, label, StringComparison.Ordinal) ? 0 : sign;
        Overridden += overridden;
        if (Find(decided.Version) is { } head)
        {
            head.Said += sign;
            head.Overridden += overridden;
        }
    }

    // Whose word speaks for the head on trial. What a connected system says is no person's.
    private void CountWord(DecidedBefore? decided, string? by, int sign)
    {
        if (by is null || Canary is null || decided is null || decided.Band == TriageBand.Human || decided.Version != Canary)
        {
            return;
        }

        var words = TrialWords ??= new Dictionary<string, int>(StringComparer.Ordinal);
        var count = words.GetValueOrDefault(by) + sign;
        if (count <= 0)
        {
            words.Remove(by);
        }
        else if (words.ContainsKey(by) || words.Count < MostSpeakers)
        {
            words[by] = count;
        }
    }

    private void Add(TriageHeadAdded added, DateTimeOffset at)
    {
        Heads.Add(new TriageHeadState { Added = added, AddedAt = at });
        if (Heads.Count > MostHeads)
        {
            // One may have to go back to those that answered; of the others, the new one alone is still to be tried.
            Heads.Remove(Heads.SkipLast(1).Where(head => head.Added.Version != Current && head.Added.Version != Canary)
                .OrderBy(head => head.HasAnswered)
                .ThenBy(head => head.AnsweredThrough)
                .First());
        }
    }

    private void Use(TriageHeadUsed used, long sequence)
    {
        var onTrial = Canary;
        if (used.Version is null || used.Share >= 1)
        {
            if (Find(Current) is { } before)
            {
                before.AnsweredThrough = sequence;
            }

            (Current, Canary, CanaryShare) = (used.Version, null, 0);
            if (Find(used.Version) is { } head)
            {
                (head.HasAnswered, head.AnsweredThrough) = (true, sequence);
            }

            Withdraw();
        }
        else
        {
            (Canary, CanaryShare) = used.Share > 0 ? (used.Version, used.Share) : (null, 0);
        }

        if (Canary != onTrial)
        {
            TrialWords = null;
        }
    }

    // Whoever goes back to a head, or to the base, takes back all that answered and came after it.
    private void Withdraw()
    {
        var isLater = Current is null;
        foreach (var head in Heads)
        {
            if (head.Added.Version == Current)
            {
                (head.IsWithdrawn, isLater) = (false, true);
            }
            else
            {
                head.IsWithdrawn |= isLater && head.HasAnswered;
            }
        }
    }
}
