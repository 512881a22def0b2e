using Steward.Engines.Memory.Extraction;
using Steward.Engines.Retrieval.Text;

namespace Steward.Engines.Memory.Facts;

/// <summary>
/// What one person's memory holds, and what becomes of it when something new is said. A slot with one value takes the newer of what is trusted equally; what is trusted less never displaces what is trusted more. What does not hold any more is kept
/// and can be restored. The same statement twice, in other words too, is one fact that is surer. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Deterministic: the same statements in the same order give the same facts with the same ids, in every release. Journals that refer to the ids are folded anew by later releases, so a new rule is decided when something is written;
/// see <see cref="Opposites"/>.
/// </remarks>
public sealed class FactLedger
{
    private const int MaxMessages = 8;

    private readonly List<MemoryFact> _facts = [];
    private long _next = 1;

    /// <summary>Creates it.</summary>
    /// <param name="facts">What was known before.</param>
    /// <param name="next">The least id for the next fact, so that none is given twice when facts were forgotten. Default 1.</param>
    public FactLedger(IEnumerable<MemoryFact>? facts = null, long next = 1)
    {
        _facts.AddRange(facts ?? []);
        _next = _facts.Aggregate(next, (least, fact) => Math.Max(least, fact.Id + 1));
    }

    /// <summary>The id that the next fact gets.</summary>
    public long Next => _next;

    /// <summary>All facts, also those that do not hold any more.</summary>
    public IReadOnlyList<MemoryFact> Facts => _facts;

    /// <summary>What holds.</summary>
    public IEnumerable<MemoryFact> Current => _facts.Where(fact => fact.Holds);

    /// <summary>Takes a statement.</summary>
    /// <param name="statement">What was said.</param>
    /// <param name="messageId">In which message; one that was taken before changes nothing.</param>
    /// <param name="source">Who says so.</param>
    /// <param name="said">When.</param>
    /// <param name="recorded">When it is written down.</param>
    /// <returns>The facts that are new or changed.</returns>
    public IReadOnlyList<MemoryFact> Apply(Statement statement, string messageId, FactSource source, DateTimeOffset said, DateTimeOffset recorded)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentException.ThrowIfNullOrEmpty(messageId);
        var slot = _facts.Where(fact => fact.Subject == statement.Subject && fact.Slot == statement.Slot).ToList();
        if (slot.Any(fact => fact.MessageIds.Contains(messageId) && IsSame(fact.Value, statement.Value)))
        {
            return [];
        }

