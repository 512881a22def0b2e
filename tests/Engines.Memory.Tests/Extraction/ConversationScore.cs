using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Steward.Engines.Memory.Tests.Facts;

namespace Steward.Engines.Memory.Tests.Extraction;

/// <summary>What was taken from conversations, beside what they say.</summary>
internal sealed class ConversationScore
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
    private int _expected;
    private int _right;
    private int _wrong;
    private int _lost;
    private int _over;
    private int _taken;
    private int _stale;
    private int _others;

    public double Precision => (double)_right / Math.Max(1, _right + _wrong);

    public double Recall => (double)_right / Math.Max(1, _expected);

    public double LetGo => (double)_lost / Math.Max(1, _expected);

    public double Stale => (double)_stale / Math.Max(1, _taken);

    /// <summary>Conversations that say nothing of their author, and something was taken.</summary>
    public int FromOthers { get; private set; }

    /// <summary>Values with words that their person never wrote.</summary>
    public int Leaked { get; private set; }

    /// <summary>What is known after the messages of one person, each read by itself.</summary>
    public static FactLedger Read(IReadOnlyList<string> messages) => Read([.. messages.Select(RuleExtractor.Extract)]);

    /// <summary>What is known after the messages of one person, each read against what holds by then.</summary>
    public static FactLedger ReadHeld(IReadOnlyList<string> messages) => ReadHeld(messages, [.. messages.Select(RuleExtractor.Extract)]);

    /// <summary>What is known after the messages of one person, of which somebody took what they say by themselves, each read against what holds by then.</summary>
    public static FactLedger ReadHeld(IReadOnlyList<string> messages, IReadOnlyList<IReadOnlyList<Statement>> taken)
    {
        var ledger = new FactLedger();
        for (var i = 0; i < messages.Count; i++)
        {
            var held = HeldValue.Of(ledger.Facts, Start.AddMinutes(i));
            ledger.Say(HeldReader.Read(messages[i], held, taken[i]), $"m{i}", FactSource.Said, Start.AddMinutes(i));
        }

        return ledger;
    }

    /// <summary>What is known after what somebody took from each message.</summary>
    public static FactLedger Read(IReadOnlyList<IReadOnlyList<Statement>> taken)
    {
        var ledger = new FactLedger();
        for (var i = 0; i < taken.Count; i++)
        {
            ledger.Say(taken[i], $"m{i}", FactSource.Said, Start.AddMinutes(i));
        }

        return ledger;
    }

    public string Add(FreshConversation conversation, FactLedger ledger)
    {
        var current = ledger.Current.ToList();
        bool Holds(FreshLabel label) => current.Exists(fact => Is(fact, label));
        bool WasTaken(FreshLabel label) => ledger.Facts.Any(fact => Is(fact, label));
        var missed = conversation.Holds.Where(label => !Holds(label)).ToList();
        var wrong = current.Where(fact => !conversation.Holds.Any(label => Is(fact, label))).ToList();
        var stale = conversation.Over.Where(Holds).ToList();
        _expected += conversation.Holds.Count;
        _right += conversation.Holds.Count - missed.Count;
        _wrong += wrong.Count;
        _over += conversation.Over.Count;
        _taken += conversation.Over.Count(WasTaken);
        _stale += stale.Count;

        // Let go though nothing said so. Where a change back was not noticed, that counts as stale, not here.
        var lost = missed.Where(label => WasTaken(label) && !stale.Exists(old => old.Slot == label.Slot)).ToList();
        _lost += lost.Count;
        if (conversation.Holds.Count + conversation.Over.Count == 0)
        {
            _others++;
            FromOthers += wrong.Count > 0 ? 1 : 0;
        }

        var words = Words(string.Join(' ', conversation.Messages)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Leaked += ledger.Facts.Count(fact => Words(fact.Value).Any(word => !words.Contains(word)));
        return string.Join(", ", missed.Select(label => $"missed {label.Slot}={label.Values[0]}").Concat(wrong.Select(fact => $"wrong {fact.Slot}={fact.Value}")).Concat(lost.Select(label => $"lost {label.Slot}")));
    }

    public override string ToString() =>
        $"precision {Precision:0.000} ({_right} of {_right + _wrong}), recall {Recall:0.000} ({_right} of {_expected}), over-invalidation {_lost} of {_expected} ({100.0 * _lost / _expected:0.0} %), missed supersession {_stale} of {_taken} that were taken, of {_over} said ({100.0 * _stale / Math.Max(1, _taken):0.0} %), taken where nothing is said of the author {FromOthers} of {_others}, leaked {Leaked}";

    private static string[] Words(string text) => text.Split([' ', '\n', ',', '.', '!', '?', ':', ';', '\'', '"', '(', ')'], StringSplitOptions.RemoveEmptyEntries);

    private static bool Is(MemoryFact fact, FreshLabel label) => fact.Subject == Statement.Speaker && fact.Slot == label.Slot && label.Values.Any(value => FactLedger.IsSame(fact.Value, value));
}