        return statement.IsRetraction ? Retract(slot, statement, source, said) : Assert(slot, statement, messageId, source, said, recorded);
    }

    /// <summary>Makes a fact hold again that was superseded or taken back; what took its place, or says the same, does not hold any more.</summary>
    /// <returns>The facts that changed; empty when there is no such fact or it holds.</returns>
    public IReadOnlyList<MemoryFact> Undo(long id, DateTimeOffset now)
    {
        var fact = _facts.Find(fact => fact.Id == id);
        if (fact is null or { Holds: true })
        {
            return [];
        }

        var isSingle = IsSingle(fact.Slot);
        var changed = _facts
            .Where(other => other.Holds && other.Subject == fact.Subject && other.Slot == fact.Slot && (isSingle || IsSame(other.Value, fact.Value)))
            .ToList()
            .ConvertAll(other => Replace(other with { SupersededBy = id, ValidTo = now }));
        changed.Add(Replace(fact with { SupersededBy = null, ValidTo = null, HoldsUntil = null, Source = FactSource.Corrected, ValidFrom = now, HoldsFrom = null }));
        return changed;
    }

    /// <summary>Puts a value in the place of a fact that holds, because the person says that it is wrong. The old value is kept as superseded. What is to take the fact's place later takes the new one's.</summary>
    /// <param name="id">The fact.</param>
    /// <param name="value">What is right.</param>
    /// <param name="messageId">In which message, or by which operation; the same one again changes nothing.</param>
    /// <param name="now">When.</param>
    /// <param name="holdsFrom">When what is right begins to hold; null: at once. What holds until then gives way to it.</param>
    /// <returns>The facts that are new or changed, the one that holds last; empty when there is no such fact, it does not hold, or it says so already.</returns>
    public IReadOnlyList<MemoryFact> Correct(long id, string value, string messageId, DateTimeOffset now, DateTimeOffset? holdsFrom = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        ArgumentException.ThrowIfNullOrEmpty(messageId);
        if (_facts.Find(fact => fact.Id == id) is not { } wrong || !wrong.HoldsAt(now) || string.Equals(wrong.Value, value, StringComparison.Ordinal))
        {
            return [];
        }

        var right = wrong with
        {
            Id = _next++,
            Value = value,
            Source = FactSource.Corrected,
            MessageIds = [messageId],
            Confidence = 1,
            ValidFrom = now,
            HoldsFrom = holdsFrom,
            RecordedAt = now,
        };
        if (holdsFrom is not null)
        {
            _facts.FindAll(fact => fact.SupersededBy == id && fact.HoldsUntil > now).ForEach(fact => Replace(fact with { SupersededBy = right.Id }));
        }

        _facts.Add(right);
        return [Replace(wrong with { SupersededBy = right.Id, ValidTo = now, HoldsUntil = null }), right];
    }

    /// <summary>A fact with all that it superseded, directly or not.</summary>
    /// <returns>Empty when there is no such fact.</returns>
    public IReadOnlyList<MemoryFact> WithHistory(long id)
    {
        var ids = new HashSet<long> { id };
        while (_facts.Any(fact => fact.SupersededBy is { } by && ids.Contains(by) && ids.Add(fact.Id)))
        {
        }

        return [.. _facts.Where(fact => ids.Contains(fact.Id))];
    }

    /// <summary>Makes one fact of two that say the same: it has the messages of both and is surer than either.</summary>
    /// <returns>Whether both were there.</returns>
    public bool Merge(long into, long from)
    {
        if (into == from || _facts.Find(fact => fact.Id == into) is not { } kept || _facts.Find(fact => fact.Id == from) is not { } other)
        {
            return false;
        }

        Replace(kept with
        {
            Confidence = 1 - ((1 - kept.Confidence) * (1 - (other.Confidence / 2))),
            Source = other.Source > kept.Source ? other.Source : kept.Source,
            MessageIds = [.. other.MessageIds.Concat(kept.MessageIds).Distinct(StringComparer.Ordinal).TakeLast(MaxMessages)],
            ValidFrom = other.ValidFrom < kept.ValidFrom ? other.ValidFrom : kept.ValidFrom,
            HoldsFrom = kept.HoldsFrom ?? other.HoldsFrom,
            LastUsed = other.UsedAt > kept.UsedAt ? other.UsedAt : kept.LastUsed,
        });
        for (var i = 0; i < _facts.Count; i++)
        {
            _facts[i] = _facts[i].SupersededBy == from ? _facts[i] with { SupersededBy = into } : _facts[i];
        }

        _facts.RemoveAll(fact => fact.Id == from);
        return true;
    }

    /// <summary>Forgets a fact: nothing of it stays, nor in what it superseded.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Forget(long id)
    {
        var removed = _facts.RemoveAll(fact => fact.Id == id) > 0;
        for (var i = 0; removed && i < _facts.Count; i++)
        {
            _facts[i] = _facts[i].SupersededBy == id ? _facts[i] with { SupersededBy = 0 } : _facts[i];
        }

        return removed;
    }

    /// <summary>What would hold longer if facts were forgotten that are to take its place later.</summary>
    /// <param name="forgotten">What is to be forgotten.</param>
    /// <param name="now">The time.</param>
    /// <returns>Each with what is to take its place then, and when; null when nothing is.</returns>
    public IEnumerable<(long Id, long? By, DateTimeOffset? Until)> Continuing(IReadOnlySet<long> forgotten, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(forgotten);
        foreach (var fact in _facts.Where(fact => fact.HoldsUntil > now && !forgotten.Contains(fact.Id)))
        {
            var next = _facts.Find(other => other.Id == fact.SupersededBy);
            if (next is null || !forgotten.Contains(next.Id))
            {
                continue;
            }

            // What takes the place of that may be forgotten with it.
            var last = next;
            while (last.HoldsUntil is not null && _facts.Find(other => other.Id == last.SupersededBy) is { } after && forgotten.Contains(after.Id))
            {
                last = after;
            }

            if (last.Holds || last.HoldsUntil > now)
            {
                yield return (fact.Id, last.SupersededBy, last.HoldsUntil);
            }
        }
    }

    /// <summary>Lets a fact hold longer than it was to; see <see cref="Continuing"/>.</summary>
    /// <returns>Whether it was there, and to give way.</returns>
    public bool Continue(long id, long? by, DateTimeOffset? until)
    {
        if (_facts.Find(fact => fact.Id == id) is not { HoldsUntil: not null } fact)
        {
            return false;
        }

        Replace(fact with { SupersededBy = by, ValidTo = until, HoldsUntil = until });
        return true;
    }

    /// <summary>Notes that facts were of use.</summary>
    public void Use(IEnumerable<long> ids, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var used = ids.ToHashSet();
        for (var i = 0; i < _facts.Count; i++)
        {
            _facts[i] = used.Contains(_facts[i].Id) ? _facts[i] with { LastUsed = now } : _facts[i];
        }
    }

    private List<MemoryFact> Assert(List<MemoryFact> slot, Statement statement, string messageId, FactSource source, DateTimeOffset said, DateTimeOffset recorded)
    {
        if (slot.Find(fact => fact.Holds && IsSame(fact.Value, statement.Value)) is { } same)
        {
            if (statement.From is { } from && same.HoldsFrom is { } planned)
            {
                // It comes at another time: so does the end of what it takes the place of.
                slot.FindAll(fact => fact.SupersededBy == same.Id && fact.ValidTo == planned).ForEach(fact => Replace(fact with { ValidTo = from > said ? from : said, HoldsUntil = from > said ? from : null }));
            }

            return
            [
                Replace(same with
                {
                    Confidence = 1 - ((1 - same.Confidence) * (1 - (statement.Confidence / 2))),
                    Source = source > same.Source ? source : same.Source,
                    MessageIds = [.. same.MessageIds.Append(messageId).TakeLast(MaxMessages)],
                    ValidFrom = said < same.ValidFrom ? said : same.ValidFrom,
                    HoldsFrom = statement.From ?? same.HoldsFrom,
                    LastUsed = recorded > same.UsedAt ? recorded : same.LastUsed,
                }),
            ];
        }

        var holder = IsSingle(statement.Slot) ? slot.Find(fact => fact.Holds) : null;
        var gives = holder is null || Trust(source) > Trust(holder.Source) || (Trust(source) == Trust(holder.Source) && said >= holder.ValidFrom && !IsWrong(slot, holder, source, statement.Value));
        var fact = new MemoryFact
        {
            Id = _next++,
            Kind = statement.Kind,
            Subject = statement.Subject,
            Slot = statement.Slot,
            Value = statement.Value,
            Source = source,
            MessageIds = [messageId],
            Confidence = statement.Confidence,
            ValidFrom = said,
            HoldsFrom = statement.From,
            RecordedAt = recorded,
            // It came late, or from somebody who is trusted less: it is known, and does not hold.
            SupersededBy = gives ? null : holder!.Id,
            ValidTo = gives ? null : said > holder!.ValidFrom ? said : holder.ValidFrom,
        };
        if (gives)
        {
            // What was to hold until later does so at most until this does.
            EndPending(slot, statement.From > said ? statement.From : null, said);
        }

        _facts.Add(fact);
        return holder is not null && gives ? [Replace(holder with { SupersededBy = fact.Id, ValidTo = statement.From > said ? statement.From : said, HoldsUntil = statement.From > said ? statement.From : null }), fact] : [fact];
    }

    private List<MemoryFact> Retract(List<MemoryFact> slot, Statement statement, FactSource source, DateTimeOffset said)
    {
        var pending = slot.FindAll(fact => Trust(fact.Source) <= Trust(source) && fact.ValidFrom <= said && (statement.Value.Length == 0 || IsSame(fact.Value, statement.Value)));
        return [.. EndPending(pending, null, said), .. slot
            .Where(fact => fact.Holds && Trust(fact.Source) <= Trust(source) && fact.ValidFrom <= said && (statement.Value.Length == 0 || IsSame(fact.Value, statement.Value)))
            .ToList()
            .Select(fact => Replace(fact with { SupersededBy = 0, ValidTo = said }))];
    }

    // What something takes the place of later, of one value only: several hold beside each other.
    private List<MemoryFact> EndPending(List<MemoryFact> slot, DateTimeOffset? until, DateTimeOffset said) =>
        slot.FindAll(fact => !fact.Holds && IsSingle(fact.Slot) && fact.HoldsUntil > (until ?? said)).ConvertAll(fact => Replace(fact with { ValidTo = until ?? said, HoldsUntil = until }));

    // What was corrected by hand is not displaced by the value that was wrong, when it is only heard again.
    private static bool IsWrong(List<MemoryFact> slot, MemoryFact holder, FactSource source, string value) =>
        holder.Source == FactSource.Corrected && source != FactSource.Corrected && slot.Exists(fact => fact.SupersededBy == holder.Id && IsSame(fact.Value, value));

    // Who has corrected something may say later that it has changed.
    internal static FactSource Trust(FactSource source) => source == FactSource.Corrected ? FactSource.Said : source;

    private static bool IsSingle(string slot) => MemorySlots.All.TryGetValue(slot, out var known) && known.IsSingle;

    private MemoryFact Replace(MemoryFact fact)
    {
        _facts[_facts.FindIndex(old => old.Id == fact.Id)] = fact;
        return fact;
    }

    /// <summary>Whether two values say the same: the same terms, in any order.</summary>
    public static bool IsSame(string left, string right) =>
        string.Equals(left, right, StringComparison.OrdinalIgnoreCase) || Terms(left).SetEquals(Terms(right));

    /// <summary>A text that two values have in common when they have the same terms; values that are also equal but for capitals say the same too. To find one among many without comparing it with each.</summary>
    /// <param name="value">The value.</param>
    public static string KeyOf(string value) => string.Join('\0', Terms(value).Order(StringComparer.Ordinal));

    private static HashSet<string> Terms(string value)
    {
        var terms = TextAnalyzer.Terms(value).Where(term => term is not ("offic" or "team" or "depart" or "site" or "branch" or "new" or "laptop")).Select(term => term is "mail" or "email" or "e" ? "mail" : term).ToHashSet(StringComparer.Ordinal);
        return terms.Count > 0 ? terms : [value.Trim().ToLowerInvariant()];
    }
}
